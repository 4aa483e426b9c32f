//! exp without a round (docs/protocol.md section 2, EXP): a public factor of the opened low bits times one of a few
//! shared entries, both centred by half a cell. The wire has width 21 and scale 14; a cell is `2^cell_bits` units: with
//! 16 it is four in value and there are 32, with 17 eight and 16.

use crate::error::{Result, ensure};

mod dealer;
#[cfg(test)]
mod plain;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::exp_dealer;
pub use server::{exp_positions, exp_server};

/// Bits of the wire.
const WIDTH: u32 = 21;

/// How a word is cut into a cell's number and what is inside the cell.
#[derive(Clone, Copy)]
struct Cells {
    bits: u32,
}

impl Cells {
    fn new(bits: u32) -> Result<Self> {
        ensure((14..=18).contains(&bits), "a cell of exp has 14 to 18 bits")?;
        Ok(Self { bits })
    }

    /// Entries a wire's element.
    fn count(self) -> usize {
        1 << (WIDTH - self.bits)
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
