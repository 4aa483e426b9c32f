//! The inner loops of [`crate::Panels`] and [`crate::Rows`] for `simd128`.
//!
//! Products: the scalar multiplier finishes one product a cycle and is the limit; `i64x2.mul`, some ten vector instructions, is
//! slower alone, but runs beside it on units that would be idle: half the lanes each way is a quarter faster than either.
//! The compiler must not turn the scalar half into vectors (`no-vectorize-slp` in `.cargo/config.toml`).

use crate::panels::{LANES, Lane};
use crate::scalar;
use core::arch::wasm32::{
    u64x2_add, u64x2_extract_lane, u64x2_mul, u64x2_splat, v128, v128_load, v128_store, v128_xor,
};

/// Lanes that the scalar multiplier takes; two to a vector take the others.
const SCALARS: usize = 4;
const VECTORS: usize = (LANES - SCALARS) / 2;
/// Of eight words of a vector, those that the scalar multiplier takes: several vectors at once leave it fewer registers.
const SINGLES: usize = 2;

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

/// The inner products of `x` with vectors of its length.
#[inline]
pub(crate) fn dots<const N: usize>(x: &[u64], vectors: [&[u64]; N]) -> [u64; N] {
    let (lanes, rest) = x.as_chunks::<LANES>();
    let others = vectors.map(|vector| &vector.as_chunks::<LANES>().0[..lanes.len()]);
    let mut scalars = scalar::dots(rest, vectors.map(|vector| &vector[x.len() - rest.len()..]));
    let mut pairs = [u64x2_splat(0); N];
    for (k, x) in lanes.iter().enumerate() {
        for i in 0..N {
            let v = &others[i][k];
            for j in 0..SINGLES {
                scalars[i] = scalars[i].wrapping_add(x[j].wrapping_mul(v[j]));
            }
            for j in (SINGLES..LANES).step_by(2) {
                pairs[i] = u64x2_add(pairs[i], u64x2_mul(load(x, j), load(v, j)));
            }
        }
    }
    core::array::from_fn(|i| scalars[i].wrapping_add(sum(pairs[i])))
}

/// Adds vectors of the length of `y` to it, each times its word of `a`.
#[inline]
pub(crate) fn combine<const N: usize>(a: [u64; N], vectors: [&[u64]; N], y: &mut [u64]) {
    let whole = y.len() - y.len() % LANES;
    let (lanes, rest) = y.as_chunks_mut::<LANES>();
    let others = vectors.map(|vector| &vector.as_chunks::<LANES>().0[..lanes.len()]);
    let splats = a.map(|a| u64x2_splat(a));
    for (k, y) in lanes.iter_mut().enumerate() {
        for j in 0..SINGLES {
            y[j] = (0..N).fold(y[j], |y, i| y.wrapping_add(a[i].wrapping_mul(others[i][k][j])));
        }
        for j in (SINGLES..LANES).step_by(2) {
            let pair = (0..N).fold(load(y, j), |y, i| u64x2_add(y, u64x2_mul(splats[i], load(&others[i][k], j))));
            store(y, j, pair);
        }
    }
    scalar::combine(a, vectors.map(|vector| &vector[whole..]), rest);
}

#[inline]
fn sum(pair: v128) -> u64 {
    u64x2_extract_lane::<0>(pair).wrapping_add(u64x2_extract_lane::<1>(pair))
}

#[inline]
fn load(lane: &Lane, from: usize) -> v128 {
    // SAFETY: the two words lie inside the lane, and vector loads need no alignment.
    unsafe { v128_load(lane[from..from + 2].as_ptr().cast()) }
}

#[inline]
fn store(lane: &mut Lane, from: usize, pair: v128) {
    // SAFETY: the two words lie inside the lane, and vector stores need no alignment.
    unsafe { v128_store(lane[from..from + 2].as_mut_ptr().cast(), pair) }
}
