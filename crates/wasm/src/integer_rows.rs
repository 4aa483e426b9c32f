//! Vectors of public integers.

use crate::error::{Result, argument, ensure, ensure_len, ensure_shape, range};
use ring::{Bits, Integers, Pairs};
use wasm_bindgen::prelude::*;

/// `rows` vectors of `dim` public integers, of two bytes each, or of one where all of them fit. Words of products cross as 64-bit words.
#[wasm_bindgen]
pub struct IntegerRows {
    vectors: AnyBytes,
}

#[derive(Clone)]
enum AnyBytes {
    Two(Integers<i16>),
    One(Integers<i8>),
}

/// One expression for both sizes.
macro_rules! of_bytes {
    ($sized:expr, $vectors:ident => $value:expr) => {
        match $sized {
            AnyBytes::Two($vectors) => $value,
            AnyBytes::One($vectors) => $value,
        }
    };
}

#[wasm_bindgen]
impl IntegerRows {
    /// Zero vectors of integers of `bits`: 16 unless given, or 8.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a shape that does not fit, or integers of another size.
    #[wasm_bindgen(constructor)]
    pub fn new(rows: usize, dim: usize, bits: Option<u32>) -> Result<Self> {
        ensure_shape(rows, dim)?;
        Ok(Self {
            vectors: match bits.unwrap_or(16) {
                16 => AnyBytes::Two(Integers::zeros(rows, dim)),
                8 => AnyBytes::One(Integers::zeros(rows, dim)),
                _ => return Err(argument("integers have 16 or 8 bits")),
            },
        })
    }

    /// Puts `round(value * 2^scale)`, half to even, of values at the places `first ..` of all vectors, one after the other.
    ///
    /// # Errors
    /// `E_RANGE` for a value that is not finite or too large for an integer of this size, `E_ARGUMENT` for values that do not fit.
    #[wasm_bindgen(js_name = setF32)]
    pub fn set_f32(&mut self, first: usize, values: &[f32], scale: u32) -> Result<()> {
        ensure(scale < 64, "scale must be below 64")?;
        let end = first.checked_add(values.len());
        ensure(end.is_some_and(|end| end <= self.rows() * self.dim()), "the values do not fit")?;
        let words = ring::quantise(values, scale).map_err(|e| range(&e))?;
        let integers: Vec<i64> = words.into_iter().map(|word| word as i64).collect();
        let fit = of_bytes!(&mut self.vectors, vectors => vectors.set(first, &integers));
        if fit {
            Ok(())
        } else {
            Err(range(&format!("a weight at scale {scale} does not fit in {} bits", self.bits())))
        }
    }

    /// Bits of an integer as it is kept: 16 or 8.
    #[wasm_bindgen(getter)]
    pub fn bits(&self) -> u32 {
        match self.vectors {
            AnyBytes::Two(_) => 16,
            AnyBytes::One(_) => 8,
        }
    }

    /// The same integers in one byte each.
    ///
    /// # Errors
    /// `E_RANGE` when one does not fit.
    pub fn narrowed(&self) -> Result<IntegerRows> {
        let values: Vec<i64> = self.values().into_iter().map(i64::from).collect();
        let narrow = Integers::new(self.rows(), self.dim(), &values);
        let vectors = narrow.map(AnyBytes::One).ok_or_else(|| range(&"an integer does not fit in 8 bits"))?;
        Ok(Self { vectors })
    }

    /// All integers, vector after vector.
    pub fn values(&self) -> Vec<i16> {
        of_bytes!(&self.vectors, vectors => vectors.values())
    }

    /// The vectors of these numbers in this order, copied: a permutation shuffles, a range slices.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a vector that does not exist.
    pub fn select(&self, order: &[u32]) -> Result<IntegerRows> {
        ensure_shape(order.len(), self.dim())?;
        let exist = order.iter().all(|vector| (*vector as usize) < self.rows());
        ensure(exist, "order names a vector that does not exist")?;
        Ok(Self {
            vectors: match &self.vectors {
                AnyBytes::Two(vectors) => AnyBytes::Two(vectors.select(order)),
                AnyBytes::One(vectors) => AnyBytes::One(vectors.select(order)),
            },
        })
    }

    /// The inner product of a row of `x`, `t x dim` words of `bits` (32, 48 or 64), and a vector, a word for each pair of a row and a
    /// vector: those of row `r` are `vectors[starts[r] .. starts[r + 1]]`, ascending.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of words, pairs that are not so, or words of another size.
    pub fn dots(&self, x: &[u64], t: usize, starts: &[u32], vectors: &[u32], bits: u32) -> Result<Vec<u64>> {
        let (pairs, bits) = (self.pairs(t, starts, vectors)?, size(bits)?);
        ensure_len("x", x.len(), t.checked_mul(self.dim()))?;
        Ok(of_bytes!(&self.vectors, vectors => vectors.dots(x, &pairs, bits)))
    }

    /// For each of `t` rows the sum of its vectors, each times the pair's word of `a`: `t x dim` words of `bits` out. Pairs are
    /// those of `dots`.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of words, pairs that are not so, or words of another size.
    pub fn combine(&self, a: &[u64], t: usize, starts: &[u32], vectors: &[u32], bits: u32) -> Result<Vec<u64>> {
        let (pairs, bits) = (self.pairs(t, starts, vectors)?, size(bits)?);
        ensure_len("a", a.len(), Some(pairs.len()))?;
        ensure_shape(t, self.dim())?;
        Ok(of_bytes!(&self.vectors, vectors => vectors.combine(a, &pairs, bits)))
    }

    /// The exclusive or of all bytes, folded: the cheapest pass that reads every byte that a product reads.
    #[wasm_bindgen(js_name = xorElements)]
    pub fn xor_elements(&self) -> u64 {
        of_bytes!(&self.vectors, vectors => vectors.xor_elements())
    }

    /// How many vectors.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> usize {
        of_bytes!(&self.vectors, vectors => vectors.n())
    }

    /// Integers of a vector.
    #[wasm_bindgen(getter)]
    pub fn dim(&self) -> usize {
        of_bytes!(&self.vectors, vectors => vectors.dim())
    }
}

impl IntegerRows {
    fn pairs<'a>(&self, t: usize, starts: &'a [u32], vectors: &'a [u32]) -> Result<Pairs<'a>> {
        ensure_len("starts", starts.len(), t.checked_add(1))?;
        Pairs::new(starts, vectors, self.rows()).ok_or_else(|| {
            argument("starts must ascend from 0 to the number of vectors, and the vectors of a row ascend")
        })
    }
}

fn size(bits: u32) -> Result<Bits> {
    Bits::new(bits).ok_or_else(|| argument("words have 64, 48 or 32 bits"))
}
