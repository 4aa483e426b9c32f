//! Products, lifts and selections.

use super::dealt::{Dealt, dealt};
use super::{coded, party};
use crate::error::Result;
use wasm_bindgen::prelude::*;

/// Shares of each row's sum of squares.
///
/// # Errors
/// `E_ARGUMENT` when the arrays do not fit together.
#[wasm_bindgen(js_name = sumSquaresServer)]
pub fn sum_squares_server(p: u32, m: &[u64], half: &[u64], gamma: Dealt, rows: usize) -> Result<Vec<u64>> {
    coded(gates::sum_squares_server(party(p)?, m, half, &gamma.into_words(), rows))
}

/// To deal for `sumSquaresServer`: the sum of each row's squared mask.
///
/// # Errors
/// `E_ARGUMENT` when `lambda` is not whole rows.
#[wasm_bindgen(js_name = sumSquaresDealer)]
pub fn sum_squares_dealer(lambda: &[u64], rows: usize) -> Result<Dealt> {
    dealt(gates::sum_squares_dealer(lambda, rows))
}

/// To deal for `liftServer`: `lambda >> f` of all elements, then `msb(lambda) 2^(k-f)`; `2 n` words.
///
/// # Errors
/// `E_ARGUMENT` unless `2 <= k <= 64` and `f <= k - 2`.
#[wasm_bindgen(js_name = liftDealer)]
pub fn lift_dealer(lambda: &[u64], k: u32, f: u32) -> Result<Dealt> {
    dealt(gates::lift_dealer(lambda, k, f))
}

/// Shares, modulo 2^64, of a wire of `k` bits shifted right by `f`; `dealt` are the shares of `liftDealer`'s words.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2`.
#[wasm_bindgen(js_name = liftServer)]
pub fn lift_server(p: u32, m: &[u64], dealt: Dealt, k: u32, f: u32) -> Result<Vec<u64>> {
    coded(gates::lift_server(party(p)?, m, &dealt.into_words(), k, f))
}

/// To deal for `scaleLiftServer`: A, B, `lambdaR A`, `lambdaR B`, each for all elements; `4 T n` words.
///
/// # Errors
/// `E_ARGUMENT` when `lambdaU` is not as many rows as `lambdaR` has elements, or unless `2 <= k <= 64` and `f <= k -
/// 2`.
#[wasm_bindgen(js_name = scaleLiftDealer)]
pub fn scale_lift_dealer(
    #[wasm_bindgen(js_name = lambdaR)] lambda_r: &[u64],
    #[wasm_bindgen(js_name = lambdaU)] lambda_u: &[u64],
    k: u32,
    f: u32,
) -> Result<Dealt> {
    dealt(gates::scale_lift_dealer(lambda_r, lambda_u, k, f))
}

/// Shares of `r lift(u)`, right in the width of r, which has one element a row; u has width `k`.
///
/// # Errors
/// `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
#[wasm_bindgen(js_name = scaleLiftServer)]
pub fn scale_lift_server(
    p: u32,
    #[wasm_bindgen(js_name = mR)] m_r: &[u64],
    #[wasm_bindgen(js_name = halfR)] half_r: &[u64],
    #[wasm_bindgen(js_name = mU)] m_u: &[u64],
    dealt: Dealt,
    k: u32,
    f: u32,
) -> Result<Vec<u64>> {
    coded(gates::scale_lift_server(party(p)?, m_r, half_r, m_u, &dealt.into_words(), k, f))
}

/// To deal for `scaleRowsServer`: `lambdaR lambdaX`.
///
/// # Errors
/// `E_ARGUMENT` when `lambdaX` is not as many rows as `lambdaR` has elements.
#[wasm_bindgen(js_name = scaleRowsDealer)]
pub fn scale_rows_dealer(
    #[wasm_bindgen(js_name = lambdaR)] lambda_r: &[u64],
    #[wasm_bindgen(js_name = lambdaX)] lambda_x: &[u64],
) -> Result<Dealt> {
    dealt(gates::scale_rows_dealer(lambda_r, lambda_x))
}

/// Shares of `r x`, right in the width of r, which has one element a row.
///
/// # Errors
/// `E_ARGUMENT` when the arrays do not fit together.
#[wasm_bindgen(js_name = scaleRowsServer)]
pub fn scale_rows_server(
    p: u32,
    #[wasm_bindgen(js_name = mR)] m_r: &[u64],
    #[wasm_bindgen(js_name = halfR)] half_r: &[u64],
    #[wasm_bindgen(js_name = mX)] m_x: &[u64],
    #[wasm_bindgen(js_name = halfX)] half_x: &[u64],
    gamma: Dealt,
) -> Result<Vec<u64>> {
    coded(gates::scale_rows_server(party(p)?, m_r, half_r, m_x, half_x, &gamma.into_words()))
}

/// To deal for `selectLiftServer`: the words of `liftDealer`, then `beta` (0 or 1) and `beta` times each of the former;
/// `5 n` words.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2`.
#[wasm_bindgen(js_name = selectLiftDealer)]
pub fn select_lift_dealer(beta: &[u64], lambda: &[u64], k: u32, f: u32) -> Result<Dealt> {
    dealt(gates::select_lift_dealer(beta, lambda, k, f))
}

/// Shares of `b lift(x)`, where `z = b ^ beta` are public bits and x has width `k`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
#[wasm_bindgen(js_name = selectLiftServer)]
pub fn select_lift_server(p: u32, z: &[u64], m: &[u64], dealt: Dealt, k: u32, f: u32) -> Result<Vec<u64>> {
    coded(gates::select_lift_server(party(p)?, z, m, &dealt.into_words(), k, f))
}

/// To deal for `selectScaleLiftServer`: the words of `scaleLiftDealer`, then `beta` (0 or 1), `beta lambdaR` and `beta` times
/// each of the former; `10 T n` words.
///
/// # Errors
/// `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
#[wasm_bindgen(js_name = selectScaleLiftDealer)]
pub fn select_scale_lift_dealer(
    beta: &[u64],
    #[wasm_bindgen(js_name = lambdaR)] lambda_r: &[u64],
    #[wasm_bindgen(js_name = lambdaU)] lambda_u: &[u64],
    k: u32,
    f: u32,
) -> Result<Dealt> {
    dealt(gates::select_scale_lift_dealer(beta, lambda_r, lambda_u, k, f))
}

/// Shares of `b r lift(u)`, where `z = b ^ beta` are public bits and r has one element a row; right in the width of r.
///
/// # Errors
/// `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
#[wasm_bindgen(js_name = selectScaleLiftServer)]
#[allow(clippy::too_many_arguments)] // Three wires.
pub fn select_scale_lift_server(
    p: u32,
    z: &[u64],
    #[wasm_bindgen(js_name = mR)] m_r: &[u64],
    #[wasm_bindgen(js_name = halfR)] half_r: &[u64],
    #[wasm_bindgen(js_name = mU)] m_u: &[u64],
    dealt: Dealt,
    k: u32,
    f: u32,
) -> Result<Vec<u64>> {
    coded(gates::select_scale_lift_server(party(p)?, z, m_r, half_r, m_u, &dealt.into_words(), k, f))
}
