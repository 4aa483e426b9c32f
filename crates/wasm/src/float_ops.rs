//! Functions of float rows, for plaintext code.

use crate::error::{Result, ensure, ensure_len};
use wasm_bindgen::prelude::*;

/// `(x - mean) / sqrt(variance + eps) * gain + bias` for each row of `gain.length` values.
///
/// # Errors
/// `E_ARGUMENT` when `x` is not whole rows or `bias` has another length than `gain`.
#[wasm_bindgen(js_name = layerNorm)]
pub fn layer_norm(mut x: Vec<f32>, gain: &[f32], bias: &[f32], eps: f64) -> Result<Vec<f32>> {
    ensure_rows(x.len(), gain.len())?;
    ensure_len("bias", bias.len(), Some(gain.len()))?;
    float::layer_norm(&mut x, gain, bias, eps);
    Ok(x)
}

/// `x / sqrt(mean(x^2) + eps) * gain` for some columns of each row of `cols` values: `count` pieces of `gain.length` values from column
/// `from` on, each by itself. Other columns stay as they are.
///
/// # Errors
/// `E_ARGUMENT` when `x` is not whole rows, or has not these columns.
#[wasm_bindgen(js_name = rmsNorm)]
pub fn rms_norm(mut x: Vec<f32>, cols: usize, from: usize, count: usize, gain: &[f32], eps: f64) -> Result<Vec<f32>> {
    ensure_rows(x.len(), cols)?;
    let end = count.checked_mul(gain.len()).and_then(|length| length.checked_add(from));
    ensure(end.is_some_and(|end| end <= cols), "a row has not these columns")?;
    float::rms_norm(&mut x, cols, (from, count), gain, eps);
    Ok(x)
}

/// Rotates the first `heads` heads of `dim` values of each row, which stands at its position: value `i` of a head and value
/// `i + frequencies.length` are turned together by `frequencies[i]` radians a position, and multiplied by `factor`.
///
/// # Errors
/// `E_ARGUMENT` for lengths that do not belong together.
#[wasm_bindgen(js_name = rotate)]
pub fn rotate(
    mut x: Vec<f32>,
    positions: &[u32],
    heads: usize,
    dim: usize,
    frequencies: &[f32],
    factor: f32,
) -> Result<Vec<f32>> {
    ensure_rows(x.len(), positions.len())?;
    let columns = heads.checked_mul(dim);
    ensure(columns.is_some_and(|columns| columns <= x.len() / positions.len()), "a row has not these heads")?;
    ensure(dim > 0 && frequencies.len() <= dim / 2, "a head has not these pairs")?;
    float::rotate(&mut x, positions, heads, dim, float::Rotation { frequencies, factor });
    Ok(x)
}

/// `max(x, 0)` of each value.
#[wasm_bindgen]
pub fn relu(mut x: Vec<f32>) -> Vec<f32> {
    float::relu(&mut x);
    x
}

/// Each value that is more than the threshold; zero for the others.
#[wasm_bindgen(js_name = fatRelu)]
pub fn fat_relu(mut x: Vec<f32>, threshold: f32) -> Vec<f32> {
    float::fat_relu(&mut x, threshold);
    x
}

/// `max(x, 0)^2` of each value.
#[wasm_bindgen(js_name = reluSquared)]
pub fn relu_squared(mut x: Vec<f32>) -> Vec<f32> {
    float::relu_squared(&mut x);
    x
}

/// `x / (1 + e^-x)` of each value.
#[wasm_bindgen]
pub fn silu(mut x: Vec<f32>) -> Vec<f32> {
    float::silu(&mut x);
    x
}

/// Each value times the probability that a normal variable is less.
#[wasm_bindgen]
pub fn gelu(mut x: Vec<f32>) -> Vec<f32> {
    float::gelu(&mut x);
    x
}

/// The same by a hyperbolic tangent.
#[wasm_bindgen(js_name = geluTanh)]
pub fn gelu_tanh(mut x: Vec<f32>) -> Vec<f32> {
    float::gelu_tanh(&mut x);
    x
}

