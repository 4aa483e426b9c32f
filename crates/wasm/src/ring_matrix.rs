//! Weight matrices of words.

use crate::error::{Result, argument, ensure, ensure_len, ensure_shape, range};
use crate::prg::stream;
use crate::sized::{AnySize, ensure_packed, in_words_of, of_any, of_same};
use ring::{Jobs, Panels, U48};
use wasm_bindgen::prelude::*;

/// A matrix of words of `Z_2^64`, or of `Z_2^48` or `Z_2^32`: less memory, and products modulo `2^48` or `2^32` that are faster, `rows` inputs by `cols` outputs. All words cross as 64-bit words, in
/// row-major order.
#[wasm_bindgen]
pub struct RingMatrix {
    panels: AnySize<Panels<u64>, Panels<U48>, Panels<u32>>,
}

impl RingMatrix {
    /// The exclusive or of all words.
    pub(crate) fn xor_words(&self) -> u64 {
        of_any!(&self.panels, panels => panels.xor_words())
    }
}

#[wasm_bindgen]
impl RingMatrix {
    /// From `rows * cols` words, kept in words of `bits`: 64 unless given, or 48 or 32.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of words, or words of another size.
    #[wasm_bindgen(constructor)]
    pub fn new(rows: usize, cols: usize, words: &[u64], bits: Option<u32>) -> Result<Self> {
        ensure_shape(rows, cols)?;
        ensure_len("words", words.len(), rows.checked_mul(cols))?;
        Ok(Self { panels: in_words_of!(bits, Panels::from_words(rows, cols, words)) })
    }

    /// The zero matrix, in words of `bits`: 64 unless given, or 48 or 32.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a shape that does not fit, or words of another size.
    pub fn zeros(rows: usize, cols: usize, bits: Option<u32>) -> Result<Self> {
        ensure_shape(rows, cols)?;
        Ok(Self { panels: in_words_of!(bits, Panels::zeros(rows, cols)) })
    }

    /// `round(value * 2^scale)`, half to even, of `rows * cols` values, in words of `bits`: 64 unless given, or 48 or 32.
    ///
    /// # Errors
    /// `E_RANGE` for a value that is not finite or not below 2^40 after scaling, `E_ARGUMENT` for another number.
    #[wasm_bindgen(js_name = fromF32)]
    pub fn from_f32(rows: usize, cols: usize, values: &[f32], scale: u32, bits: Option<u32>) -> Result<Self> {
        ensure(scale < 64, "scale must be below 64")?;
        ensure_len("values", values.len(), rows.checked_mul(cols))?;
        Self::new(rows, cols, &ring::quantise(values, scale).map_err(|e| range(&e))?, bits)
    }

    /// The first `rows * cols` words of a key stream, in words of `bits`: 64 unless given, or 48 or 32.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a key, nonce or shape that does not fit, or words of another size.
    #[wasm_bindgen(js_name = fromPrg)]
    pub fn from_prg(rows: usize, cols: usize, key: &[u8], nonce: &[u8], bits: Option<u32>) -> Result<Self> {
        let mut matrix = Self::zeros(rows, cols, bits)?;
        matrix.add_prg(key, nonce, false)?;
        Ok(matrix)
    }

    /// Adds words that lie packed, little endian, in as many bits as they are kept: to those at row-major positions `first ..`.
    ///
    /// # Errors
    /// `E_ARGUMENT` for bytes that are not whole words, or do not fit.
    #[wasm_bindgen(js_name = addPacked)]
    pub fn add_packed(&mut self, first: usize, bytes: &[u8]) -> Result<()> {
        ensure_packed(bytes, self.word_bits(), first, self.rows() * self.cols())?;
        of_any!(&mut self.panels, panels => panels.add_packed(first, bytes));
        Ok(())
    }

    /// Adds a key stream, or subtracts it: its word `i` to the word at position `i`.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a key or nonce of another length.
    #[wasm_bindgen(js_name = addPrg)]
    pub fn add_prg(&mut self, key: &[u8], nonce: &[u8], negate: bool) -> Result<()> {
        let stream = stream(key, nonce)?;
        of_any!(&mut self.panels, panels => panels.add_stream(&stream, negate));
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
        match (&mut self.panels, &other.panels) {
            (AnySize::Wide(a), AnySize::Wide(b)) => a.add(b, negate),
            (AnySize::Mid(a), AnySize::Mid(b)) => a.add(b, negate),
            (AnySize::Low(a), AnySize::Low(b)) => a.add(b, negate),
            _ => return Err(argument("the matrices have words of different sizes")),
        }
        Ok(())
    }

    /// An independent copy.
    pub fn copy(&self) -> Self {
        Self { panels: self.panels.clone() }
    }

    /// Bits of a word as it is kept: 64, 48 or 32.
    #[wasm_bindgen(getter, js_name = wordBits)]
    pub fn word_bits(&self) -> u32 {
        self.panels.bits()
    }

    /// The columns `from .. to`, copied.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a range outside the matrix.
    pub fn columns(&self, from: usize, to: usize) -> Result<Self> {
        ensure(from <= to && to <= self.cols(), "the range of columns is not inside the matrix")?;
        Ok(Self { panels: of_same!(&self.panels, panels => panels.columns(from, to)) })
    }

    /// `x W`: `t x rows` words in, `t x cols` words out.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of words.
    pub fn mul(&self, x: &[u64], t: usize) -> Result<Vec<u64>> {
        ensure_len("x", x.len(), t.checked_mul(self.rows()))?;
        ensure_shape(t, self.cols())?;
        Ok(of_any!(&self.panels, panels => panels.mul(x, t)))
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
        Ok(of_any!(&self.panels, panels => panels.mul_column_blocks(x, &jobs, block_cols)))
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
        Ok(of_any!(&self.panels, panels => panels.mul_row_blocks(x, t, &jobs, block_rows)))
    }

    /// All words.
    pub fn words(&self) -> Vec<u64> {
        of_any!(&self.panels, panels => panels.words())
    }

    /// Inputs.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> usize {
        of_any!(&self.panels, panels => panels.rows())
    }

    /// Outputs.
    #[wasm_bindgen(getter)]
    pub fn cols(&self) -> usize {
        of_any!(&self.panels, panels => panels.cols())
    }
}

/// The jobs of a product with blocks of `size` out of `whole`.
fn jobs<'a>(rows: &'a [u32], blocks: &'a [u32], t: usize, whole: usize, size: usize) -> Result<Jobs<'a>> {
    ensure_len("jobBlocks", blocks.len(), Some(rows.len()))?;
    let limit = whole.checked_div(size).unwrap_or(0);
    Jobs::new(rows, blocks, t, limit).ok_or_else(|| argument("a job's row or block does not exist"))
}
