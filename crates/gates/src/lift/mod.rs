//! Lift (docs/protocol.md section 1): a wire of width `k`, shifted right by `f`, as shares in the full ring, without a
//! round; exact up to one unit for `|v| < 2^(k-2)`.
//!
//! With `c = m + 2^(k-2) mod 2^k` public, `t = C - A + e B`: `C = (c >> f) - 2^(k-2-f)`, `e = [msb c = 0]`, and dealt
//! `A = lambda >> f`, `B = msb(lambda) 2^(k-f)`. The result is a share and not a wire, because its mask would depend on
//! `e`.

mod dealer;
mod piece;
#[cfg(test)]
pub(crate) mod plain;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::lift_dealer;
pub(crate) use piece::Piece;
pub use server::lift_server;
