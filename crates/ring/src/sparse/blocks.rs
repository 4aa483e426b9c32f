//! Products with blocks of a packed matrix: what single heads of an attention need.

use crate::lane::LANES;
use crate::panels::Panels;
use crate::product::by_group;
use crate::word::Word;

/// Jobs of a block-sparse product: job `k` is about row `rows[k]` and block `blocks[k]`.
#[derive(Clone, Debug)]
pub struct Jobs<'a> {
    rows: &'a [u32],
    blocks: &'a [u32],
    /// Block after block, so that what jobs of one block read stays in the caches between them.
    order: Vec<usize>,
}

impl<'a> Jobs<'a> {
    /// The jobs, if each has a row below `t` and a block below `limit`.
    #[must_use]
    pub fn new(rows: &'a [u32], blocks: &'a [u32], t: usize, limit: usize) -> Option<Self> {
        let below = |numbers: &[u32], limit| numbers.iter().all(|number| (*number as usize) < limit);
        let valid = rows.len() == blocks.len() && below(rows, t) && below(blocks, limit);
        valid.then(|| {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by_key(|k| blocks[*k]);
            Self { rows, blocks, order }
        })
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows meet the same block, at least one.
    fn rows_of_a_block(&self) -> usize {
        let blocks = self.order.chunk_by(|a, b| self.blocks[*a] == self.blocks[*b]).count();
        self.len().checked_div(blocks).unwrap_or(1)
    }

    /// Number, row and block of each job, block after block.
    fn by_blocks(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.order.iter().map(|k| (*k, self.rows[*k] as usize, self.blocks[*k] as usize))
    }
}

impl<W: Word> Panels<W> {
    /// Job by job, its row of `x` times the `size` columns of its block: `jobs x size`. `x` is `t x rows`, row-major. Fast
    /// for multiples of eight columns, faster for multiples of 32.
    ///
    /// ```
    /// let w = ring::Panels::<u64>::from_words(1, 4, &[1, 2, 3, 4]);
    /// let jobs = ring::Jobs::new(&[0], &[1], 1, 2).unwrap();
    /// assert_eq!(w.mul_column_blocks(&[10], &jobs, 2), [30, 40]);
    /// ```
    ///
    /// # Panics
    /// When a row is not in `x`, or a block not inside the matrix.
    #[must_use]
    pub fn mul_column_blocks(&self, x: &[u64], jobs: &Jobs, size: usize) -> Vec<u64> {
        let mut y = vec![0; jobs.len() * size];
        let ends = jobs.by_blocks().map(|(_, _, block)| (block + 1) * size);
        assert!(ends.max().unwrap_or(0) <= self.cols(), "ring: a block inside the matrix");
        let (x, width) = (W::factors(x, self.rows()), W::width(self.rows()));
        for (first, group) in self.groups(jobs.rows_of_a_block()) {
            let end = first + group.len() * LANES;
            // The order ascends by block, so the jobs that this group serves follow each other.
            let start = jobs.order.partition_point(|k| (jobs.blocks[*k] as usize + 1) * size <= first);
            for k in &jobs.order[start..] {
                let from = jobs.blocks[*k] as usize * size;
                let (left, right) = (from.max(first), (from + size).min(end));
                if left >= right {
                    break;
                }
                let x = &x[jobs.rows[*k] as usize * width..][..width];
                let y = &mut y[k * size..][left - from..right - from];
                let needed = (left - first) / LANES..(right - first).div_ceil(LANES);
                let before = left - first - needed.start * LANES;
                by_group::<W>(x, &group[needed], |panel, sums| {
                    // The first panel may begin before the block, the last end after it.
                    let (skip, at) = if panel == 0 { (before, 0) } else { (0, panel * LANES - before) };
                    for (y, sum) in y[at..].iter_mut().zip(&sums[skip..]) {
                        *y = sum & W::MASK;
                    }
                });
            }
        }
        y
    }

    /// `y`, `t x cols`, row-major: to the row of each job is added its row of `x`, `jobs x size`, times the `size` rows of its
    /// block.
    ///
    /// ```
    /// let w = ring::Panels::<u64>::from_words(4, 1, &[1, 2, 3, 4]);
    /// let jobs = ring::Jobs::new(&[0, 0], &[0, 1], 1, 2).unwrap();
    /// assert_eq!(w.mul_row_blocks(&[1, 1, 10, 10], 1, &jobs, 2), [73]);
    /// ```
    ///
    /// # Panics
    /// When `x` has another length, a row is not below `t`, or a block not inside the matrix.
    #[must_use]
    pub fn mul_row_blocks(&self, x: &[u64], t: usize, jobs: &Jobs, size: usize) -> Vec<u64> {
        assert_eq!(x.len(), jobs.len() * size, "ring: length of x");
        let cols = self.cols();
        let (x, width) = (W::factors(x, size), W::width(size));
        let mut y = vec![0u64; t * cols];
        for (first, group) in self.groups(jobs.rows_of_a_block()) {
            for (k, row, block) in jobs.by_blocks() {
                let lanes: Vec<_> = group.iter().map(|panel| &panel[block * size..][..size]).collect();
                by_group::<W>(&x[k * width..][..width], &lanes, |panel, sums| {
                    let from = first + panel * LANES;
                    for (y, sum) in y[row * cols + from..(row + 1) * cols].iter_mut().zip(sums) {
                        *y = y.wrapping_add(sum) & W::MASK;
                    }
                });
            }
        }
        y
    }
}
