//! Normalisation by size (docs/protocol.md section 3, rows 10 to 12): 20 bits `b_j`, one a power of four that Z
//! reaches, are opened under XOR masks; then `Zn = Z12 (4^20 + sum b_j (4^(20-j) - 4^(21-j)))` is `Z12 4^(20 - n)` with
//! `n = sum b_j`.

mod dealer;
#[cfg(test)]
mod plain;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::size_dealer;
pub use server::{size_count, size_normalise};

/// Comparisons an element.
const STEPS: usize = 20;

/// `4^20`, the factor of the smallest size, and what the bit `j = 1 ..` adds to it:
/// `4^(20-j) - 4^(21-j) = -3 4^(20-j)`.
const LARGEST: u64 = 1 << (2 * STEPS);

fn step(j: usize) -> u64 {
    (3u64 << (2 * (STEPS - j))).wrapping_neg()
}
