//! ln of a positive wire over a wide range, in one round (docs/protocol.md section 2, LN).
//!
//! Windows of eight cover the range; in each a small table gives ln, in the others nonsense. What a window adds to the
//! one before, `y_0 = ln_0`, `y_w = ln_w - ln_(w-1)`, is opened as a wire, beside the bits of the comparisons `n_w =
//! [v < tau_w]` under XOR masks. Then `ln v = y_0 + sum (1 - n_w) y_w` is a share: with D digits `n_w` is a polynomial
//! in those bits, and the dealer deals the products of their masks, alone and times the mask of `y_w`.
//!
//! A digit's table is that of `compare`, but the first digit has the sign in it: `T[a]` is the sign of `a - b_0` around
//! the circle, so the mask's sign needs no bit of its own. This is right for `|v - tau| < 2^(k-1) - 2^(k-w_0)`.

mod digits;
mod monomials;
#[cfg(test)]
mod plain;
mod select;
#[cfg(test)]
mod tests;
mod windows;

pub use digits::{window_digits, window_tables};
pub use monomials::window_monomials;
pub use select::{window_dealer, window_select};
pub use windows::{WindowShape, Windows};
