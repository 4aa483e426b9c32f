//! Products that skip what is known to be zero: sparse output and sparse input, both over pairs of a row and a neuron.

use super::rows::lanes_of;
use super::{Pairs, Rows};
use crate::lane::LANES;
use crate::panels::GROUP;
use crate::word::Word;
use core::ops::Range;

/// Words of the vectors that stay in the second-level cache while all rows pass.
const TILE_WORDS: usize = 1 << 15;

impl<W: Word> Rows<W> {
    /// Sparse output: the inner product `<x_row, vector_neuron>` of each pair, in the pairs' order. `x` is `t x dim`,
    /// row-major.
    ///
    /// ```
    /// let up = ring::Rows::<u64>::from_words(2, 3, &[1, 2, 3, 4, 5, 6]);
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
        let x: Vec<_> = x.chunks_exact(self.dim().max(1)).flat_map(lanes_of::<W>).collect();
        let mut sums = vec![0; pairs.len()];
        pairs.by_tiles(self.tile(), |row, run| {
            let x = &x[row * self.width()..][..self.width()];
            let (groups, rest) = streams(run);
            for group in groups {
                let found = W::dots(x, group.map(|pair| self.vector(pairs.neuron(pair))));
                group.into_iter().zip(found).for_each(|(pair, dot)| sums[pair] = dot & W::MASK);
            }
            for pair in rest {
                sums[pair] = W::dots(x, [self.vector(pairs.neuron(pair))])[0] & W::MASK;
            }
        });
        sums
    }

    /// Sparse input: `y_row`, the sum of `a_pair * vector_neuron` over the pairs of each row, `t x dim`, row-major. `a` has
    /// a word for each pair.
    ///
    /// ```
    /// let down = ring::Rows::<u64>::from_words(2, 3, &[1, 2, 3, 4, 5, 6]);
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
        let mut y = vec![Sums::<W>::new(self.width()); pairs.rows()];
        pairs.by_tiles(self.tile(), |row, run| {
            for first in run.clone().step_by(W::TERMS) {
                let run = first..run.end.min(first.saturating_add(W::TERMS));
                let y = y[row].room_for(run.len());
                let (groups, rest) = streams(run);
                for group in groups {
                    W::combine(group.map(|pair| a[pair]), group.map(|pair| self.vector(pairs.neuron(pair))), y);
                }
                for pair in rest {
                    W::combine([a[pair]], [self.vector(pairs.neuron(pair))], y);
                }
            }
        });
        let mut words = Vec::with_capacity(pairs.rows() * self.dim());
        for row in &y {
            words.extend(row.words().take(self.dim()));
        }
        words
    }

    fn tile(&self) -> usize {
        // Whole groups, where all neurons are needed.
        (TILE_WORDS / self.dim().max(1) / GROUP).max(1) * GROUP
    }
}

/// A row that is being added up.
#[derive(Clone)]
struct Sums<W: Word> {
    open: Vec<W::Sum>,
    /// Products in each of them.
    terms: usize,
    /// What sums that were full came to, where there were any.
    taken: Vec<[u64; LANES]>,
}

impl<W: Word> Sums<W> {
    fn new(lanes: usize) -> Self {
        Self { open: vec![W::Sum::default(); lanes], terms: 0, taken: Vec::new() }
    }

    /// The sums, to which so many products may be added.
    fn room_for(&mut self, terms: usize) -> &mut [W::Sum] {
        if self.terms > W::TERMS - terms {
            self.taken = self.totals().collect();
            self.open.fill(W::Sum::default());
            self.terms = 0;
        }
        self.terms += terms;
        &mut self.open
    }

    fn totals(&self) -> impl Iterator<Item = [u64; LANES]> {
        self.open.iter().enumerate().map(|(k, sum)| {
            let taken = self.taken.get(k).copied().unwrap_or_default();
            let total = W::total(sum);
            core::array::from_fn(|i| total[i].wrapping_add(taken[i]))
        })
    }

    fn words(&self) -> impl Iterator<Item = u64> {
        self.totals().flatten().map(|word| word & W::MASK)
    }
}

/// The pairs of a run in groups, one of each quarter: short vectors that lie one after the other are then read in as many streams. What
/// is left over comes one by one.
fn streams(run: Range<usize>) -> (impl Iterator<Item = [usize; GROUP]>, Range<usize>) {
    let (start, quarter) = (run.start, run.len() / GROUP);
    let groups = (0..quarter).map(move |k| core::array::from_fn(|i| start + i * quarter + k));
    (groups, start + GROUP * quarter..run.end)
}
