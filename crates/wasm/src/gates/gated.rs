//! What gated feed-forward halves need: products of two lifted wires, and the gates of `SiLU` and GELU.

use super::dealt::{Dealt, dealt};
use super::{coded, party};
use crate::error::Result;
use gates::LiftShape;
use wasm_bindgen::prelude::*;

/// To deal for `liftProductServer`: A and B of x and of y, then their four products; `8 n` words.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2` of both.
#[wasm_bindgen(js_name = liftProductDealer)]
pub fn lift_product_dealer(
    #[wasm_bindgen(js_name = lambdaX)] lambda_x: &[u64],
    #[wasm_bindgen(js_name = kX)] k_x: u32,
    #[wasm_bindgen(js_name = fX)] f_x: u32,
    #[wasm_bindgen(js_name = lambdaY)] lambda_y: &[u64],
    #[wasm_bindgen(js_name = kY)] k_y: u32,
    #[wasm_bindgen(js_name = fY)] f_y: u32,
) -> Result<Dealt> {
    let (x, y) = (LiftShape { k: k_x, f: f_x }, LiftShape { k: k_y, f: f_y });
    dealt(gates::lift_product_dealer(lambda_x, x, lambda_y, y))
}

/// Shares of `(lift(x) + plus) lift(y)`, modulo 2^64.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together, or unless `2 <= k <= 64` and `f <= k - 2` of both.
#[wasm_bindgen(js_name = liftProductServer)]
#[allow(clippy::too_many_arguments)] // Two wires.
pub fn lift_product_server(
    p: u32,
    #[wasm_bindgen(js_name = mX)] m_x: &[u64],
    #[wasm_bindgen(js_name = kX)] k_x: u32,
    #[wasm_bindgen(js_name = fX)] f_x: u32,
    #[wasm_bindgen(js_name = mY)] m_y: &[u64],
    #[wasm_bindgen(js_name = kY)] k_y: u32,
    #[wasm_bindgen(js_name = fY)] f_y: u32,
    plus: u64,
    dealt: Dealt,
) -> Result<Vec<u64>> {
    let (x, y) = (LiftShape { k: k_x, f: f_x }, LiftShape { k: k_y, f: f_y });
    coded(gates::lift_product_server(party(p)?, m_x, x, m_y, y, plus, &dealt.into_words()))
}

/// To deal for `liftSquareServer`: A, B, and their three products; `5 n` words.
///
/// # Errors
/// `E_ARGUMENT` unless `2 <= k <= 64` and `f <= k - 2`.
#[wasm_bindgen(js_name = liftSquareDealer)]
pub fn lift_square_dealer(lambda: &[u64], k: u32, f: u32) -> Result<Dealt> {
    dealt(gates::lift_square_dealer(lambda, LiftShape { k, f }))
}

/// Shares of `lift(x)^2`, modulo 2^64.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
#[wasm_bindgen(js_name = liftSquareServer)]
pub fn lift_square_server(p: u32, m: &[u64], k: u32, f: u32, dealt: Dealt) -> Result<Vec<u64>> {
    coded(gates::lift_square_server(party(p)?, m, LiftShape { k, f }, &dealt.into_words()))
}

/// The gate of `SiLU` or GELU, less a half, as a sum of sines.
#[wasm_bindgen]
pub struct Sines {
    sines: gates::Sines,
}

#[wasm_bindgen]
impl Sines {
    /// `gate` is `silu`, `gelu` or `gelu_tanh`; the wire has `width` bits and a scale; `publicBits` and `dealtBits` are the scales of
    /// the factors.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a gate, width, scale, number or factors that do not exist.
    #[wasm_bindgen(constructor)]
    pub fn new(
        gate: &str,
        width: u32,
        scale: u32,
        count: u32,
        #[wasm_bindgen(js_name = publicBits)] public_bits: u32,
        #[wasm_bindgen(js_name = dealtBits)] dealt_bits: u32,
    ) -> Result<Self> {
        let gate = coded(gate.parse())?;
        Ok(Self { sines: coded(gates::Sines::new(gate, width, scale, count, public_bits, dealt_bits))? })
    }

    /// To deal: two words a sine for each element.
    ///
    /// # Errors
    /// `E_ARGUMENT` when that is too many for one call.
    pub fn deal(&self, lambda: &[u64]) -> Result<Dealt> {
        dealt(self.sines.deal(lambda))
    }

    /// Shares of the gate, less a half.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of dealt words.
    pub fn eval(&self, m: &[u64], dealt: Dealt) -> Result<Vec<u64>> {
        coded(self.sines.eval(m, &dealt.into_words()))
    }
}
