//! The inner loops of [`crate::Panels`] in plain Rust: the reference for `simd`, and what runs natively.

use crate::panels::{LANES, Lane};

/// One row of `x` by one panel.
#[inline]
pub(crate) fn row_by_panel(x: &[u64], panel: &[Lane]) -> Lane {
    let mut sums = [0u64; LANES];
    for (x, lane) in x.iter().zip(panel) {
        for (sum, w) in sums.iter_mut().zip(lane) {
            *sum = sum.wrapping_add(x.wrapping_mul(*w));
        }
    }
    sums
}

/// The exclusive or of all words.
#[inline]
pub(crate) fn xor_lanes(lanes: &[Lane]) -> u64 {
    lanes.as_flattened().iter().fold(0, |all, word| all ^ word)
}
