//! Which neurons each row of a product needs.

use core::ops::Range;

/// Pairs of a row and a neuron, row after row: those of row `r` are `neurons[starts[r] .. starts[r + 1]]`, ascending.
#[derive(Clone, Copy, Debug)]
pub struct Pairs<'a> {
    starts: &'a [u32],
    neurons: &'a [u32],
    limit: usize,
}

impl<'a> Pairs<'a> {
    /// The pairs, if `starts` ascends from 0 to their number and the neurons of each row ascend strictly and are below `limit`.
    #[must_use]
    pub fn new(starts: &'a [u32], neurons: &'a [u32], limit: usize) -> Option<Self> {
        let whole = starts.first() == Some(&0) && starts.last().is_some_and(|end| *end as usize == neurons.len());
        let ascend = starts.is_sorted()
            && whole
            && starts.windows(2).all(|row| neurons[row[0] as usize..row[1] as usize].is_sorted_by(|a, b| a < b));
        let exist = neurons.iter().all(|neuron| (*neuron as usize) < limit);
        (ascend && exist).then_some(Self { starts, neurons, limit })
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// How many pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.neurons.len()
    }

    /// Whether no row needs a neuron.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.neurons.is_empty()
    }

    /// Neurons that exist.
    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// The neuron of a pair.
    pub(crate) fn neuron(&self, pair: usize) -> u32 {
        self.neurons[pair]
    }

    /// Visits every pair once, in runs of a row. What `tile` neurons serve is visited before the next ones, so that their vectors are
    /// read from memory once for all rows.
    pub(crate) fn by_tiles(&self, tile: usize, mut visit: impl FnMut(usize, Range<usize>)) {
        // With one row nothing is read twice, and long runs are faster.
        let tile = if self.rows() == 1 { self.limit } else { tile };
        let mut next: Vec<usize> = self.starts.iter().map(|start| *start as usize).collect();
        for end in (0..self.limit).step_by(tile.max(1)).map(|first| first.saturating_add(tile)) {
            for (row, start) in next[..self.rows()].iter_mut().enumerate() {
                let rest = &self.neurons[*start..self.starts[row + 1] as usize];
                let run = *start..*start + rest.partition_point(|neuron| (*neuron as usize) < end);
                *start = run.end;
                visit(row, run);
            }
        }
    }
}
