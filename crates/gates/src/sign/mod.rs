//! The sign of a wire by one table (docs/protocol.md section 2, SGN): the top `w` bits of the opened word, less half a
//! cell, look up one shared bit, without a round.
//!
//! With `m' = m - 2^(f-1)` and its top bits `i = m' >> f`, `f = k - w`: the bit is `1 ^ msb i ^ T[i mod 2^(w-1)]`, where
//! `T[c] = msb l ^ [c < l mod 2^(w-1)]` for `l = lambda >> f` is dealt under XOR.

use crate::error::{Result, ensure};

mod dealer;
#[cfg(test)]
mod plain;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::sign_dealer;
pub use server::{sign_positions, sign_server};

/// A wire of `k` bits whose sign is taken of the top `w`.
#[derive(Clone, Copy)]
struct Top {
    k: u32,
    w: u32,
}

impl Top {
    /// A table of fewer bits would be no whole word, one of more larger than everything else that a neuron costs.
    fn new(k: u32, w: u32) -> Result<Self> {
        ensure((7..=14).contains(&w) && w < k && k <= 64, "a sign's table has 7 to 14 bits, fewer than the wire")?;
        Ok(Self { k, w })
    }

    /// Words of 64 table bits an element.
    fn words(self) -> usize {
        1 << (self.w - 7)
    }

    /// `(top bit, the bits below it)` of the top of a mask.
    #[inline]
    fn of(self, word: u64) -> (u64, usize) {
        let top = word >> (self.k - self.w);
        (top >> (self.w - 1) & 1, top as usize & ((1 << (self.w - 1)) - 1))
    }

    /// The same of an opened word, less half a cell.
    #[inline]
    fn shifted(self, m: u64) -> (u64, usize) {
        self.of(m.wrapping_sub(1 << (self.k - self.w - 1)) & prg::mask(self.k))
    }
}
