//! Vectors of words, one for each neuron.

use crate::error::{Result, argument, ensure, ensure_len, ensure_shape, range};
use crate::prg::stream;
use crate::sized::{AnySize, ensure_packed, in_words_of, of_any, of_same};
use ring::{Pairs, Rows, U48};
use wasm_bindgen::prelude::*;

/// `rows` vectors of `dim` words of `Z_2^64`, or of `Z_2^32`: half the memory, and products modulo `2^32` several times as fast, one for each neuron. All words cross as 64-bit words, vector
/// after vector.
#[wasm_bindgen]
pub struct RingRows {
    vectors: AnySize<Rows<u64>, Rows<U48>, Rows<u32>>,
}

#[wasm_bindgen]
impl RingRows {
    /// From `rows * dim` words, kept in words of `bits`: 64 unless given, or 48 or 32.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of words, or words of another size.
    #[wasm_bindgen(constructor)]
    pub fn new(rows: usize, dim: usize, words: &[u64], bits: Option<u32>) -> Result<Self> {
        ensure_shape(rows, dim)?;
        ensure_len("words", words.len(), rows.checked_mul(dim))?;
        Ok(Self { vectors: in_words_of!(bits, Rows::from_words(rows, dim, words)) })
    }

    /// Zero vectors, in words of `bits`: 64 unless given, or 48 or 32.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a shape that does not fit, or words of another size.
    pub fn zeros(rows: usize, dim: usize, bits: Option<u32>) -> Result<Self> {
        ensure_shape(rows, dim)?;
        Ok(Self { vectors: in_words_of!(bits, Rows::zeros(rows, dim)) })
    }

    /// `round(value * 2^scale)`, half to even, of `rows * dim` values, in words of `bits`: 64 unless given, or 48 or 32.
    ///
    /// # Errors
    /// `E_RANGE` for a value that is not finite or not below 2^40 after scaling, `E_ARGUMENT` for another number.
    #[wasm_bindgen(js_name = fromF32)]
    pub fn from_f32(rows: usize, dim: usize, values: &[f32], scale: u32, bits: Option<u32>) -> Result<Self> {
        ensure(scale < 64, "scale must be below 64")?;
        ensure_len("values", values.len(), rows.checked_mul(dim))?;
        Self::new(rows, dim, &ring::quantise(values, scale).map_err(|e| range(&e))?, bits)
    }

    /// The first `rows * dim` words of a key stream, in words of `bits`: 64 unless given, or 48 or 32.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a key, nonce or shape that does not fit, or words of another size.
    #[wasm_bindgen(js_name = fromPrg)]
    pub fn from_prg(rows: usize, dim: usize, key: &[u8], nonce: &[u8], bits: Option<u32>) -> Result<Self> {
        let mut vectors = Self::zeros(rows, dim, bits)?;
        vectors.add_prg(key, nonce, false)?;
        Ok(vectors)
    }

    /// Adds words that lie packed, little endian, in as many bits as they are kept: to word `first` and those after it.
    ///
    /// # Errors
    /// `E_ARGUMENT` for bytes that are not whole words, or do not fit.
    #[wasm_bindgen(js_name = addPacked)]
    pub fn add_packed(&mut self, first: usize, bytes: &[u8]) -> Result<()> {
        ensure_packed(bytes, self.word_bits(), first, self.rows() * self.dim())?;
        of_any!(&mut self.vectors, vectors => vectors.add_packed(first, bytes));
        Ok(())
    }

    /// Adds a key stream, or subtracts it: its word `i` to the word at position `i`.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a key or nonce of another length.
    #[wasm_bindgen(js_name = addPrg)]
    pub fn add_prg(&mut self, key: &[u8], nonce: &[u8], negate: bool) -> Result<()> {
        let stream = stream(key, nonce)?;
        of_any!(&mut self.vectors, vectors => vectors.add_stream(&stream, negate));
        Ok(())
    }

    /// Adds as many vectors of the same size, or subtracts them.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another shape.
    #[wasm_bindgen(js_name = addRows)]
    pub fn add_rows(&mut self, other: &RingRows, negate: bool) -> Result<()> {
        let same = (self.rows(), self.dim()) == (other.rows(), other.dim());
        ensure(same, "the vectors have different shapes")?;
        match (&mut self.vectors, &other.vectors) {
            (AnySize::Wide(a), AnySize::Wide(b)) => a.add(b, negate),
            (AnySize::Mid(a), AnySize::Mid(b)) => a.add(b, negate),
            (AnySize::Low(a), AnySize::Low(b)) => a.add(b, negate),
            _ => return Err(argument("the vectors have words of different sizes")),
        }
        Ok(())
    }

    /// An independent copy.
    pub fn copy(&self) -> Self {
        Self { vectors: self.vectors.clone() }
    }

    /// Bits of a word as it is kept: 64, 48 or 32.
    #[wasm_bindgen(getter, js_name = wordBits)]
    pub fn word_bits(&self) -> u32 {
        self.vectors.bits()
    }

    /// The vectors of these neurons in this order, copied: a permutation shuffles, a range slices.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a neuron that does not exist.
    pub fn select(&self, order: &[u32]) -> Result<Self> {
        ensure_shape(order.len(), self.dim())?;
        ensure(
            order.iter().all(|neuron| (*neuron as usize) < self.rows()),
            "order names a neuron that does not exist",
        )?;
        Ok(Self { vectors: of_same!(&self.vectors, vectors => vectors.select(order)) })
    }

    /// The inner product of a row of `x`, `t x dim` words, and a neuron's vector, a word for each pair of a row and a
    /// neuron: those of row `r` are `neurons[starts[r] .. starts[r + 1]]`, ascending.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of words, or pairs that are not so.
    pub fn dots(&self, x: &[u64], t: usize, starts: &[u32], neurons: &[u32]) -> Result<Vec<u64>> {
        let pairs = self.pairs(t, starts, neurons)?;
        ensure_len("x", x.len(), t.checked_mul(self.dim()))?;
        Ok(of_any!(&self.vectors, vectors => vectors.dots(x, &pairs)))
    }

    /// For each of `t` rows the sum of its neurons' vectors, each times the pair's word of `a`: `t x dim` words out. Pairs
    /// are those of `dots`.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of words, or pairs that are not so.
    pub fn combine(&self, a: &[u64], t: usize, starts: &[u32], neurons: &[u32]) -> Result<Vec<u64>> {
        let pairs = self.pairs(t, starts, neurons)?;
        ensure_len("a", a.len(), Some(pairs.len()))?;
        ensure_shape(t, self.dim())?;
        Ok(of_any!(&self.vectors, vectors => vectors.combine(a, &pairs)))
    }

    /// All words.
    pub fn words(&self) -> Vec<u64> {
        of_any!(&self.vectors, vectors => vectors.words())
    }

    /// How many vectors.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> usize {
        of_any!(&self.vectors, vectors => vectors.n())
    }

    /// Words of a vector.
    #[wasm_bindgen(getter)]
    pub fn dim(&self) -> usize {
        of_any!(&self.vectors, vectors => vectors.dim())
    }
}

impl RingRows {
    fn pairs<'a>(&self, t: usize, starts: &'a [u32], neurons: &'a [u32]) -> Result<Pairs<'a>> {
        ensure_len("starts", starts.len(), t.checked_add(1))?;
        Pairs::new(starts, neurons, self.rows()).ok_or_else(|| {
            argument(
                "starts must ascend from 0 to the number of neurons, and the neurons of a row among those that exist",
            )
        })
    }
}
