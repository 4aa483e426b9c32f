//! Comparison by digits, and signs by one table.

use super::dealt::{Dealt, dealt};
use super::{coded, party};
use crate::error::Result;
use wasm_bindgen::prelude::*;

/// To deal for `compareDigits`, under XOR: the tables of a wire's digits, `n x ceil(sum 2^digit / 64)` words.
///
/// # Errors
/// `E_ARGUMENT` unless there are 1 to 5 digits of 1 to 11 bits, the most significant first, that sum to `k - 1`.
#[wasm_bindgen(js_name = compareTables)]
pub fn compare_tables(lambda: &[u64], k: u32, digits: &[u8]) -> Result<Dealt> {
    dealt(gates::compare_tables(lambda, k, digits))
}

/// XOR shares of the digits' bits, one word of `2 D - 1` bits for each element and threshold; to be opened under XOR
/// masks.
///
/// # Errors
/// `E_ARGUMENT` for tables of another length, or digits as for `compareTables`.
#[wasm_bindgen(js_name = compareDigits)]
pub fn compare_digits(p: u32, m: &[u64], thresholds: &[u64], tables: Dealt, k: u32, digits: &[u8]) -> Result<Vec<u64>> {
    coded(gates::compare_digits(party(p)?, m, thresholds, &tables.into_words(), k, digits))
}

/// Bits of a word of `compareMonomials` for `digitsCount` digits.
///
/// # Errors
/// `E_ARGUMENT` unless there are 1 to 5 digits.
#[wasm_bindgen(js_name = monomialBits)]
pub fn monomial_bits(#[wasm_bindgen(js_name = digitsCount)] digits_count: usize) -> Result<u32> {
    coded(gates::monomial_bits(digits_count))
}

/// To deal for `compareBits`, under XOR: products of the bits of `alpha`, the masks of what `compareDigits` opened.
///
/// # Errors
/// `E_ARGUMENT` when `alpha` is not `n x thr`, for a `k` outside 2 to 64 or more than five digits.
#[wasm_bindgen(js_name = compareMonomials)]
pub fn compare_monomials(
    lambda: &[u64],
    alpha: &[u64],
    k: u32,
    #[wasm_bindgen(js_name = digitsCount)] digits_count: usize,
    thr: usize,
) -> Result<Dealt> {
    dealt(gates::compare_monomials(lambda, alpha, k, digits_count, thr))
}

/// XOR shares of `v >= threshold` for each element and threshold.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together, for a `k` outside 2 to 64 or more than five digits.
#[wasm_bindgen(js_name = compareBits)]
#[allow(clippy::too_many_arguments)] // The wires of one step.
pub fn compare_bits(
    p: u32,
    m: &[u64],
    thresholds: &[u64],
    opened: &[u64],
    #[wasm_bindgen(js_name = alphaHalf)] alpha_half: &[u64],
    monomials: Dealt,
    k: u32,
    #[wasm_bindgen(js_name = digitsCount)] digits_count: usize,
) -> Result<Vec<u64>> {
    coded(gates::compare_bits(party(p)?, m, thresholds, opened, alpha_half, &monomials.into_words(), k, digits_count))
}

/// To deal for `signServer`, under XOR: `2^(w-7)` words an element of `k` bits.
///
/// # Errors
/// `E_ARGUMENT` unless `7 <= w <= 14` and `w < k <= 64`, or for too many elements for one call.
#[wasm_bindgen(js_name = signDealer)]
pub fn sign_dealer(lambda: &[u64], k: u32, w: u32) -> Result<Dealt> {
    dealt(gates::sign_dealer(lambda, k, w))
}

/// Where the word with each element's bit stands among the dealt ones.
///
/// # Errors
/// `E_ARGUMENT` unless `7 <= w <= 14` and `w < k <= 64`, or when the tables are too large for one call.
#[wasm_bindgen(js_name = signPositions)]
pub fn sign_positions(m: &[u64], k: u32, w: u32) -> Result<Vec<u32>> {
    coded(gates::sign_positions(m, k, w))
}

/// XOR shares of `v >= 0`, of the top `w` of `k` bits, from the shares of the words at `signPositions`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ, or unless `7 <= w <= 14` and `w < k <= 64`.
#[wasm_bindgen(js_name = signServer)]
pub fn sign_server(p: u32, m: &[u64], tables: &[u64], k: u32, w: u32) -> Result<Vec<u64>> {
    coded(gates::sign_server(party(p)?, m, tables, k, w))
}
