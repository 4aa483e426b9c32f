//! The inner loops of [`crate::Matrix`] with `simd128`: the same sums in the same order as `scalar`.

use crate::matrix::{LANES, Lane};
use core::arch::wasm32::{f32x4_add, f32x4_mul, f32x4_splat, v128, v128_load, v128_store};

type Vectors = [v128; LANES / 4];

/// One row of `x` by one panel.
#[inline]
pub(crate) fn row_by_panel(x: &[f32], panel: &[Lane]) -> Lane {
    let mut sums = [f32x4_splat(0.0); LANES / 4];
    for (x, lane) in x.iter().zip(panel) {
        add(&mut sums, *x, &load(lane));
    }
    store(&sums)
}

/// Two rows of `x` by one panel: each lane is loaded once for both.
#[inline]
pub(crate) fn pair_by_panel(x0: &[f32], x1: &[f32], panel: &[Lane]) -> [Lane; 2] {
    let mut sums = [[f32x4_splat(0.0); LANES / 4]; 2];
    for ((x0, x1), lane) in x0.iter().zip(x1).zip(panel) {
        let w = load(lane);
        add(&mut sums[0], *x0, &w);
        add(&mut sums[1], *x1, &w);
    }
    [store(&sums[0]), store(&sums[1])]
}

#[inline]
fn add(sums: &mut Vectors, x: f32, w: &Vectors) {
    let x = f32x4_splat(x);
    for (sum, w) in sums.iter_mut().zip(w) {
        *sum = f32x4_add(*sum, f32x4_mul(x, *w));
    }
}

#[inline]
fn load(lane: &Lane) -> Vectors {
    // SAFETY: `4 i .. 4 i + 4` lies inside the lane, and vector loads need no alignment.
    core::array::from_fn(|i| unsafe { v128_load(lane[4 * i..4 * i + 4].as_ptr().cast()) })
}

#[inline]
fn store(sums: &Vectors) -> Lane {
    let mut lane = [0.0; LANES];
    for (i, sum) in sums.iter().enumerate() {
        // SAFETY: `4 i .. 4 i + 4` lies inside the lane, and vector stores need no alignment.
        unsafe { v128_store(lane[4 * i..4 * i + 4].as_mut_ptr().cast(), *sum) };
    }
    lane
}
