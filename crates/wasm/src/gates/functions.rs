//! Functions by table.

use super::coded;
use super::dealt::{Dealt, dealt};
use crate::error::Result;
use wasm_bindgen::prelude::*;

/// `factor x^(power / 2)` of a norm's mean square `x = v 2^(-2 s6) / dModel + eps`, v the opened sum of squares.
#[wasm_bindgen]
#[derive(Clone, Copy)]
pub struct NormFunction {
    pub(super) norm: gates::NormFunction,
}

#[wasm_bindgen]
impl NormFunction {
    /// The reciprocal root has `power` -1, its square -2, the root mean square 1.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another power, an `s6` above 63, an empty row, or an `eps` or `factor` that is not positive.
    #[wasm_bindgen(constructor)]
    pub fn new(
        s6: u32,
        #[wasm_bindgen(js_name = dModel)] d_model: u32,
        eps: f64,
        power: i32,
        factor: f64,
    ) -> Result<Self> {
        Ok(Self { norm: coded(gates::NormFunction::new(s6, d_model, eps, power, factor))? })
    }
}

/// A smooth function of one opened wire by `2^w` masked linear pieces.
#[wasm_bindgen]
pub struct FunctionTable {
    table: gates::FunctionTable,
}

#[wasm_bindgen]
impl FunctionTable {
    /// A function of the mean square at a scale.
    ///
    /// # Errors
    /// `E_ARGUMENT` for cells that do not exist or values that leave 64 bits.
    pub fn norm(f: u32, w: u32, t: u32, dmin: u32, scale: u32, norm: &NormFunction) -> Result<Self> {
        Ok(Self { table: coded(gates::FunctionTable::norm(f, w, t, dmin, scale, &norm.norm))? })
    }

    /// To deal: `rows x 2^w x 2` words.
    ///
    /// # Errors
    /// `E_ARGUMENT` when that is too many for one call.
    pub fn deal(&self, lambda: &[u64]) -> Result<Dealt> {
        dealt(self.table.deal(lambda))
    }

    /// Where each row's two words stand among the dealt ones.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the tables are too large for one call.
    pub fn positions(&self, m: &[u64]) -> Result<Vec<u32>> {
        coded(self.table.positions(m))
    }

    /// The share of each row's result from the shares of the words at `positions`.
    ///
    /// # Errors
    /// `E_ARGUMENT` unless there are two words a row.
    pub fn eval(&self, m: &[u64], pairs: &[u64]) -> Result<Vec<u64>> {
        coded(self.table.eval(m, pairs))
    }
}

/// To deal for `expServer`, of a wire of `width` bits: `2^(width - cellBits)` entries at scale `q` an element; cells from
/// `dtop` on are negative.
///
/// # Errors
/// `E_ARGUMENT` for a `q` above 52, a `dtop` above the number of cells, a `width` outside 21 to 28, a `cellBits`
/// outside 14 to 18, or too many elements for one call.
#[wasm_bindgen(js_name = expDealer)]
pub fn exp_dealer(
    lambda: &[u64],
    width: u32,
    #[wasm_bindgen(js_name = cellBits)] cell_bits: u32,
    q: u32,
    dtop: u32,
) -> Result<Dealt> {
    dealt(gates::exp_dealer(lambda, width, cell_bits, q, dtop))
}

/// Where each element's entry stands among the dealt ones.
///
/// # Errors
/// `E_ARGUMENT` when the tables are too large for one call.
#[wasm_bindgen(js_name = expPositions)]
pub fn exp_positions(m: &[u64], width: u32, #[wasm_bindgen(js_name = cellBits)] cell_bits: u32) -> Result<Vec<u32>> {
    coded(gates::exp_positions(m, width, cell_bits))
}

/// The share of each exp of a wire of `width` bits and scale 14, at scale `pBits` plus the entries'.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ, for a `width` outside 21 to 28, a `cellBits` outside 14 to 18 or a `pBits` above 50.
#[wasm_bindgen(js_name = expServer)]
pub fn exp_server(
    m: &[u64],
    entries: &[u64],
    width: u32,
    #[wasm_bindgen(js_name = cellBits)] cell_bits: u32,
    #[wasm_bindgen(js_name = pBits)] p_bits: u32,
) -> Result<Vec<u64>> {
    coded(gates::exp_server(m, entries, width, cell_bits, p_bits))
}
