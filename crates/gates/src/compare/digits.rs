//! How the low bits of a word are cut, and where a digit's table stands.

use crate::error::{Result, ensure};

/// More would need more than 64 monomials.
pub(crate) const MAX_DIGITS: usize = 5;
/// A table of a wider digit would be larger than the wire's all other costs.
const MAX_WIDTH: u8 = 11;

/// One digit: its bits in a word, and the first bit of its table among an element's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digit {
    shift: u32,
    width: u32,
    pub(crate) offset: usize,
}

impl Digit {
    /// The digit of a word.
    #[inline]
    pub(crate) fn of(self, word: u64) -> usize {
        (word >> self.shift) as usize & (self.count() - 1)
    }

    /// Bits of the digit's table.
    pub(crate) fn count(self) -> usize {
        1 << self.width
    }
}

/// A wire's digits, the most significant first.
#[derive(Debug)]
pub(crate) struct Digits {
    pub(crate) all: Vec<Digit>,
    /// Words of 64 table bits an element.
    pub(crate) words: usize,
}

impl Digits {
    /// Of the `bits` low bits of a word. Fails unless the widths are 1 to 11 and sum to `bits`.
    pub(crate) fn new(bits: u32, widths: &[u8]) -> Result<Self> {
        ensure((1..=MAX_DIGITS).contains(&widths.len()), "there must be 1 to 5 digits")?;
        ensure(widths.iter().all(|width| (1..=MAX_WIDTH).contains(width)), "a digit must have 1 to 11 bits")?;
        let sum: u32 = widths.iter().copied().map(u32::from).sum();
        ensure(sum == bits && bits < 64, "the digits must sum to the bits that are compared")?;
        let (mut shift, mut offset) = (sum, 0);
        let digit = |width: &u8| {
            let width = u32::from(*width);
            shift -= width;
            let digit = Digit { shift, width, offset };
            offset += digit.count();
            digit
        };
        let all = widths.iter().map(digit).collect();
        Ok(Self { all, words: offset.div_ceil(64) })
    }

    /// Of the bits of a wire of width `k` but the sign.
    pub(crate) fn below_sign(k: u32, widths: &[u8]) -> Result<Self> {
        ensure(k >= 2, "the width must be at least 2")?;
        Self::new(k - 1, widths)
    }
}

/// Fails unless a wire of `k` bits can be cut into this many digits.
pub(crate) fn ensure_digits(k: u32, count: usize) -> Result<()> {
    ensure((2..=64).contains(&k), "k must be 2 to 64")?;
    ensure((1..=MAX_DIGITS).contains(&count), "there must be 1 to 5 digits")
}
