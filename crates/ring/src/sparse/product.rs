//! Products that skip what is known to be zero: sparse output and sparse input, both over pairs of a row and a neuron.

use super::{Pairs, Rows};
use crate::{combine, dots};

/// Vectors that a row is multiplied by together.
const GROUP: usize = 4;
/// Words of the vectors that stay in the second-level cache while all rows pass.
const TILE_WORDS: usize = 1 << 15;

impl Rows {
    /// Sparse output: the inner product `<x_row, vector_neuron>` of each pair, in the pairs' order. `x` is `t x dim`,
    /// row-major.
    ///
    /// ```
    /// let up = ring::Rows::from_words(2, 3, vec![1, 2, 3, 4, 5, 6]);
    /// let pairs = ring::Pairs::new(&[0, 1], &[1], 2).unwrap();
    /// assert_eq!(up.dots(&[1, 10, 100], &pairs), [654]);
    /// ```
    ///
    /// # Panics
    /// When `x` has another length or the pairs are of other vectors.
    #[must_use]
    pub fn dots(&self, x: &[u64], pairs: &Pairs) -> Vec<u64> {
        assert_eq!(x.len(), pairs.rows() * self.dim(), "ring: length of x");
        assert_eq!(pairs.limit(), self.n(), "ring: pairs of other vectors");
        let mut sums = vec![0; pairs.len()];
        pairs.by_tiles::<GROUP>(self.tile(), |row, group| {
            let x = &x[row * self.dim()..][..self.dim()];
            let sums = &mut sums[group.clone()];
            match *pairs.neurons(group) {
                [a, b, c, d] => sums.copy_from_slice(&dots(x, self.vectors([a, b, c, d]))),
                [a, b, c] => sums.copy_from_slice(&dots(x, self.vectors([a, b, c]))),
                [a, b] => sums.copy_from_slice(&dots(x, self.vectors([a, b]))),
                [a] => sums.copy_from_slice(&dots(x, self.vectors([a]))),
                _ => unreachable!("a group has one to four pairs"),
            }
        });
        sums
    }

    /// Sparse input: `y_row`, the sum of `a_pair * vector_neuron` over the pairs of each row, `t x dim`, row-major. `a` has
    /// a word for each pair.
    ///
    /// ```
    /// let down = ring::Rows::from_words(2, 3, vec![1, 2, 3, 4, 5, 6]);
    /// let pairs = ring::Pairs::new(&[0, 2], &[0, 1], 2).unwrap();
    /// assert_eq!(down.combine(&[1, 10], &pairs), [41, 52, 63]);
    /// ```
    ///
    /// # Panics
    /// When `a` has another length or the pairs are of other vectors.
    #[must_use]
    pub fn combine(&self, a: &[u64], pairs: &Pairs) -> Vec<u64> {
        assert_eq!(a.len(), pairs.len(), "ring: length of a");
        assert_eq!(pairs.limit(), self.n(), "ring: pairs of other vectors");
        let mut y = vec![0; pairs.rows() * self.dim()];
        pairs.by_tiles::<GROUP>(self.tile(), |row, group| {
            let y = &mut y[row * self.dim()..][..self.dim()];
            match (pairs.neurons(group.clone()), &a[group]) {
                (&[a, b, c, d], &[e, f, g, h]) => combine([e, f, g, h], self.vectors([a, b, c, d]), y),
                (&[a, b, c], &[e, f, g]) => combine([e, f, g], self.vectors([a, b, c]), y),
                (&[a, b], &[e, f]) => combine([e, f], self.vectors([a, b]), y),
                (&[a], &[e]) => combine([e], self.vectors([a]), y),
                _ => unreachable!("a group has one to four pairs"),
            }
        });
        y
    }

    fn vectors<const N: usize>(&self, neurons: [u32; N]) -> [&[u64]; N] {
        neurons.map(|neuron| self.vector(neuron))
    }

    fn tile(&self) -> usize {
        (TILE_WORDS / self.dim().max(1)).max(GROUP)
    }
}
