//! The two sizes of words that weights are kept in. A product that is needed modulo `2^32` only is made of 32-bit words: they are half
//! as many bytes, and vector units multiply them at four times the speed of 64-bit words.

use crate::panels::Lane;
use core::fmt::Debug;
use std::borrow::Cow;

#[cfg(not(target_feature = "simd128"))]
use crate::scalar::{self as words32, self as words64};
#[cfg(target_feature = "simd128")]
use crate::simd::{words32, words64};

/// `u64`, or `u32`.
pub trait Word: Arithmetic {}
impl Word for u64 {}
impl Word for u32 {}

/// What products are made of. Everything wraps.
pub trait Arithmetic: Copy + Default + Debug + Eq + 'static {
    /// Bytes of a word.
    const BYTES: usize;
    /// Whether registers are enough for a row by several panels at once: then that is faster from caches, too, not only from memory.
    const GROUPS_IN_CACHE: bool;
    /// The low bits of a word.
    fn low(word: u64) -> Self;
    /// The word with these low bits; the others are zero.
    fn wide(self) -> u64;
    /// `a + b`
    #[must_use]
    fn plus(self, other: Self) -> Self;
    /// `a - b`
    #[must_use]
    fn minus(self, other: Self) -> Self;
    /// `a b`
    #[must_use]
    fn times(self, other: Self) -> Self;

    /// [`Self::low`] of each.
    fn lows(words: &[u64]) -> Cow<'_, [Self]>;
    /// The same of words that nobody else needs.
    fn from_wides(words: Vec<u64>) -> Vec<Self>;
    /// [`Self::wide`] of each.
    fn wides(words: Vec<Self>) -> Vec<u64>;

    /// One row of `x` by some panels.
    fn row_by_panels<const N: usize>(x: &[Self], panels: [&[Lane<Self>]; N]) -> [Lane<Self>; N];
    /// The exclusive or of all words of panels of one length.
    fn xor_panels<const N: usize>(panels: [&[Lane<Self>]; N]) -> Self;
    /// The inner products of `x` with vectors of its length.
    fn dots<const N: usize>(x: &[Self], vectors: [&[Self]; N]) -> [Self; N];
    /// Adds vectors of the length of `y` to it, each times its word of `a`.
    fn combine<const N: usize>(a: [Self; N], vectors: [&[Self]; N], y: &mut [Self]);
}

/// 64-bit words are what they are.
macro_rules! convert {
    (u64, $same:expr, $other:expr) => {
        $same
    };
    (u32, $same:expr, $other:expr) => {
        $other
    };
}

macro_rules! arithmetic {
    ($word:tt, $loops:ident) => {
        impl Arithmetic for $word {
            const BYTES: usize = size_of::<Self>();
            const GROUPS_IN_CACHE: bool = size_of::<Self>() < 8;
            fn low(word: u64) -> Self {
                word as Self
            }
            fn wide(self) -> u64 {
                u64::from(self)
            }
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn minus(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }
            fn times(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            fn lows(words: &[u64]) -> Cow<'_, [Self]> {
                convert!($word, Cow::Borrowed(words), words.iter().map(|word| *word as u32).collect())
            }
            fn from_wides(words: Vec<u64>) -> Vec<Self> {
                convert!($word, words, words.into_iter().map(|word| word as u32).collect())
            }
            fn wides(words: Vec<Self>) -> Vec<u64> {
                convert!($word, words, words.into_iter().map(u64::from).collect())
            }
            fn row_by_panels<const N: usize>(x: &[Self], panels: [&[Lane<Self>]; N]) -> [Lane<Self>; N] {
                $loops::row_by_panels(x, panels)
            }
            fn xor_panels<const N: usize>(panels: [&[Lane<Self>]; N]) -> Self {
                $loops::xor_panels(panels)
            }
            fn dots<const N: usize>(x: &[Self], vectors: [&[Self]; N]) -> [Self; N] {
                $loops::dots(x, vectors)
            }
            fn combine<const N: usize>(a: [Self; N], vectors: [&[Self]; N], y: &mut [Self]) {
                $loops::combine(a, vectors, y);
            }
        }
    };
}

arithmetic!(u64, words64);
arithmetic!(u32, words32);

/// Words as they lie in bytes, little endian.
///
/// # Panics
/// When the bytes are not whole words.
pub(crate) fn packed_words<W: Word>(bytes: &[u8]) -> impl ExactSizeIterator<Item = W> {
    assert_eq!(bytes.len() % W::BYTES, 0, "ring: whole words");
    bytes.chunks_exact(W::BYTES).map(|bytes| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        W::low(u64::from_le_bytes(word))
    })
}
