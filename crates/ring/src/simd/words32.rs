//! Loops over 32-bit words, four to a vector.

use crate::panels::{LANES, Lane};
use crate::scalar;
use core::arch::wasm32::{
    u32x4_add, u32x4_extract_lane, u32x4_mul, u32x4_splat, v128, v128_load, v128_store, v128_xor,
};

const VECTORS: usize = LANES / 4;

#[inline]
pub(crate) fn row_by_panels<const N: usize>(x: &[u32], panels: [&[Lane<u32>]; N]) -> [Lane<u32>; N] {
    let panels = panels.map(|panel| &panel[..x.len()]);
    let mut sums = [[u32x4_splat(0); VECTORS]; N];
    for (k, x) in x.iter().enumerate() {
        let x = u32x4_splat(*x);
        for n in 0..N {
            for (i, sum) in sums[n].iter_mut().enumerate() {
                *sum = u32x4_add(*sum, u32x4_mul(x, load(&panels[n][k], 4 * i)));
            }
        }
    }
    sums.map(|vectors| {
        let mut lane = [0; LANES];
        for (i, vector) in vectors.into_iter().enumerate() {
            store(&mut lane, 4 * i, vector);
        }
        lane
    })
}

#[inline]
pub(crate) fn xor_panels<const N: usize>(panels: [&[Lane<u32>]; N]) -> u32 {
    let panels = panels.map(|panel| &panel[..panels[0].len()]);
    let mut all = [u32x4_splat(0); VECTORS];
    for k in 0..panels[0].len() {
        for panel in panels {
            for (i, xor) in all.iter_mut().enumerate() {
                *xor = v128_xor(*xor, load(&panel[k], 4 * i));
            }
        }
    }
    words(all.into_iter().fold(u32x4_splat(0), |a, b| v128_xor(a, b))).into_iter().fold(0, |a, b| a ^ b)
}

#[inline]
pub(crate) fn dots<const N: usize>(x: &[u32], vectors: [&[u32]; N]) -> [u32; N] {
    let (lanes, rest) = x.as_chunks::<LANES>();
    let others = vectors.map(|vector| &vector.as_chunks::<LANES>().0[..lanes.len()]);
    let singles = scalar::dots(rest, vectors.map(|vector| &vector[x.len() - rest.len()..]));
    let mut sums = [u32x4_splat(0); N];
    for (k, x) in lanes.iter().enumerate() {
        for j in (0..LANES).step_by(4) {
            let x = load(x, j);
            for (sum, other) in sums.iter_mut().zip(&others) {
                *sum = u32x4_add(*sum, u32x4_mul(x, load(&other[k], j)));
            }
        }
    }
    core::array::from_fn(|n| words(sums[n]).into_iter().fold(singles[n], u32::wrapping_add))
}

#[inline]
pub(crate) fn combine<const N: usize>(a: [u32; N], vectors: [&[u32]; N], y: &mut [u32]) {
    let whole = y.len() - y.len() % LANES;
    let (lanes, rest) = y.as_chunks_mut::<LANES>();
    let others = vectors.map(|vector| &vector.as_chunks::<LANES>().0[..lanes.len()]);
    let splats = a.map(|a| u32x4_splat(a));
    for (k, y) in lanes.iter_mut().enumerate() {
        for j in (0..LANES).step_by(4) {
            let sum = (0..N).fold(load(y, j), |y, i| u32x4_add(y, u32x4_mul(splats[i], load(&others[i][k], j))));
            store(y, j, sum);
        }
    }
    scalar::combine(a, vectors.map(|vector| &vector[whole..]), rest);
}

#[inline]
fn words(vector: v128) -> [u32; 4] {
    [
        u32x4_extract_lane::<0>(vector),
        u32x4_extract_lane::<1>(vector),
        u32x4_extract_lane::<2>(vector),
        u32x4_extract_lane::<3>(vector),
    ]
}

#[inline]
fn load(lane: &Lane<u32>, from: usize) -> v128 {
    // SAFETY: the four words lie inside the lane, and vector loads need no alignment.
    unsafe { v128_load(lane[from..from + 4].as_ptr().cast()) }
}

#[inline]
fn store(lane: &mut Lane<u32>, from: usize, four: v128) {
    // SAFETY: the four words lie inside the lane, and vector stores need no alignment.
    unsafe { v128_store(lane[from..from + 4].as_mut_ptr().cast(), four) }
}
