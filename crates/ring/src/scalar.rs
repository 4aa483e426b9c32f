//! The inner loops of [`crate::Panels`] and [`crate::Rows`] in plain Rust, for words of any size: the reference for `simd`, and what runs natively.

use crate::lane::{LANES, Lane};

/// As many as you like.
pub(crate) const TERMS: usize = usize::MAX;
/// A factor is a word.
pub(crate) const TOGETHER: usize = 1;
/// A word.
pub(crate) type Factor = u64;
/// Words.
pub(crate) type Sum = [u64; LANES];

/// The word itself.
pub(crate) fn factor(words: &[u64]) -> Factor {
    words[0]
}

/// The sum itself.
pub(crate) fn total(sum: &Sum) -> [u64; LANES] {
    *sum
}

/// One row of `x` by some panels.
#[inline]
pub(crate) fn row_by_panels<L: Lane, const N: usize>(x: &[u64], panels: [&[L]; N]) -> [[u64; LANES]; N] {
    panels.map(|panel| {
        let mut sums = [0; LANES];
        for (x, lane) in x.iter().zip(panel) {
            add(&mut sums, *x, lane);
        }
        sums
    })
}

/// The exclusive or of all words of panels.
#[inline]
pub(crate) fn xor_panels<L: Lane, const N: usize>(panels: [&[L]; N]) -> u64 {
    panels.into_iter().flatten().flat_map(L::words).fold(0, |all, word| all ^ word)
}

/// The inner products of `x` with vectors of its length.
#[inline]
pub(crate) fn dots<L: Lane, const N: usize>(x: &[L], vectors: [&[L]; N]) -> [u64; N] {
    vectors.map(|vector| {
        let pairs = x.iter().flat_map(L::words).zip(vector.iter().flat_map(L::words));
        pairs.fold(0u64, |sum, (x, v)| sum.wrapping_add(x.wrapping_mul(v)))
    })
}

/// Adds vectors of the length of `y` to it, each times its word of `a`.
#[inline]
pub(crate) fn combine<L: Lane, const N: usize>(a: [u64; N], vectors: [&[L]; N], y: &mut [Sum]) {
    for (a, vector) in a.into_iter().zip(vectors) {
        for (y, lane) in y.iter_mut().zip(vector) {
            add(y, a, lane);
        }
    }
}

fn add(sums: &mut Sum, factor: u64, lane: &impl Lane) {
    for (sum, word) in sums.iter_mut().zip(lane.words()) {
        *sum = sum.wrapping_add(factor.wrapping_mul(word));
    }
}
