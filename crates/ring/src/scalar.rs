//! The inner loops of [`crate::Panels`] and [`crate::Rows`] in plain Rust: the reference for `simd`, and what runs natively.

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

/// The inner products of `x` with vectors of its length.
#[inline]
pub(crate) fn dots<const N: usize>(x: &[u64], vectors: [&[u64]; N]) -> [u64; N] {
    vectors.map(|vector| x.iter().zip(vector).fold(0u64, |sum, (x, v)| sum.wrapping_add(x.wrapping_mul(*v))))
}

/// Adds vectors of the length of `y` to it, each times its word of `a`.
#[inline]
pub(crate) fn combine<const N: usize>(a: [u64; N], vectors: [&[u64]; N], y: &mut [u64]) {
    for (a, vector) in a.into_iter().zip(vectors) {
        for (y, v) in y.iter_mut().zip(vector) {
            *y = y.wrapping_add(a.wrapping_mul(*v));
        }
    }
}
