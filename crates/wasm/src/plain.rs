//! The values of the protocol, for the fixed-point twin.

use crate::error::{Result, ensure, ensure_len, ensure_width};
use plain::attention::{self, Step};
use plain::functions::{self, Cells};
use plain::{reduce, rounding};
use wasm_bindgen::prelude::*;

fn each(v: &[u64], l: &[u64], f: impl Fn(u64, u64) -> u64) -> Result<Vec<u64>> {
    ensure_len("masks", l.len(), Some(v.len()))?;
    Ok(v.iter().zip(l).map(|(v, l)| f(*v, *l)).collect())
}

/// Each value mod `2^width`.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64.
#[wasm_bindgen(js_name = plainReduce)]
pub fn plain_reduce(v: &[u64], width: u32) -> Result<Vec<u64>> {
    ensure_width(width)?;
    Ok(v.iter().map(|v| reduce(*v, width)).collect())
}

/// `a + b`, element by element.
///
/// # Errors
/// `E_ARGUMENT` for arrays of different lengths.
#[wasm_bindgen(js_name = plainAdd)]
pub fn plain_add(a: &[u64], b: &[u64]) -> Result<Vec<u64>> {
    each(a, b, u64::wrapping_add)
}

/// TR of wires of width `k` by `f`.
///
/// # Errors
/// `E_ARGUMENT` for widths or lengths that do not fit.
#[wasm_bindgen(js_name = plainTruncate)]
pub fn plain_truncate(v: &[u64], l: &[u64], k: u32, f: u32) -> Result<Vec<u64>> {
    ensure_width(k)?;
    ensure(f < k, "the shift must be below the width")?;
    each(v, l, |v, l| rounding::truncate(v, l, k, f))
}

/// lift of wires of width `k` by `f`.
///
/// # Errors
/// `E_ARGUMENT` for widths or lengths that do not fit.
#[wasm_bindgen(js_name = plainLift)]
pub fn plain_lift(v: &[u64], l: &[u64], k: u32, f: u32) -> Result<Vec<u64>> {
    ensure_width(k)?;
    ensure(f + 2 <= k, "the shift must leave two bits")?;
    each(v, l, |v, l| rounding::lift(v, l, k, f))
}

/// GE of wires of width `k`: for each wire, one bit for every threshold.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64.
#[wasm_bindgen(js_name = plainAtLeast)]
pub fn plain_at_least(v: &[u64], thresholds: &[u64], k: u32) -> Result<Vec<u64>> {
    ensure_width(k)?;
    Ok(v.iter().flat_map(|v| thresholds.iter().map(move |tau| rounding::at_least(*v, *tau, k))).collect())
}

/// Sum of squares of each of `rows` rows.
#[wasm_bindgen(js_name = plainSumSquares)]
pub fn plain_sum_squares(x: &[u64], rows: usize) -> Vec<u64> {
    let square_sum = |row: &[u64]| row.iter().fold(0u64, |sum, x| sum.wrapping_add(x.wrapping_mul(*x)));
    x.chunks(x.len() / rows.max(1)).map(square_sum).collect()
}

/// Each row of `x` times one element of `r`.
#[wasm_bindgen(js_name = plainScaleRows)]
pub fn plain_scale_rows(r: &[u64], x: &[u64]) -> Vec<u64> {
    let cols = x.len() / r.len().max(1);
    x.iter().enumerate().map(|(i, x)| x.wrapping_mul(r[i / cols])).collect()
}

/// RSQRT.
///
/// # Errors
/// `E_ARGUMENT` for arrays of different lengths.
#[wasm_bindgen(js_name = plainRsqrt)]
#[allow(clippy::too_many_arguments)] // the plan's own names
pub fn plain_rsqrt(
    v: &[u64],
    l: &[u64],
    f: u32,
    w: u32,
    t: u32,
    dmin: u32,
    sr: u32,
    s6: u32,
    d: f64,
) -> Result<Vec<u64>> {
    let at = Cells { f, w, t, dmin: u64::from(dmin) };
    each(v, l, |v, l| functions::rsqrt(v, l, at, sr, s6, d))
}

/// `ln_i` of Z.
///
/// # Errors
/// `E_ARGUMENT` for arrays of different lengths or a window that does not exist.
#[wasm_bindgen(js_name = plainLn)]
pub fn plain_ln(v: &[u64], l: &[u64], window: u32) -> Result<Vec<u64>> {
    ensure(window < 14, "there are 14 windows")?;
    each(v, l, |v, l| functions::ln(v, l, window))
}

/// EXP.
///
/// # Errors
/// `E_ARGUMENT` for arrays of different lengths.
#[wasm_bindgen(js_name = plainExp)]
pub fn plain_exp(v: &[u64], l: &[u64], p: u32, q: u32, dtop: u32) -> Result<Vec<u64>> {
    each(v, l, |v, l| functions::exp(v, l, p, q, u64::from(dtop)))
}

/// Sizes of a step's attention.
fn step(rows: usize, heads: usize, dim: usize, start: usize) -> Step {
    Step { rows, heads, dim, start }
}

/// Scores less their centres.
#[wasm_bindgen(js_name = plainScores)]
pub fn plain_scores(q: &[u64], keys: &[u64], centers: &[u64], rows: usize, dim: usize, start: usize) -> Vec<u64> {
    attention::scores(q, keys, centers, step(rows, centers.len(), dim, start))
}

/// Sums over positions.
#[wasm_bindgen(js_name = plainSums)]
pub fn plain_sums(values: &[u64], rows: usize, heads: usize, start: usize) -> Vec<u64> {
    attention::sums(values, step(rows, heads, 0, start))
}

/// `s 2^3 - ln`.
#[wasm_bindgen(js_name = plainShifted)]
pub fn plain_shifted(s: &[u64], ln: &[u64], rows: usize, heads: usize, start: usize) -> Vec<u64> {
    attention::shifted(s, ln, step(rows, heads, 0, start))
}

/// `p V`.
#[wasm_bindgen(js_name = plainWeighted)]
pub fn plain_weighted(p: &[u64], values: &[u64], rows: usize, heads: usize, dim: usize, start: usize) -> Vec<u64> {
    attention::weighted(p, values, step(rows, heads, dim, start))
}
