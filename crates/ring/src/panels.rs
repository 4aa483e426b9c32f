//! A weight matrix in the order in which products read it.

use crate::lane::{LANES, Lane, packed_lanes, padded};
use crate::word::Word;
use prg::Stream;

/// Panels that a row is multiplied by together. Each is a stream of memory of its own; one alone is read at little more than half of
/// the speed of four.
pub(crate) const GROUP: usize = 4;
/// Words of a tile of rows that are reordered together, so that both sides stay in the second-level cache.
const TILE_WORDS: usize = 1 << 15;

/// A matrix of words, `rows` inputs by `cols` outputs, for products `x W` modulo `2^64`, or the size of the words `W`.
///
/// Stored as panels of eight columns, each panel row after row, the last padded with zeros: a product reads all of it once, in order.
/// Every function below speaks row-major order and 64-bit words; panels are visible nowhere else.
///
/// ```
/// let w = ring::Panels::<u64>::from_words(2, 3, &[1, 2, 3, 4, 5, 6]);
/// assert_eq!(w.mul(&[1, 10], 1), [41, 52, 63]);
/// let w = ring::Panels::<u32>::from_words(2, 3, &[1, 2, 3, 4, 5, 6]);
/// assert_eq!(w.mul(&[1 << 31, 1], 1), [4 + (1 << 31), 5, 6 + (1 << 31)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panels<W: Word> {
    rows: usize,
    cols: usize,
    lanes: Vec<W::Lane>,
}

impl<W: Word> Panels<W> {
    /// The zero matrix.
    #[must_use]
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self { rows, cols, lanes: vec![W::Lane::default(); rows * cols.div_ceil(LANES)] }
    }

    /// The matrix with these `rows * cols` words in row-major order.
    ///
    /// # Panics
    /// When the number of words is another.
    #[must_use]
    pub fn from_words(rows: usize, cols: usize, words: &[u64]) -> Self {
        assert_eq!(words.len(), rows * cols, "ring: words of a matrix");
        let mut panels = Self::zeros(rows, cols);
        panels.add_tiles(|first, tile| tile.copy_from_slice(&words[first..first + tile.len()]), W::Lane::plus);
        panels
    }

    /// Inputs.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Outputs.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// The panels in order, each as its `rows` lanes.
    pub(crate) fn panels(&self) -> impl Iterator<Item = &[W::Lane]> {
        // max(1): a matrix without rows has no lanes, and a chunk may not be empty.
        self.lanes.chunks_exact(self.rows.max(1))
    }

    /// The panels in groups that are multiplied together by one row of `t`, each with the first of its columns.
    pub(crate) fn groups(&self, t: usize) -> impl Iterator<Item = (usize, Vec<&[W::Lane]>)> {
        let panels: Vec<_> = self.panels().collect();
        let count = panels.len();
        let size = if t == 1 || W::GROUPS_IN_CACHE { GROUP } else { 1 };
        (0..count).step_by(size).map(move |first| (first * LANES, panels[first..count.min(first + size)].to_vec()))
    }

    /// Adds a stream (subtracts it when `negate`): word `i` of the stream to the word at row-major position `i`.
    pub fn add_stream(&mut self, stream: &Stream, negate: bool) {
        let combine = if negate { W::Lane::minus } else { W::Lane::plus };
        self.add_tiles(|first, tile| stream.fill(first as u64, tile), combine);
    }

    /// Adds a matrix of the same shape (subtracts it when `negate`).
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn add(&mut self, other: &Self, negate: bool) {
        assert_eq!((self.rows, self.cols), (other.rows, other.cols), "ring: shapes of a sum");
        let combine = if negate { W::Lane::minus } else { W::Lane::plus };
        for (a, b) in self.lanes.iter_mut().zip(&other.lanes) {
            *a = combine(a, b);
        }
    }

    /// The columns `from .. to` as a matrix of their own.
    ///
    /// # Panics
    /// When the range is not inside the matrix.
    #[must_use]
    pub fn columns(&self, from: usize, to: usize) -> Self {
        assert!(from <= to && to <= self.cols, "ring: range of columns");
        let mut part = Self::zeros(self.rows, to - from);
        let panels: Vec<_> = self.panels().collect();
        for (index, lanes) in part.lanes.chunks_exact_mut(self.rows.max(1)).enumerate() {
            let first = from + index * LANES;
            let (panel, skip, count) = (first / LANES, first % LANES, LANES.min(to - first));
            for (row, lane) in lanes.iter_mut().enumerate() {
                // Eight columns lie in two panels, or in one.
                let both =
                    [panel, panel + 1].map(|panel| panels.get(panel).map_or([0; LANES], |lanes| lanes[row].words()));
                *lane = W::Lane::of(padded(&both.as_flattened()[skip..skip + count]));
            }
        }
        part
    }

    /// All words in row-major order.
    #[must_use]
    pub fn words(&self) -> Vec<u64> {
        let mut words = vec![0; self.rows * self.cols];
        let tile_rows = self.tile_rows();
        for (index, tile) in words.chunks_mut((tile_rows * self.cols).max(1)).enumerate() {
            for (panel, lanes) in self.panels().enumerate() {
                let width = LANES.min(self.cols - panel * LANES);
                for (row, words) in tile.chunks_exact_mut(self.cols).enumerate() {
                    let lane = lanes[index * tile_rows + row].words();
                    words[panel * LANES..][..width].copy_from_slice(&lane[..width]);
                }
            }
        }
        words
    }

    /// Adds words that lie packed at row-major positions `first ..`.
    ///
    /// # Panics
    /// When they are not whole words, or do not fit.
    pub fn add_packed(&mut self, first: usize, bytes: &[u8]) {
        for (row, panel, words) in packed_lanes(W::BITS, bytes, first, self.cols) {
            assert!(row < self.rows, "ring: words inside the matrix");
            let lane = &mut self.lanes[panel * self.rows + row];
            *lane = lane.plus(&W::Lane::of(words));
        }
    }

    fn tile_rows(&self) -> usize {
        (TILE_WORDS / self.cols.max(1)).clamp(1, 64)
    }

    /// Combines every word with the one that `source(first, tile)` writes for the row-major positions `first ..`.
    fn add_tiles(&mut self, source: impl Fn(usize, &mut [u64]), combine: impl Fn(&W::Lane, &W::Lane) -> W::Lane) {
        let (rows, cols, tile_rows) = (self.rows, self.cols, self.tile_rows());
        let mut tile = vec![0; tile_rows.min(rows) * cols];
        for top in (0..rows).step_by(tile_rows) {
            let height = tile_rows.min(rows - top);
            let tile = &mut tile[..height * cols];
            source(top * cols, tile);
            for (panel, lanes) in self.lanes.chunks_exact_mut(rows).enumerate() {
                for (lane, words) in lanes[top..top + height].iter_mut().zip(tile.chunks_exact(cols)) {
                    // Zeros keep the padding zero.
                    *lane = combine(lane, &W::Lane::of(padded(&words[panel * LANES..])));
                }
            }
        }
    }
}
