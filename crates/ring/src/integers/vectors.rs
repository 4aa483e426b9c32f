//! Vectors of public integers, and products with some of them or all.

use super::loops::{Factors, Sums, dots};
use super::{Bits, Element, LANES};
use crate::panels::GROUP;
use crate::sparse::Pairs;
use core::ops::Range;

/// Bytes of the vectors that stay in the first-level cache while all rows pass.
const TILE_BYTES: usize = 1 << 14;
/// Vectors that are added to sums together.
const TOGETHER: usize = 8;

/// `n` vectors of `dim` integers of one or two bytes (`i8`, `i16`), all of them public. Products are modulo `2^32`, `2^48` or `2^64`.
///
/// ```
/// use ring::{Bits, Integers, Pairs};
/// let w = Integers::<i16>::new(2, 3, &[1, 2, 3, 4, 5, -6]).unwrap();
/// let pairs = Pairs::new(&[0, 1], &[1], 2).unwrap();
/// assert_eq!(w.dots(&[1, 10, 100], &pairs, Bits::Low), [(1u64 << 32) - 546]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integers<E: Element> {
    n: usize,
    dim: usize,
    lanes: Vec<[E; LANES]>,
    /// The largest magnitude of an element.
    largest: i64,
}

impl<E: Element> Integers<E> {
    /// Zero vectors.
    #[must_use]
    pub fn zeros(n: usize, dim: usize) -> Self {
        Self { n, dim, lanes: vec![[E::default(); LANES]; n * dim.div_ceil(LANES)], largest: 0 }
    }

    /// The vectors with these `n * dim` values, one after the other; `None` when a magnitude exceeds [`Element::MOST`].
    ///
    /// # Panics
    /// When the number of values is another.
    #[must_use]
    pub fn new(n: usize, dim: usize, values: &[i64]) -> Option<Self> {
        assert_eq!(values.len(), n * dim, "ring: values of vectors");
        let mut integers = Self::zeros(n, dim);
        integers.set(0, values).then_some(integers)
    }

    /// Puts values at the places `first ..` of all vectors, one after the other. False when a magnitude exceeds
    /// [`Element::MOST`]: then nothing has changed.
    ///
    /// # Panics
    /// When they do not fit.
    pub fn set(&mut self, first: usize, values: &[i64]) -> bool {
        assert!(first + values.len() <= self.n * self.dim, "ring: values inside the vectors");
        let largest = values.iter().map(|value| value.saturating_abs()).max().unwrap_or(0);
        if largest > E::MOST {
            return false;
        }
        let (dim, width) = (self.dim.max(1), self.width());
        for (at, value) in (first..).zip(values) {
            let place = at % dim;
            self.lanes[at / dim * width + place / LANES][place % LANES] = E::try_from(*value).ok().unwrap_or_default();
        }
        self.largest = self.largest.max(largest);
        true
    }

    /// How many vectors.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// Integers of a vector.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// All integers, vector after vector.
    #[must_use]
    pub fn values(&self) -> Vec<i16> {
        let vectors = self.lanes.chunks_exact(self.width().max(1));
        vectors.flat_map(|vector| &vector.as_flattened()[..self.dim]).map(|element| (*element).into()).collect()
    }

    /// The vectors of these numbers in this order: a permutation shuffles, a range slices.
    ///
    /// # Panics
    /// When a vector does not exist.
    #[must_use]
    pub fn select(&self, order: &[u32]) -> Self {
        let lanes = order.iter().flat_map(|vector| self.vector(*vector)).copied().collect();
        Self { n: order.len(), dim: self.dim, lanes, largest: self.largest }
    }

    /// The inner product `<x_row, vector>` of each pair of a row and a vector, in the pairs' order. `x` is `t x dim`, row-major.
    ///
    /// # Panics
    /// When `x` has another length or the pairs are of other vectors.
    #[must_use]
    pub fn dots(&self, x: &[u64], pairs: &Pairs, bits: Bits) -> Vec<u64> {
        assert_eq!(x.len(), pairs.rows() * self.dim, "ring: length of x");
        assert_eq!(pairs.limit(), self.n, "ring: pairs of other vectors");
        let (x, room) = (Factors::new(x, self.dim, bits), self.room());
        let mut sums = vec![0; pairs.len()];
        pairs.by_tiles(self.tile(), |row, run| {
            let (groups, rest) = streams::<GROUP>(run);
            for group in groups {
                let found = dots(x.row(row), group.map(|pair| self.vector(pairs.neuron(pair))), room);
                group.into_iter().zip(found).for_each(|(pair, dot)| sums[pair] = dot & bits.mask());
            }
            for pair in rest {
                sums[pair] = dots(x.row(row), [self.vector(pairs.neuron(pair))], room)[0] & bits.mask();
            }
        });
        sums
    }

    /// For each row the sum of its pairs' vectors, each times the pair's word of `a`: `t x dim`, row-major.
    ///
    /// # Panics
    /// When `a` has another length or the pairs are of other vectors.
    #[must_use]
    pub fn combine(&self, a: &[u64], pairs: &Pairs, bits: Bits) -> Vec<u64> {
        assert_eq!(a.len(), pairs.len(), "ring: length of a");
        assert_eq!(pairs.limit(), self.n, "ring: pairs of other vectors");
        let room = self.room();
        let mut sums = vec![Sums::new(self.width(), bits); pairs.rows()];
        pairs.by_tiles(self.tile(), |row, run| {
            let (groups, rest) = streams::<TOGETHER>(run);
            for group in groups {
                sums[row].add(group.map(|pair| a[pair]), group.map(|pair| self.vector(pairs.neuron(pair))), room);
            }
            for pair in rest {
                sums[row].add([a[pair]], [self.vector(pairs.neuron(pair))], room);
            }
        });
        let mut words = Vec::with_capacity(pairs.rows() * self.dim);
        for row in &sums {
            words.extend(row.words().take(self.dim).map(|word| word & bits.mask()));
        }
        words
    }

    /// The exclusive or of all bytes, folded: the cheapest pass that reads every byte that a product reads.
    #[must_use]
    pub fn xor_elements(&self) -> u64 {
        super::loops::xor(&self.lanes)
    }

    fn vector(&self, vector: u32) -> &[[E; LANES]] {
        &self.lanes[vector as usize * self.width()..][..self.width()]
    }

    /// Lanes of a vector.
    fn width(&self) -> usize {
        self.dim.div_ceil(LANES)
    }

    /// How many sums of two products of a digit and an element are below `2^31` together, whatever they are: one at least.
    fn room(&self) -> usize {
        (i64::from(i32::MAX) / (self.largest.max(1) << 16)) as usize
    }

    fn tile(&self) -> usize {
        let vectors = TILE_BYTES / (self.width() * size_of::<[E; LANES]>()).max(1);
        (vectors / TOGETHER).max(1) * TOGETHER
    }
}

/// The pairs of a run in groups of `N`, one of each part of the run: vectors that lie one after the other are then read in
/// as many streams. The rest comes one by one.
fn streams<const N: usize>(run: Range<usize>) -> (impl Iterator<Item = [usize; N]>, Range<usize>) {
    let (start, part) = (run.start, run.len() / N);
    let groups = (0..part).map(move |k| core::array::from_fn(|i| start + i * part + k));
    (groups, start + N * part..run.end)
}
