//! Vectors of words.

use super::coded;
use super::dealt::Dealt;
use crate::error::Result;
use wasm_bindgen::prelude::*;

/// `a + b`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ.
#[wasm_bindgen(js_name = addWords)]
pub fn add_words(a: &[u64], b: &[u64]) -> Result<Vec<u64>> {
    coded(gates::add(a, b))
}

/// `a - b`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ.
#[wasm_bindgen(js_name = subWords)]
pub fn sub_words(a: &[u64], b: &[u64]) -> Result<Vec<u64>> {
    coded(gates::sub(a, b))
}

/// `-a`.
#[wasm_bindgen(js_name = negWords)]
pub fn neg_words(a: &[u64]) -> Vec<u64> {
    gates::neg(a)
}

/// `a * factor`; the factor counts modulo 2^64.
#[wasm_bindgen(js_name = scaleWords)]
pub fn scale_words(a: &[u64], factor: u64) -> Vec<u64> {
    gates::scale_words(a, factor)
}

/// Rows of one head each, turned by their positions: values `i` and `i + frequencies.length` are a pair. `bits` finer.
///
/// # Errors
/// `E_ARGUMENT` when `words` is not a row for each position, has rows with fewer values than pairs, or for more than 30 bits.
#[wasm_bindgen(js_name = rotateWords)]
pub fn rotate_words(words: &[u64], positions: &[u32], frequencies: &[f32], bits: u32) -> Result<Vec<u64>> {
    coded(gates::rotate(words, positions, frequencies, bits))
}

/// `a mod 2^width`.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64.
#[wasm_bindgen(js_name = maskWords)]
pub fn mask_words(a: &[u64], width: u32) -> Result<Vec<u64>> {
    coded(gates::mask_words(a, width))
}

/// `a >> f` of reduced words.
///
/// # Errors
/// `E_ARGUMENT` for a shift above 63.
#[wasm_bindgen(js_name = truncateWords)]
pub fn truncate_words(a: &[u64], f: u32) -> Result<Vec<u64>> {
    coded(gates::truncate_words(a, f))
}

/// `a - b + gamma`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ.
#[wasm_bindgen(js_name = combineLinear)]
pub fn combine_linear(a: &[u64], b: &[u64], gamma: Dealt) -> Result<Vec<u64>> {
    coded(gates::combine_linear(a, b, &gamma.into_words()))
}

/// Words read as signed numbers of `width` bits, divided by `2^scale`.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64 or a scale above 63.
#[wasm_bindgen(js_name = signedToFloat)]
pub fn signed_to_float(words: &[u64], width: u32, scale: u32) -> Result<Vec<f32>> {
    coded(gates::signed_to_float(words, width, scale))
}

/// `round(value * 2^scale) mod 2^width`, half to even.
///
/// # Errors
/// `E_RANGE` for a value that is not a number or does not fit; `E_ARGUMENT` for a width outside 1 to 64 or a scale
/// above 63.
#[wasm_bindgen(js_name = floatToWords)]
pub fn float_to_words(values: &[f32], scale: u32, width: u32) -> Result<Vec<u64>> {
    coded(gates::float_to_words(values, scale, width))
}
