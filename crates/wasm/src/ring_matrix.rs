//! Weight matrices of words.

use crate::error::{Result, argument, ensure, ensure_len, ensure_shape, range};
use crate::prg::stream;
use ring::{Jobs, Panels};
use wasm_bindgen::prelude::*;

/// A matrix of words of `Z_2^64`, `rows` inputs by `cols` outputs. All words cross in row-major order.
#[wasm_bindgen]
pub struct RingMatrix {
    panels: Panels,
}

impl RingMatrix {
    /// The matrix as kernels take it.
    pub(crate) fn panels(&self) -> &Panels {
        &self.panels
    }
}

#[wasm_bindgen]
impl RingMatrix {
    /// From `rows * cols` words.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of words.
    #[wasm_bindgen(constructor)]
    pub fn new(rows: usize, cols: usize, words: &[u64]) -> Result<Self> {
        ensure_shape(rows, cols)?;
        ensure_len("words", words.len(), rows.checked_mul(cols))?;
        Ok(Self { panels: Panels::from_words(rows, cols, words) })
    }

    /// The zero matrix.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a shape that does not fit.
    pub fn zeros(rows: usize, cols: usize) -> Result<Self> {
        ensure_shape(rows, cols)?;
        Ok(Self { panels: Panels::zeros(rows, cols) })
    }

    /// `round(value * 2^scale)`, half to even, of `rows * cols` values.
    ///
    /// # Errors
    /// `E_RANGE` for a value that is not finite or not below 2^40 after scaling, `E_ARGUMENT` for another number.
    #[wasm_bindgen(js_name = fromF32)]
    pub fn from_f32(rows: usize, cols: usize, values: &[f32], scale: u32) -> Result<Self> {
        ensure(scale < 64, "scale must be below 64")?;
        ensure_len("values", values.len(), rows.checked_mul(cols))?;
        Self::new(rows, cols, &ring::quantise(values, scale).map_err(|e| range(&e))?)
    }

    /// The first `rows * cols` words of a key stream.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a key, nonce or shape that does not fit.
    #[wasm_bindgen(js_name = fromPrg)]
    pub fn from_prg(rows: usize, cols: usize, key: &[u8], nonce: &[u8]) -> Result<Self> {
        let mut matrix = Self::zeros(rows, cols)?;
        matrix.add_prg(key, nonce, false)?;
        Ok(matrix)
    }

    /// Adds a key stream, or subtracts it: its word `i` to the word at position `i`.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a key or nonce of another length.
    #[wasm_bindgen(js_name = addPrg)]
    pub fn add_prg(&mut self, key: &[u8], nonce: &[u8], negate: bool) -> Result<()> {
        self.panels.add_stream(&stream(key, nonce)?, negate);
        Ok(())
    }

    /// Adds a matrix of the same shape, or subtracts it.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another shape.
    #[wasm_bindgen(js_name = addMatrix)]
    pub fn add_matrix(&mut self, other: &RingMatrix, negate: bool) -> Result<()> {
        let same = (self.rows(), self.cols()) == (other.rows(), other.cols());
        ensure(same, "the matrices have different shapes")?;
        self.panels.add(&other.panels, negate);
        Ok(())
    }

    /// An independent copy.
    pub fn copy(&self) -> Self {
        Self { panels: self.panels.clone() }
    }

    /// The columns `from .. to`, copied.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a range outside the matrix.
    pub fn columns(&self, from: usize, to: usize) -> Result<Self> {
        ensure(from <= to && to <= self.cols(), "the range of columns is not inside the matrix")?;
        Ok(Self { panels: self.panels.columns(from, to) })
    }

    /// `x W`: `t x rows` words in, `t x cols` words out.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of words.
    pub fn mul(&self, x: &[u64], t: usize) -> Result<Vec<u64>> {
        ensure_len("x", x.len(), t.checked_mul(self.rows()))?;
        ensure_shape(t, self.cols())?;
        Ok(self.panels.mul(x, t))
    }

    /// Job by job, row `jobRows[k]` of `x` times the `blockCols` columns of block `jobBlocks[k]`: `t x rows` words in,
    /// `jobs x blockCols` out.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of words, or a job outside `x` or the matrix.
    #[wasm_bindgen(js_name = mulColumnBlocks)]
    pub fn mul_column_blocks(
        &self,
        x: &[u64],
        t: usize,
        #[wasm_bindgen(js_name = jobRows)] job_rows: &[u32],
        #[wasm_bindgen(js_name = jobBlocks)] job_blocks: &[u32],
        #[wasm_bindgen(js_name = blockCols)] block_cols: usize,
    ) -> Result<Vec<u64>> {
        ensure_len("x", x.len(), t.checked_mul(self.rows()))?;
        ensure_shape(job_rows.len(), block_cols)?;
        let jobs = jobs(job_rows, job_blocks, t, self.cols(), block_cols)?;
        Ok(self.panels.mul_column_blocks(x, &jobs, block_cols))
    }

    /// `t x cols` words: to row `jobRows[k]` is added row `k` of `x`, which has as many rows as there are jobs, times as many
    /// rows of the matrix as it has words, those of block `jobBlocks[k]`.
    ///
    /// # Errors
    /// `E_ARGUMENT` for an `x` that is not a row for each job, or a job outside `t` or the matrix.
    #[wasm_bindgen(js_name = mulRowBlocks)]
    pub fn mul_row_blocks(
        &self,
        x: &[u64],
        t: usize,
        #[wasm_bindgen(js_name = jobRows)] job_rows: &[u32],
        #[wasm_bindgen(js_name = jobBlocks)] job_blocks: &[u32],
    ) -> Result<Vec<u64>> {
        let block_rows = x.len() / job_rows.len().max(1);
        ensure_len("x", x.len(), Some(block_rows * job_rows.len()))?;
        ensure_shape(t, self.cols())?;
        let jobs = jobs(job_rows, job_blocks, t, self.rows(), block_rows)?;
        Ok(self.panels.mul_row_blocks(x, t, &jobs, block_rows))
    }

    /// All words.
    pub fn words(&self) -> Vec<u64> {
        self.panels.words()
    }

    /// Inputs.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> usize {
        self.panels.rows()
    }

    /// Outputs.
    #[wasm_bindgen(getter)]
    pub fn cols(&self) -> usize {
        self.panels.cols()
    }
}

/// The jobs of a product with blocks of `size` out of `whole`.
fn jobs<'a>(rows: &'a [u32], blocks: &'a [u32], t: usize, whole: usize, size: usize) -> Result<Jobs<'a>> {
    ensure_len("jobBlocks", blocks.len(), Some(rows.len()))?;
    let limit = whole.checked_div(size).unwrap_or(0);
    Jobs::new(rows, blocks, t, limit).ok_or_else(|| argument("a job's row or block does not exist"))
}
