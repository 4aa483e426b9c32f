//! `GE(v, tau)` of an opened wire by digits (docs/protocol.md section 2), in two rounds and few bytes.
//!
//! With `m' = m - tau mod 2^k`, `GE = 1 ^ msb(m') ^ msb(lambda) ^ [m' mod 2^(k-1) < lambda mod 2^(k-1)]`. The low bits
//! are cut into D digits, the most significant first: `a_i` of `m'`, `b_i` of lambda. For every digit the dealer shares
//! the table `G_i[v] = [v < b_i]`, so `lt_i = G_i[a_i]` and `eq_i = G_i[a_i - 1] ^ G_i[a_i]`, with the constant
//! `G_i[-1] = 1`, cost nothing; one wire's tables serve all its thresholds. These `2 D - 1` bits are opened under XOR
//! masks alpha (the last eq is not needed), and `lt = XOR_i lt_i prod_(j<i) eq_j` is expanded over the opened bits and
//! dealt monomials of alpha.

mod dealer;
mod digits;
mod monomials;
#[cfg(test)]
mod plain;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::{compare_monomials, compare_tables};
pub use monomials::monomial_bits;
pub use server::{compare_bits, compare_digits};
pub(crate) use {dealer::set_bits, digits::Digits};
