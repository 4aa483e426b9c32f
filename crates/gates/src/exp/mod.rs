//! exp without a round (docs/protocol.md section 2, EXP): a public factor of the opened low bits times one of a few
//! shared entries, both centred by half a cell. The wire has scale 14 and a width of 21 bits or more; a cell is
//! `2^cell_bits` units: with 16 it is four in value, and a wire of 21 bits has 32 of them.

use crate::error::{Result, ensure};

mod dealer;
#[cfg(test)]
mod plain;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::exp_dealer;
pub use server::{exp_positions, exp_server};

/// How a word is cut into a cell's number and what is inside the cell.
#[derive(Clone, Copy)]
struct Cells {
    /// Bits of the wire.
    width: u32,
    bits: u32,
}

impl Cells {
    fn new(width: u32, bits: u32) -> Result<Self> {
        ensure((14..=18).contains(&bits), "a cell of exp has 14 to 18 bits")?;
        ensure((21..=28).contains(&width), "the argument of exp has 21 to 28 bits")?;
        Ok(Self { width, bits })
    }

    /// Entries a wire's element.
    fn count(self) -> usize {
        1 << (self.width - self.bits)
    }

    /// `(cell, units inside it)` of a word of the wire or of its mask.
    #[inline]
    fn split(self, word: u64) -> (usize, u64) {
        ((word >> self.bits) as usize % self.count(), word & ((1 << self.bits) - 1))
    }

    /// Half a cell in value.
    fn half(self) -> f64 {
        value(1 << (self.bits - 1))
    }
}

/// A number of units of the wire in value.
#[inline]
fn value(units: i64) -> f64 {
    units as f64 / 16384.0
}