/// The softmax of each row of `cols` values.
///
/// # Errors
/// `E_ARGUMENT` when `x` is not whole rows.
#[wasm_bindgen(js_name = softmaxRows)]
pub fn softmax_rows(mut x: Vec<f32>, cols: usize) -> Result<Vec<f32>> {
    ensure_rows(x.len(), cols)?;
    float::softmax_rows(&mut x, cols);
    Ok(x)
}

/// `ln sum exp(x)`; negative infinity for no values.
#[wasm_bindgen(js_name = logSumExp)]
pub fn log_sum_exp(x: &[f32]) -> f64 {
    float::log_sum_exp(x)
}

/// Causal attention of one sequence: each row's mean of the values up to its own position, weighted by the softmax of its scores.
/// `q` is `rows x (heads headDim)` and scaled, `k` and `v` are `n x (kvHeads headDim)`; their last rows stand where `q` does. `facts`
/// becomes, for each row and head, the log-sum-exp of the scores, the least and the largest; it may be empty. The result is as
/// large as `q`.
///
/// # Errors
/// `E_ARGUMENT` for lengths that do not belong together.
#[wasm_bindgen(js_name = floatAttend)]
pub fn attend(
    q: &[f32],
    k: &[f32],
    v: &[f32],
    heads: usize,
    #[wasm_bindgen(js_name = kvHeads)] kv: usize,
    #[wasm_bindgen(js_name = headDim)] dim: usize,
    facts: &mut [f64],
) -> Result<Vec<f32>> {
    ensure_rows(heads, kv)?;
    let (width, kv_width) = (heads.saturating_mul(dim), kv.saturating_mul(dim));
    ensure_rows(q.len(), width)?;
    ensure_rows(k.len(), kv_width)?;
    ensure_len("v", v.len(), Some(k.len()))?;
    let rows = q.len() / width;
    ensure(rows <= k.len() / kv_width, "a row has no key")?;
    if !facts.is_empty() {
        ensure_len("facts", facts.len(), rows.checked_mul(heads * float::SCORE_FACTS))?;
    }
    Ok(float::attend(q, k, v, float::Heads { count: heads, kv, dim }, facts))
}

/// The largest magnitude in columns `from .. to` of each row of `cols` values; NaN where one of them is NaN.
///
/// # Errors
/// `E_ARGUMENT` when `x` is not whole rows, or has not these columns.
#[wasm_bindgen(js_name = rowPeaks)]
pub fn row_peaks(x: &[f32], cols: usize, from: usize, to: usize) -> Result<Vec<f32>> {
    ensure_rows(x.len(), cols)?;
    ensure(from <= to && to <= cols, "a row has not these columns")?;
    Ok(float::row_peaks(x, cols, from..to))
}

/// The largest magnitude of each row of `x` less `bias`; NaN where one of them is NaN.
///
/// # Errors
/// `E_ARGUMENT` when `x` is not rows as long as `bias`.
#[wasm_bindgen(js_name = rowPeaksWithout)]
pub fn row_peaks_without(x: &[f32], bias: &[f32]) -> Result<Vec<f32>> {
    ensure_rows(x.len(), bias.len())?;
    Ok(float::row_peaks_without(x, bias))
}

/// `A x`: the inner products of the rows of `a` (`n x h`, row-major) with `x` (`h`).
///
/// # Errors
/// `E_ARGUMENT` when `a` is not whole rows.
#[wasm_bindgen(js_name = floatRowsDot)]
pub fn float_rows_dot(a: &[f32], x: &[f32]) -> Result<Vec<f32>> {
    ensure_rows(a.len(), x.len())?;
    Ok(float::rows_dot(a, x))
}

/// `p A`: the sum of the rows of `a` (`n x h`, row-major) weighted by `p` (`n`).
///
/// # Errors
/// `E_ARGUMENT` when `a` has another shape.
#[wasm_bindgen(js_name = floatWeightedRows)]
pub fn float_weighted_rows(p: &[f32], a: &[f32], h: usize) -> Result<Vec<f32>> {
    ensure_len("a", a.len(), p.len().checked_mul(h))?;
    Ok(float::weighted_rows(p, a, h))
}

fn ensure_rows(len: usize, cols: usize) -> Result<()> {
    ensure(cols > 0 && len.is_multiple_of(cols), "the values are not whole rows")
}
