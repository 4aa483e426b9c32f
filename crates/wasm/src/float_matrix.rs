//! Weight matrices of floats.

use crate::error::{Result, ensure_len, ensure_shape};
use float::Matrix;
use wasm_bindgen::prelude::*;

/// A matrix of floats, `rows` inputs by `cols` outputs, for plaintext code.
#[wasm_bindgen]
pub struct FloatMatrix {
    matrix: Matrix,
}

#[wasm_bindgen]
impl FloatMatrix {
    /// From the layout of Hugging Face's `Linear.weight`: `outputs x inputs`, row-major; `rows` is then `inputs`.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of values.
    #[wasm_bindgen(constructor)]
    pub fn new(outputs: usize, inputs: usize, values: &[f32]) -> Result<Self> {
        ensure_shape(inputs, outputs)?;
        ensure_len("values", values.len(), inputs.checked_mul(outputs))?;
        Ok(Self { matrix: Matrix::from_linear(outputs, inputs, values) })
    }

    /// From `rows x cols` values, row-major, as the product `x W` reads them.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of values.
    #[wasm_bindgen(js_name = fromRows)]
    pub fn from_rows(rows: usize, cols: usize, values: &[f32]) -> Result<Self> {
        ensure_shape(rows, cols)?;
        ensure_len("values", values.len(), rows.checked_mul(cols))?;
        Ok(Self { matrix: Matrix::from_rows(rows, cols, values) })
    }

    /// `x W`: `t x rows` values in, `t x cols` values out. Each row's result is the same whatever `t` is.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of values.
    pub fn mul(&self, x: &[f32], t: usize) -> Result<Vec<f32>> {
        ensure_len("x", x.len(), t.checked_mul(self.rows()))?;
        ensure_shape(t, self.cols())?;
        Ok(self.matrix.mul(x, t))
    }

    /// `x W + b`, one bias an output; as [`FloatMatrix::mul`].
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of values.
    #[wasm_bindgen(js_name = mulBiased)]
    pub fn mul_biased(&self, x: &[f32], t: usize, bias: &[f32]) -> Result<Vec<f32>> {
        ensure_len("x", x.len(), t.checked_mul(self.rows()))?;
        ensure_len("bias", bias.len(), Some(self.cols()))?;
        ensure_shape(t, self.cols())?;
        Ok(self.matrix.mul_biased(x, t, bias))
    }

    /// Inputs.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> usize {
        self.matrix.rows()
    }

    /// Outputs.
    #[wasm_bindgen(getter)]
    pub fn cols(&self) -> usize {
        self.matrix.cols()
    }
}
