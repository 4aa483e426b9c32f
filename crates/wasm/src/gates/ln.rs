//! Functions in windows, and the choice between them.

use super::dealt::{Dealt, dealt};
use super::functions::NormFunction;
use super::{coded, party};
use crate::error::Result;
use wasm_bindgen::prelude::*;

/// Where windows lie: `count` of `2^w` cells of `2^t` units each; window i drops `f + step i` bits.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub struct WindowShape {
    at: gates::WindowShape,
}

#[wasm_bindgen]
impl WindowShape {
    /// `dmin` is the first cell of a window.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(count: u32, f: u32, step: u32, w: u32, t: u32, dmin: u32) -> Self {
        Self { at: gates::WindowShape { count, f, step, w, t, dmin } }
    }
}

/// A function of a wire in windows of its range.
#[wasm_bindgen]
pub struct Windows {
    windows: gates::Windows,
}

#[wasm_bindgen]
impl Windows {
    /// `ln(v / 2^point)` at `scale`.
    ///
    /// # Errors
    /// `E_ARGUMENT` for cells that do not exist, no windows or more than 64.
    pub fn log(at: &WindowShape, scale: u32, point: u32) -> Result<Self> {
        Ok(Self { windows: coded(gates::Windows::log(at.at, scale, point))? })
    }

    /// A function of the mean square at a scale.
    ///
    /// # Errors
    /// `E_ARGUMENT` for cells that do not exist, no windows or more than 64.
    pub fn norm(at: &WindowShape, scale: u32, norm: &NormFunction) -> Result<Self> {
        Ok(Self { windows: coded(gates::Windows::norm(at.at, scale, &norm.norm))? })
    }

    /// To deal: `n x windows x 2^w x 2` words.
    ///
    /// # Errors
    /// `E_ARGUMENT` when that is too many for one call.
    pub fn deal(&self, lambda: &[u64]) -> Result<Dealt> {
        dealt(self.windows.deal(lambda))
    }

    /// Where the two words of each element and window stand among the dealt ones.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the tables are too large for one call.
    pub fn positions(&self, m: &[u64]) -> Result<Vec<u32>> {
        coded(self.windows.positions(m))
    }

    /// Shares of what each window adds to the one before, `n x windows`, from the shares of the words at `positions`.
    ///
    /// # Errors
    /// `E_ARGUMENT` unless there are two words an element and window.
    pub fn eval(&self, m: &[u64], pairs: &[u64]) -> Result<Vec<u64>> {
        coded(self.windows.eval(m, pairs))
    }
}

/// To deal for `windowDigits`, under XOR: the tables of a wire's digits, `n x ceil(sum 2^digit / 64)` words.
///
/// # Errors
/// `E_ARGUMENT` unless there are 1 to 5 digits of 1 to 11 bits, the most significant first, that sum to `k`.
#[wasm_bindgen(js_name = windowTables)]
pub fn window_tables(lambda: &[u64], k: u32, digits: &[u8]) -> Result<Dealt> {
    dealt(gates::window_tables(lambda, k, digits))
}

/// XOR shares of the digits' bits, one word of `2 D - 1` bits for each element and threshold; to be opened under XOR
/// masks.
///
/// # Errors
/// `E_ARGUMENT` for tables of another length, or digits as for `windowTables`.
#[wasm_bindgen(js_name = windowDigits)]
pub fn window_digits(p: u32, m: &[u64], thresholds: &[u64], tables: Dealt, k: u32, digits: &[u8]) -> Result<Vec<u64>> {
    coded(gates::window_digits(party(p)?, m, thresholds, &tables.into_words(), k, digits))
}

/// To deal for `windowSelect`: products of the bits of `alpha` (`n x thr`), the masks of what `windowDigits` opened,
/// then the same times `lambda` (`n x (thr + 1)`), the mask of what the windows add.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together or unless there are 1 to 5 digits.
#[wasm_bindgen(js_name = windowDealer)]
pub fn window_dealer(
    alpha: &[u64],
    lambda: &[u64],
    #[wasm_bindgen(js_name = digitsCount)] digits_count: usize,
    thr: usize,
) -> Result<Dealt> {
    dealt(gates::window_dealer(alpha, lambda, digits_count, thr))
}

/// Shares of the sum of what those windows add whose threshold is reached; the first has none.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together or unless there are 1 to 5 digits.
#[wasm_bindgen(js_name = windowSelect)]
#[allow(clippy::too_many_arguments)] // The wires of one step.
pub fn window_select(
    p: u32,
    opened: &[u64],
    m: &[u64],
    half: &[u64],
    dealt: Dealt,
    #[wasm_bindgen(js_name = digitsCount)] digits_count: usize,
    thr: usize,
) -> Result<Vec<u64>> {
    coded(gates::window_select(party(p)?, opened, m, half, &dealt.into_words(), digits_count, thr))
}

/// Words of `windowDealer` of each kind, a comparison of `digitsCount` digits.
///
/// # Errors
/// `E_ARGUMENT` unless there are 1 to 5 digits.
#[wasm_bindgen(js_name = windowMonomials)]
pub fn window_monomials(#[wasm_bindgen(js_name = digitsCount)] digits_count: usize) -> Result<usize> {
    coded(gates::window_monomials(digits_count))
}
