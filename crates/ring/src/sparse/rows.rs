//! A matrix whose output vectors each lie in one piece, so that a product can read those that it needs and skip the others.

use crate::lane::{LANES, Lane, packed_lanes, padded};
use crate::word::Word;
use prg::Stream;

/// Words of a stream that are made at once, about.
const TILE_WORDS: usize = 512;

/// `n` vectors of `dim` words, one for each neuron, for products with some of them only: [`Rows::dots`], [`Rows::combine`], modulo
/// `2^64`, or the size of the words `W`. Every function speaks 64-bit words.
///
/// A vector is kept in lanes of eight words, the last padded with zeros.
///
/// ```
/// let up = ring::Rows::<u64>::from_words(2, 3, &[1, 2, 3, 4, 5, 6]);
/// assert_eq!(up.select(&[1]).words(), [4, 5, 6]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<W: Word> {
    n: usize,
    dim: usize,
    lanes: Vec<W::Lane>,
}

impl<W: Word> Rows<W> {
    /// Zero vectors.
    #[must_use]
    pub fn zeros(n: usize, dim: usize) -> Self {
        Self { n, dim, lanes: vec![W::Lane::default(); n * dim.div_ceil(LANES)] }
    }

    /// The vectors with these `n * dim` words, one after the other.
    ///
    /// # Panics
    /// When the number of words is another.
    #[must_use]
    pub fn from_words(n: usize, dim: usize, words: &[u64]) -> Self {
        assert_eq!(words.len(), n * dim, "ring: words of vectors");
        Self { n, dim, lanes: words.chunks_exact(dim.max(1)).flat_map(lanes_of::<W>).collect() }
    }

    /// How many vectors.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// Words of a vector.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// All words, vector after vector.
    #[must_use]
    pub fn words(&self) -> Vec<u64> {
        let mut words = Vec::with_capacity(self.n * self.dim);
        for lanes in self.lanes.chunks_exact(self.width().max(1)) {
            let end = words.len() + self.dim;
            words.extend(lanes.iter().flat_map(W::Lane::words));
            words.truncate(end);
        }
        words
    }

    /// The vector of one neuron.
    pub(crate) fn vector(&self, neuron: u32) -> &[W::Lane] {
        &self.lanes[neuron as usize * self.width()..][..self.width()]
    }

    /// Lanes of a vector.
    pub(crate) fn width(&self) -> usize {
        self.dim.div_ceil(LANES)
    }

    /// Adds a stream (subtracts it when `negate`): word `i` of the stream to word `i`.
    pub fn add_stream(&mut self, stream: &Stream, negate: bool) {
        let combine = if negate { W::Lane::minus } else { W::Lane::plus };
        let (width, dim) = (self.width().max(1), self.dim.max(1));
        let vectors = TILE_WORDS.div_ceil(dim);
        let mut tile = vec![0; vectors * dim];
        for (index, lanes) in self.lanes.chunks_mut(vectors * width).enumerate() {
            let tile = &mut tile[..lanes.len() / width * dim];
            stream.fill((index * vectors * dim) as u64, tile);
            for (lanes, words) in lanes.chunks_exact_mut(width).zip(tile.chunks_exact(dim)) {
                for (lane, words) in lanes.iter_mut().zip(words.chunks(LANES)) {
                    *lane = combine(lane, &W::Lane::of(padded(words)));
                }
            }
        }
    }

    /// Adds words that lie packed, from word `first` on.
    ///
    /// # Panics
    /// When they are not whole words, or do not fit.
    pub fn add_packed(&mut self, first: usize, bytes: &[u8]) {
        let width = self.width();
        for (vector, place, words) in packed_lanes(W::BITS, bytes, first, self.dim) {
            let lane = &mut self.lanes[vector * width + place];
            *lane = lane.plus(&W::Lane::of(words));
        }
    }

    /// Adds as many vectors of the same size (subtracts them when `negate`).
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn add(&mut self, other: &Self, negate: bool) {
        assert_eq!((self.n, self.dim), (other.n, other.dim), "ring: shapes of a sum");
        let combine = if negate { W::Lane::minus } else { W::Lane::plus };
        for (a, b) in self.lanes.iter_mut().zip(&other.lanes) {
            *a = combine(a, b);
        }
    }

    /// The vectors of these neurons in this order: a permutation shuffles, a range slices.
    ///
    /// # Panics
    /// When a neuron does not exist.
    #[must_use]
    pub fn select(&self, order: &[u32]) -> Self {
        assert!(order.iter().all(|neuron| (*neuron as usize) < self.n), "ring: a neuron that does not exist");
        let mut lanes = Vec::with_capacity(order.len() * self.width());
        for neuron in order {
            lanes.extend_from_slice(self.vector(*neuron));
        }
        Self { n: order.len(), dim: self.dim, lanes }
    }
}

/// A vector as it is kept.
pub(crate) fn lanes_of<W: Word>(words: &[u64]) -> impl Iterator<Item = W::Lane> {
    words.chunks(LANES).map(|words| W::Lane::of(padded(words)))
}
