//! The inner loops of [`crate::Panels`] for `simd128`.
//!
//! Products: the scalar multiplier finishes one product a cycle and is the limit; `i64x2.mul`, some ten vector instructions, is
//! slower alone, but runs beside it on units that would be idle: half the lanes each way is a quarter faster than either.
//! The compiler must not turn the scalar half into vectors (`no-vectorize-slp` in `.cargo/config.toml`).

use crate::panels::{LANES, Lane};
use core::arch::wasm32::{u64x2_add, u64x2_extract_lane, u64x2_mul, u64x2_splat, v128, v128_load, v128_xor};

/// Lanes that the scalar multiplier takes; two to a vector take the others.
const SCALARS: usize = 4;
const VECTORS: usize = (LANES - SCALARS) / 2;

/// One row of `x` by one panel.
#[inline]
pub(crate) fn row_by_panel(x: &[u64], panel: &[Lane]) -> Lane {
    let mut scalars = [0u64; SCALARS];
    let mut vectors = [u64x2_splat(0); VECTORS];
    for (x, lane) in x.iter().zip(panel) {
        for (sum, w) in scalars.iter_mut().zip(lane) {
            *sum = sum.wrapping_add(x.wrapping_mul(*w));
        }
        let x = u64x2_splat(*x);
        for (i, sum) in vectors.iter_mut().enumerate() {
            *sum = u64x2_add(*sum, u64x2_mul(x, load(lane, SCALARS + 2 * i)));
        }
    }
    let mut sums = [0; LANES];
    sums[..SCALARS].copy_from_slice(&scalars);
    for (pair, vector) in sums[SCALARS..].chunks_exact_mut(2).zip(vectors) {
        pair.copy_from_slice(&[u64x2_extract_lane::<0>(vector), u64x2_extract_lane::<1>(vector)]);
    }
    sums
}

/// The exclusive or of all words: a vector of its own for each quarter of a lane, so that only loads can be the limit.
#[inline]
pub(crate) fn xor_lanes(lanes: &[Lane]) -> u64 {
    let mut all = [u64x2_splat(0); LANES / 2];
    for lane in lanes {
        for (i, xor) in all.iter_mut().enumerate() {
            *xor = v128_xor(*xor, load(lane, 2 * i));
        }
    }
    let pair = all.into_iter().fold(u64x2_splat(0), |a, b| v128_xor(a, b));
    u64x2_extract_lane::<0>(pair) ^ u64x2_extract_lane::<1>(pair)
}

#[inline]
fn load(lane: &Lane, from: usize) -> v128 {
    // SAFETY: the two words lie inside the lane, and vector loads need no alignment.
    unsafe { v128_load(lane[from..from + 2].as_ptr().cast()) }
}
