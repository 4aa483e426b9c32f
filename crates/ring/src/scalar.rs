//! The inner loops of [`crate::Panels`] and [`crate::Rows`] in plain Rust: the reference for `simd`, and what runs natively.

use crate::panels::{LANES, Lane};
use crate::word::Arithmetic;
use core::ops::BitXor;

/// One row of `x` by some panels.
#[inline]
pub(crate) fn row_by_panels<W: Arithmetic, const N: usize>(x: &[W], panels: [&[Lane<W>]; N]) -> [Lane<W>; N] {
    panels.map(|panel| {
        let mut sums = [W::default(); LANES];
        for (x, lane) in x.iter().zip(panel) {
            for (sum, w) in sums.iter_mut().zip(lane) {
                *sum = sum.plus(x.times(*w));
            }
        }
        sums
    })
}

/// The exclusive or of all words of panels.
#[inline]
pub(crate) fn xor_panels<W: Arithmetic + BitXor<Output = W>, const N: usize>(panels: [&[Lane<W>]; N]) -> W {
    panels.into_iter().flat_map(<[Lane<W>]>::as_flattened).fold(W::default(), |all, word| all ^ *word)
}

/// The inner products of `x` with vectors of its length.
#[inline]
pub(crate) fn dots<W: Arithmetic, const N: usize>(x: &[W], vectors: [&[W]; N]) -> [W; N] {
    vectors.map(|vector| x.iter().zip(vector).fold(W::default(), |sum, (x, v)| sum.plus(x.times(*v))))
}

/// Adds vectors of the length of `y` to it, each times its word of `a`.
#[inline]
pub(crate) fn combine<W: Arithmetic, const N: usize>(a: [W; N], vectors: [&[W]; N], y: &mut [W]) {
    for (a, vector) in a.into_iter().zip(vectors) {
        for (y, v) in y.iter_mut().zip(vector) {
            *y = y.plus(a.times(*v));
        }
    }
}
