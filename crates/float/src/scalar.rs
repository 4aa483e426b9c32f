//! The inner loops of [`crate::Matrix`] in plain Rust: the reference for `simd`, and what runs natively.

use crate::matrix::{LANES, Lane};

/// One row of `x` by one panel.
#[inline]
pub(crate) fn row_by_panel(x: &[f32], panel: &[Lane]) -> Lane {
    let mut sums = [0.0; LANES];
    for (x, lane) in x.iter().zip(panel) {
        for (sum, w) in sums.iter_mut().zip(lane) {
            *sum += x * w;
        }
    }
    sums
}

/// Two rows of `x` by one panel.
#[inline]
pub(crate) fn pair_by_panel(x0: &[f32], x1: &[f32], panel: &[Lane]) -> [Lane; 2] {
    [row_by_panel(x0, panel), row_by_panel(x1, panel)]
}
