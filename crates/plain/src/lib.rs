//! The values of the protocol, written from docs/protocol.md alone. Shares no code with the gates: that is its worth.
//!
//! Because values are truncated only where they are opened, what a wire holds depends on its value `v` and its mask `l`
//! and on nothing else: no shares and no dealer are needed here. Plain code on `u128` and `f64`, one element at a time.

pub mod attention;
pub mod functions;
pub mod rotation;
pub mod rounding;
pub mod sines;

#[cfg(test)]
mod tests;

/// `v mod 2^k`.
#[must_use]
pub fn reduce(v: u64, k: u32) -> u64 {
    (u128::from(v) % (1 << k)) as u64
}

/// An element of `Z_2^k` as a signed number.
#[must_use]
pub fn signed(v: u64, k: u32) -> i128 {
    let v = i128::from(reduce(v, k));
    if v >= 1 << (k - 1) { v - (1 << k) } else { v }
}

/// A number mod 2^64.
#[must_use]
pub fn word(v: i128) -> u64 {
    (v.rem_euclid(1 << 64)) as u64
}
