//! Loops over 32-bit words, four to a vector.

use crate::lane::LANES;
use core::arch::wasm32::{
    u32x4_add, u32x4_extract_lane, u32x4_mul, u32x4_splat, v128, v128_load, v128_store, v128_xor,
};

pub(crate) use crate::scalar::{TERMS, TOGETHER};
pub(crate) type Factor = u32;
pub(crate) type Sum = Lane;
type Lane = [u32; LANES];
const VECTORS: usize = LANES / 4;

pub(crate) fn factor(words: &[u64]) -> Factor {
    words[0] as u32
}

pub(crate) fn total(sum: &Sum) -> [u64; LANES] {
    sum.map(u64::from)
}

#[inline]
pub(crate) fn row_by_panels<const N: usize>(x: &[u32], panels: [&[Lane]; N]) -> [[u64; LANES]; N] {
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
        total(&lane)
    })
}

#[inline]
pub(crate) fn xor_panels<const N: usize>(panels: [&[Lane]; N]) -> u64 {
    let panels = panels.map(|panel| &panel[..panels[0].len()]);
    let mut all = [u32x4_splat(0); VECTORS];
    for k in 0..panels[0].len() {
        for panel in panels {
            for (i, xor) in all.iter_mut().enumerate() {
                *xor = v128_xor(*xor, load(&panel[k], 4 * i));
            }
        }
    }
    let four = words(all.into_iter().fold(u32x4_splat(0), |a, b| v128_xor(a, b)));
    u64::from(four.into_iter().fold(0, |a, b| a ^ b))
}

#[inline]
pub(crate) fn dots<const N: usize>(x: &[Lane], vectors: [&[Lane]; N]) -> [u64; N] {
    let vectors = vectors.map(|vector| &vector[..x.len()]);
    let mut sums = [u32x4_splat(0); N];
    for (k, x) in x.iter().enumerate() {
        for j in (0..LANES).step_by(4) {
            let x = load(x, j);
            for (sum, vector) in sums.iter_mut().zip(&vectors) {
                *sum = u32x4_add(*sum, u32x4_mul(x, load(&vector[k], j)));
            }
        }
    }
    sums.map(|sum| u64::from(words(sum).into_iter().fold(0, u32::wrapping_add)))
}

#[inline]
pub(crate) fn combine<const N: usize>(a: [u64; N], vectors: [&[Lane]; N], y: &mut [Sum]) {
    let vectors = vectors.map(|vector| &vector[..y.len()]);
    let splats = a.map(|a| u32x4_splat(a as u32));
    for (k, y) in y.iter_mut().enumerate() {
        for j in (0..LANES).step_by(4) {
            let sum = (0..N).fold(load(y, j), |y, i| u32x4_add(y, u32x4_mul(splats[i], load(&vectors[i][k], j))));
            store(y, j, sum);
        }
    }
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
fn load(lane: &Lane, from: usize) -> v128 {
    // SAFETY: the four words lie inside the lane, and vector loads need no alignment.
    unsafe { v128_load(lane[from..from + 4].as_ptr().cast()) }
}

#[inline]
fn store(lane: &mut Lane, from: usize, four: v128) {
    // SAFETY: the four words lie inside the lane, and vector stores need no alignment.
    unsafe { v128_store(lane[from..from + 4].as_mut_ptr().cast(), four) }
}
