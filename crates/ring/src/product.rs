//! `y = x W` for rows of words: one loop for any number of rows, as a panel stays in the caches between them.

use crate::panels::{LANES, Panels};
use crate::row_by_panel;

impl Panels {
    /// `x W`: `x` is `t x rows`, the result `t x cols`, both row-major.
    ///
    /// # Panics
    /// When `x` has another length.
    #[must_use]
    pub fn mul(&self, x: &[u64], t: usize) -> Vec<u64> {
        assert_eq!(x.len(), t * self.rows(), "ring: length of x");
        let (rows, cols) = (self.rows(), self.cols());
        let mut y = vec![0; t * cols];
        if rows == 0 {
            return y;
        }
        for (index, panel) in self.panels().enumerate() {
            let from = index * LANES;
            let width = LANES.min(cols - from);
            for (x, y) in x.chunks_exact(rows).zip(y.chunks_exact_mut(cols)) {
                y[from..from + width].copy_from_slice(&row_by_panel(x, panel)[..width]);
            }
        }
        y
    }
}
