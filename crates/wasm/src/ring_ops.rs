//! Products with plain slices of words.

use crate::error::{Result, ensure, ensure_len, ensure_width};
use wasm_bindgen::prelude::*;

/// `A x`: the inner products of the rows of `a` (`n x h`, row-major) with `x` (`h`).
///
/// # Errors
/// `E_ARGUMENT` when `a` is not whole rows.
#[wasm_bindgen(js_name = ringRowsDot)]
pub fn ring_rows_dot(a: &[u64], x: &[u64]) -> Result<Vec<u64>> {
    ensure(!x.is_empty() && a.len().is_multiple_of(x.len()), "a is not whole rows as long as x")?;
    Ok(ring::rows_dot(a, x))
}

/// `p A`: the sum of the rows of `a` (`n x h`, row-major) weighted by `p` (`n`).
///
/// # Errors
/// `E_ARGUMENT` when `a` has another shape.
#[wasm_bindgen(js_name = ringWeightedRows)]
pub fn ring_weighted_rows(p: &[u64], a: &[u64], h: usize) -> Result<Vec<u64>> {
    ensure_len("a", a.len(), p.len().checked_mul(h))?;
    Ok(ring::weighted_rows(p, a, h))
}

/// `(word mod 2^width) >> f` for each word.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64 or a shift that is not below it.
#[wasm_bindgen(js_name = shiftRight)]
pub fn shift_right(mut words: Vec<u64>, width: u32, f: u32) -> Result<Vec<u64>> {
    ensure_width(width)?;
    ensure(f < width, "f must be below width")?;
    ring::shift_right(&mut words, width, f);
    Ok(words)
}

/// `round(value * 2^scale)`, half to even, as words.
///
/// # Errors
/// `E_RANGE` for a value that is not finite or not below 2^40 after scaling.
#[wasm_bindgen]
pub fn quantise(values: &[f32], scale: u32) -> Result<Vec<u64>> {
    ensure(scale < 64, "scale must be below 64")?;
    ring::quantise(values, scale).map_err(|e| crate::error::range(&e))
}
