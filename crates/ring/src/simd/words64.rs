//! Loops over 64-bit words.
//!
//! The scalar multiplier finishes one product a cycle and is the limit where words are in a cache; `i64x2.mul`, some ten vector
//! instructions, is slower alone, but runs beside it on units that would be idle. From memory the limit is how far a processor reads
//! ahead, and that is counted in instructions: inner products, which need one sum a vector only, are faster without vectors.
//! The compiler must not turn scalar code into vectors (`no-vectorize-slp` in `.cargo/config.toml`).

use crate::panels::{LANES, Lane};
use crate::scalar;
use core::arch::wasm32::{
    u64x2_add, u64x2_extract_lane, u64x2_mul, u64x2_splat, v128, v128_load, v128_store, v128_xor,
};

/// Words of a lane that the scalar multiplier takes; two to a vector take the others.
const SCALARS: usize = 4;
const VECTORS: usize = (LANES - SCALARS) / 2;
/// The same in sums of vectors: several of them at once leave the scalar multiplier fewer registers.
const SINGLES: usize = 2;

#[inline]
pub(crate) fn row_by_panels<const N: usize>(x: &[u64], panels: [&[Lane<u64>]; N]) -> [Lane<u64>; N] {
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

/// A vector of its own for each quarter of a lane, so that only loads can be the limit.
#[inline]
pub(crate) fn xor_lanes(lanes: &[Lane<u64>]) -> u64 {
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
pub(crate) fn dots<const N: usize>(x: &[u64], vectors: [&[u64]; N]) -> [u64; N] {
    let vectors = vectors.map(|vector| &vector[..x.len()]);
    let mut sums = [0u64; N];
    for (k, x) in x.iter().enumerate() {
        for n in 0..N {
            sums[n] = sums[n].wrapping_add(x.wrapping_mul(vectors[n][k]));
        }
    }
    sums
}

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
fn load(lane: &Lane<u64>, from: usize) -> v128 {
    // SAFETY: the two words lie inside the lane, and vector loads need no alignment.
    unsafe { v128_load(lane[from..from + 2].as_ptr().cast()) }
}

#[inline]
fn store(lane: &mut Lane<u64>, from: usize, pair: v128) {
    // SAFETY: the two words lie inside the lane, and vector stores need no alignment.
    unsafe { v128_store(lane[from..from + 2].as_mut_ptr().cast(), pair) }
}
