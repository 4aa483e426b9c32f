//! A matrix whose output vectors each lie in one piece, so that a product can read those that it needs and skip the others.

use crate::word::{Word, packed_words};
use prg::Stream;

/// Words of a stream that are made at once.
const TILE_WORDS: usize = 512;

/// `n` vectors of `dim` words, one for each neuron, for products with some of them only: [`Rows::dots`], [`Rows::combine`], modulo
/// `2^64`, or `2^32` where `W` is `u32`. Every function speaks 64-bit words.
///
/// ```
/// let up = ring::Rows::<u64>::from_words(2, 3, vec![1, 2, 3, 4, 5, 6]);
/// assert_eq!(up.select(&[1]).words(), [4, 5, 6]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<W> {
    n: usize,
    dim: usize,
    words: Vec<W>,
}

impl<W: Word> Rows<W> {
    /// Zero vectors.
    #[must_use]
    pub fn zeros(n: usize, dim: usize) -> Self {
        Self { n, dim, words: vec![W::default(); n * dim] }
    }

    /// The vectors with these `n * dim` words, one after the other.
    ///
    /// # Panics
    /// When the number of words is another.
    #[must_use]
    pub fn from_words(n: usize, dim: usize, words: Vec<u64>) -> Self {
        assert_eq!(words.len(), n * dim, "ring: words of vectors");
        Self { n, dim, words: W::from_wides(words) }
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
        W::wides(self.words.clone())
    }

    /// The vector of one neuron.
    pub(crate) fn vector(&self, neuron: u32) -> &[W] {
        &self.words[neuron as usize * self.dim..][..self.dim]
    }

    /// Adds a stream (subtracts it when `negate`): word `i` of the stream to word `i`.
    pub fn add_stream(&mut self, stream: &Stream, negate: bool) {
        let combine = if negate { W::minus } else { W::plus };
        let mut tile = [0; TILE_WORDS];
        for (index, words) in self.words.chunks_mut(TILE_WORDS).enumerate() {
            let tile = &mut tile[..words.len()];
            stream.fill((index * TILE_WORDS) as u64, tile);
            for (word, add) in words.iter_mut().zip(tile) {
                *word = combine(*word, W::low(*add));
            }
        }
    }

    /// Adds words that lie packed, from word `first` on.
    ///
    /// # Panics
    /// When they are not whole words, or do not fit.
    pub fn add_packed(&mut self, first: usize, bytes: &[u8]) {
        let words = packed_words::<W>(bytes);
        for (word, add) in self.words[first..][..words.len()].iter_mut().zip(words) {
            *word = word.plus(add);
        }
    }

    /// Adds as many vectors of the same size (subtracts them when `negate`).
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn add(&mut self, other: &Self, negate: bool) {
        assert_eq!((self.n, self.dim), (other.n, other.dim), "ring: shapes of a sum");
        let pairs = self.words.iter_mut().zip(&other.words);
        if negate {
            pairs.for_each(|(a, b)| *a = a.minus(*b));
        } else {
            pairs.for_each(|(a, b)| *a = a.plus(*b));
        }
    }

    /// The vectors of these neurons in this order: a permutation shuffles, a range slices.
    ///
    /// # Panics
    /// When a neuron does not exist.
    #[must_use]
    pub fn select(&self, order: &[u32]) -> Self {
        assert!(order.iter().all(|neuron| (*neuron as usize) < self.n), "ring: a neuron that does not exist");
        let mut words = Vec::with_capacity(order.len() * self.dim);
        for neuron in order {
            words.extend_from_slice(self.vector(*neuron));
        }
        Self { n: order.len(), dim: self.dim, words }
    }
}
