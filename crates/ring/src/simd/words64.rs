//! Loops over 64-bit words.
//!
//! The scalar multiplier finishes one product a cycle and is the limit where words are in a cache; `i64x2.mul`, some ten vector
//! instructions, is slower alone, but in products with panels it runs beside it on units that would be idle. From memory the limit is how
//! far a processor reads ahead, and that is counted in instructions: products with vectors of neurons are faster without it, in caches, too.
//! The compiler must not turn scalar code into vectors (`no-vectorize-slp` in `.cargo/config.toml`).

use crate::lane::LANES;
use core::arch::wasm32::{u64x2_add, u64x2_extract_lane, u64x2_mul, u64x2_splat, v128, v128_load, v128_xor};

pub(crate) use crate::scalar::{Factor, Sum, TERMS, TOGETHER, factor, total};
type Lane = [u64; LANES];
/// Words of a lane that the scalar multiplier takes; two to a vector take the others.
const SCALARS: usize = 4;
const VECTORS: usize = (LANES - SCALARS) / 2;

#[inline]
pub(crate) fn row_by_panels<const N: usize>(x: &[u64], panels: [&[Lane]; N]) -> [Lane; N] {
    let panels = panels.map(|panel| &panel[..x.len()]);
    let mut scalars = [[0u64; SCALARS]; N];
    let mut vectors = [[u64x2_splat(0); VECTORS]; N];
    for (k, x) in x.iter().enumerate() {
        let both = u64x2_splat(*x);
        for n in 0..N {
            let lane = &panels[n][k];
            for (sum, w) in scalars[n].iter_mut().zip(lane) {
                *sum = sum.wrapping_add(x.wrapping_mul(*w));
            }
            for (i, sum) in vectors[n].iter_mut().enumerate() {
                *sum = u64x2_add(*sum, u64x2_mul(both, load(lane, SCALARS + 2 * i)));
            }
        }
    }
    core::array::from_fn(|n| {
        let mut sums = [0; LANES];
        sums[..SCALARS].copy_from_slice(&scalars[n]);
        for (pair, vector) in sums[SCALARS..].chunks_exact_mut(2).zip(vectors[n]) {
            pair.copy_from_slice(&[u64x2_extract_lane::<0>(vector), u64x2_extract_lane::<1>(vector)]);
        }
        sums
    })
}

/// A sum of its own for each quarter of a lane, so that only loads can be the limit.
#[inline]
pub(crate) fn xor_panels<const N: usize>(panels: [&[Lane]; N]) -> u64 {
    let panels = panels.map(|panel| &panel[..panels[0].len()]);
    let mut all = [u64x2_splat(0); LANES / 2];
    for k in 0..panels[0].len() {
        for panel in panels {
            for (i, xor) in all.iter_mut().enumerate() {
                *xor = v128_xor(*xor, load(&panel[k], 2 * i));
            }
        }
    }
    let pair = all.into_iter().fold(u64x2_splat(0), |a, b| v128_xor(a, b));
    u64x2_extract_lane::<0>(pair) ^ u64x2_extract_lane::<1>(pair)
}

#[inline]
pub(crate) fn dots<const N: usize>(x: &[Lane], vectors: [&[Lane]; N]) -> [u64; N] {
    let vectors = vectors.map(|vector| &vector[..x.len()]);
    let mut sums = [0u64; N];
    for (k, x) in x.iter().enumerate() {
        for (sum, vector) in sums.iter_mut().zip(&vectors) {
            for (x, v) in x.iter().zip(&vector[k]) {
                *sum = sum.wrapping_add(x.wrapping_mul(*v));
            }
        }
    }
    sums
}

#[inline]
pub(crate) fn combine<const N: usize>(a: [u64; N], vectors: [&[Lane]; N], y: &mut [Sum]) {
    let vectors = vectors.map(|vector| &vector[..y.len()]);
    for (k, y) in y.iter_mut().enumerate() {
        for (j, y) in y.iter_mut().enumerate() {
            *y = (0..N).fold(*y, |y, n| y.wrapping_add(a[n].wrapping_mul(vectors[n][k][j])));
        }
    }
}

#[inline]
fn load(lane: &Lane, from: usize) -> v128 {
    // SAFETY: the two words lie inside the lane, and vector loads need no alignment.
    unsafe { v128_load(lane[from..from + 2].as_ptr().cast()) }
}
