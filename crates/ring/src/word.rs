//! The sizes of words that weights are kept in. A product that is needed modulo `2^32` or `2^48` only is made of such words: they are fewer
//! bytes, and vector units multiply them faster than 64-bit words.

use crate::lane::{LANES, Lane, Lane48};

#[cfg(not(target_feature = "simd128"))]
use crate::scalar::{self as words32, self as words48, self as words64};
#[cfg(target_feature = "simd128")]
use crate::simd::{words32, words48, words64};

/// Words of 48 bits. They have no type of their own: arithmetic is that of `u64`, and what is above is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct U48;

/// `u64`, `u32` or [`U48`].
pub trait Word: Loops {}
impl Word for u64 {}
impl Word for U48 {}
impl Word for u32 {}

/// How words are kept, and the loops that products are made of. Everything wraps; words are given and returned as the low bits of `u64`.
pub trait Loops: Copy + core::fmt::Debug + Eq + 'static {
    /// Bits of a word, whole bytes.
    const BITS: u32;
    /// The bits of a word.
    const MASK: u64 = u64::MAX >> (64 - Self::BITS);
    /// Whether a row by several panels at once is faster from caches, too, not only from memory.
    const GROUPS_IN_CACHE: bool;
    /// How many products [`Self::combine`] may add to a sum before it is taken.
    const TERMS: usize;
    /// Words as they are kept.
    type Lane: Lane;
    /// How many words a factor stands for.
    const TOGETHER: usize;
    /// Words of a row of `x` as [`Self::row_by_panels`] multiplies by them.
    type Factor: Copy;
    /// A lane of sums that are being made, at first zero.
    type Sum: Copy + Default;

    /// The factor for so many words, or fewer.
    fn factor(words: &[u64]) -> Self::Factor;
    /// What a sum is; bits above those of a word have no meaning.
    fn total(sum: &Self::Sum) -> [u64; LANES];
    /// One row of `x` by some panels; bits above those of a word have no meaning.
    fn row_by_panels<const N: usize>(x: &[Self::Factor], panels: [&[Self::Lane]; N]) -> [[u64; LANES]; N];
    /// The exclusive or of all bits of panels of one length, as they are kept, folded to one word.
    fn xor_panels<const N: usize>(panels: [&[Self::Lane]; N]) -> u64;
    /// The inner products of `x` with vectors of its length; bits above those of a word have no meaning.
    fn dots<const N: usize>(x: &[Self::Lane], vectors: [&[Self::Lane]; N]) -> [u64; N];
    /// Adds vectors of the length of `y` to it, each times its word of `a`.
    fn combine<const N: usize>(a: [u64; N], vectors: [&[Self::Lane]; N], y: &mut [Self::Sum]);

    /// Rows of `len` words as [`Self::width`] factors each.
    fn factors(rows: &[u64], len: usize) -> Vec<Self::Factor> {
        rows.chunks_exact(len.max(1)).flat_map(|row| row.chunks(Self::TOGETHER)).map(Self::factor).collect()
    }
    /// Factors of a row of `len` words.
    fn width(len: usize) -> usize {
        len.div_ceil(Self::TOGETHER)
    }
}

macro_rules! word {
    ($word:ty, $lane:ty, $loops:ident, $bits:literal, $groups:literal) => {
        impl Loops for $word {
            const BITS: u32 = $bits;
            const GROUPS_IN_CACHE: bool = $groups;
            const TERMS: usize = $loops::TERMS;
            const TOGETHER: usize = $loops::TOGETHER;
            type Lane = $lane;
            type Factor = $loops::Factor;
            type Sum = $loops::Sum;

            fn factor(words: &[u64]) -> Self::Factor {
                $loops::factor(words)
            }
            fn total(sum: &Self::Sum) -> [u64; LANES] {
                $loops::total(sum)
            }
            fn row_by_panels<const N: usize>(x: &[Self::Factor], panels: [&[Self::Lane]; N]) -> [[u64; LANES]; N] {
                $loops::row_by_panels(x, panels)
            }
            fn xor_panels<const N: usize>(panels: [&[Self::Lane]; N]) -> u64 {
                $loops::xor_panels(panels)
            }
            fn dots<const N: usize>(x: &[Self::Lane], vectors: [&[Self::Lane]; N]) -> [u64; N] {
                $loops::dots(x, vectors)
            }
            fn combine<const N: usize>(a: [u64; N], vectors: [&[Self::Lane]; N], y: &mut [Self::Sum]) {
                $loops::combine(a, vectors, y);
            }
        }
    };
}

word!(u64, [u64; LANES], words64, 64, false);
word!(U48, Lane48, words48, 48, true);
word!(u32, [u32; LANES], words32, 32, true);
