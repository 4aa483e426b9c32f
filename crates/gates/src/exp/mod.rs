//! exp without a round (docs/protocol.md section 2, EXP): a public factor of the opened low bits times one of 32 shared
//! entries, both centred by half a cell. The wire has width 21 and scale 14; a cell is 2^16 units, four in value.

mod dealer;
#[cfg(test)]
mod plain;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::exp_dealer;
pub use server::{exp_positions, exp_server};

/// Entries a wire's element, and bits of a cell.
const CELLS: usize = 32;
const CELL_BITS: u32 = 16;

/// `(cell, units inside it)` of a word of the wire or of its mask.
#[inline]
fn split(word: u64) -> (usize, u64) {
    ((word >> CELL_BITS) as usize % CELLS, word & ((1 << CELL_BITS) - 1))
}

/// A number of units of the wire in value.
#[inline]
fn value(units: i64) -> f64 {
    units as f64 / 16384.0
}
