//! The inner loops of [`super::Integers`] in plain Rust: the reference for `simd`, and what runs natively.

use super::{Bits, Element, LANES};

/// Nothing more than an element.
pub trait Load {}
impl Load for i16 {}
impl Load for i8 {}

/// Rows of words as products read them: padded to whole lanes.
pub(crate) struct Factors {
    words: Vec<u64>,
    width: usize,
}

/// One row.
pub(crate) type Row<'a> = &'a [u64];

impl Factors {
    pub(crate) fn new(words: &[u64], len: usize, _bits: Bits) -> Self {
        let width = len.div_ceil(LANES) * LANES;
        let mut padded = vec![0; words.len() / len.max(1) * width];
        for (to, from) in padded.chunks_exact_mut(width.max(1)).zip(words.chunks_exact(len.max(1))) {
            to[..len].copy_from_slice(from);
        }
        Self { words: padded, width }
    }

    pub(crate) fn row(&self, row: usize) -> Row<'_> {
        &self.words[row * self.width..][..self.width]
    }
}

/// The inner products of a row with vectors of its length; bits above those of a word have no meaning.
pub(crate) fn dots<E: Element, const N: usize>(x: Row, vectors: [&[[E; LANES]]; N], _room: usize) -> [u64; N] {
    vectors.map(|vector| {
        x.iter().zip(vector.as_flattened()).fold(0u64, |sum, (x, w)| sum.wrapping_add(x.wrapping_mul(word(*w))))
    })
}

/// A row of sums of vectors.
#[derive(Clone)]
pub(crate) struct Sums(Vec<u64>);

impl Sums {
    pub(crate) fn new(width: usize, _bits: Bits) -> Self {
        Self(vec![0; width * LANES])
    }

    /// Adds vectors, each times its word.
    pub(crate) fn add<E: Element, const N: usize>(&mut self, a: [u64; N], vectors: [&[[E; LANES]]; N], _room: usize) {
        for (a, vector) in a.into_iter().zip(vectors) {
            for (sum, w) in self.0.iter_mut().zip(vector.as_flattened()) {
                *sum = sum.wrapping_add(a.wrapping_mul(word(*w)));
            }
        }
    }

    /// The sums; bits above those of a word have no meaning.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> {
        self.0.iter().copied()
    }
}

fn word(element: impl Into<i16>) -> u64 {
    i64::from(element.into()) as u64
}

/// The exclusive or of all elements.
pub(crate) fn xor<E: Element>(elements: &[[E; LANES]]) -> u64 {
    elements.as_flattened().iter().fold(0, |all, element| all ^ word(*element))
}
