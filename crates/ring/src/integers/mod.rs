//! Weights that are public: small signed integers, two bytes each or one, and products of words with them modulo `2^32`, `2^48` or `2^64`.
//!
//! Weights need no mask, so they stay as small as they are: a quarter of the memory of masked 64-bit words, and faster
//! products. `scalar` and `simd` have the same functions; the second is used where the target has `simd128`.

#[cfg_attr(target_feature = "simd128", allow(dead_code))]
mod scalar;
#[cfg(target_feature = "simd128")]
mod simd;
#[cfg(test)]
mod tests;
mod vectors;

#[cfg(not(target_feature = "simd128"))]
use scalar as loops;
#[cfg(target_feature = "simd128")]
use simd as loops;

pub use vectors::Integers;

/// Elements of a vector that are read together. Vectors are padded with zeros to a multiple.
pub(crate) const LANES: usize = 8;

/// `i16` or `i8`.
pub trait Element: loops::Load + Copy + Default + Eq + core::fmt::Debug + Into<i16> + TryFrom<i64> + 'static {
    /// Bits of an element.
    const BITS: u32;
    /// The largest magnitude. The least value has a larger one, and is refused.
    const MOST: i64 = (1 << (Self::BITS - 1)) - 1;
}

impl Element for i16 {
    const BITS: u32 = 16;
}
impl Element for i8 {
    const BITS: u32 = 8;
}

/// Bits of the words of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    /// 32: two digits of a word.
    Low,
    /// 48: three.
    Mid,
    /// 64: four.
    Wide,
}

impl Bits {
    /// The size with so many bits, if there is one.
    #[must_use]
    pub fn new(bits: u32) -> Option<Self> {
        match bits {
            32 => Some(Self::Low),
            48 => Some(Self::Mid),
            64 => Some(Self::Wide),
            _ => None,
        }
    }

    /// The bits of a word.
    pub(crate) fn mask(self) -> u64 {
        match self {
            Self::Low => u64::MAX >> 32,
            Self::Mid => u64::MAX >> 16,
            Self::Wide => u64::MAX,
        }
    }
}
