//! Openings (docs/protocol.md section 1): a share plus the half of the mask goes out, both sums make the wire.

use crate::error::{Result, ensure_width};
use crate::words::zip;

/// What a server sends: `(share + half) mod 2^width`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ or for a width outside 1 to 64.
pub fn open_words(share: &[u64], half: &[u64], width: u32) -> Result<Vec<u64>> {
    join_words(share, half, width)
}

/// The wire: `(mine + theirs) mod 2^width`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ or for a width outside 1 to 64.
pub fn join_words(mine: &[u64], theirs: &[u64], width: u32) -> Result<Vec<u64>> {
    ensure_width(width)?;
    let mask = prg::mask(width);
    zip(mine, theirs, |a, b| a.wrapping_add(b) & mask)
}

/// `a ^ b`: both steps for bits.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ.
pub fn xor_words(a: &[u64], b: &[u64]) -> Result<Vec<u64>> {
    zip(a, b, |a, b| a ^ b)
}
