//! The gates of the dense protocol, element by element: docs/protocol.md is what they compute, this crate how.
//!
//! Masked wires with a correlated-randomness dealer (ABY2.0, SIGMA, Orca): a secret `v` of width `k` is `(m, lambda)`
//! with `m = v + lambda mod 2^k` known to both servers, the dealer knows `lambda = l0 + l1`, server `p` its half `l_p`.
//! Every gate is a folder: `dealer` computes the words to deal from masks alone, `server` the share of the result, in
//! silence; `plain` is the value that the shares must sum to, written from the text, and exists for the suites. Nothing
//! here moves bytes.
//!
//! All arrays are `u64`, row-major, wrapping. Dealt words are whole values: [`deal_remainder`] splits them. Shares are
//! correct modulo the width that the operation is opened in, and so may dealt words be reduced to it. Lengths are
//! checked, contents are not: a wrong word gives a wrong result, never a panic.
//!
//! # Warning
//! Semi-honest: nothing here notices a party that lies. Not constant-time in table positions, which are public.

mod attention;
mod compare;
mod deal;
mod error;
mod exp;
mod fixed;
mod lift;
mod lift_product;
mod ln;
mod open;
mod party;
mod rotate;
mod scale;
mod select_lift;
mod select_scale_lift;
mod sign;
mod sines;
mod squares;
#[cfg(test)]
mod suite;
mod table;
mod words;

pub use attention::{MaskCache, MaskedCache, shift_scores, sum_scores};
pub use compare::{compare_bits, compare_digits, compare_monomials, compare_tables, monomial_bits};
pub use deal::{deal_remainder, prg_gather, unpack_gather};
pub use error::{Error, Result};
pub use exp::{exp_dealer, exp_positions, exp_server};
pub use fixed::{float_to_words, signed_to_float};
pub use lift::{lift_dealer, lift_server};
pub use lift_product::{LiftShape, lift_product_dealer, lift_product_server, lift_square_dealer, lift_square_server};
pub use ln::{WindowShape, Windows, window_dealer, window_digits, window_monomials, window_select, window_tables};
pub use open::{join_packed, join_words, mask_of, open_packed, xor_words};
pub use party::Party;
pub use rotate::rotate;
pub use scale::{scale_lift_dealer, scale_lift_server, scale_rows_dealer, scale_rows_server};
pub use select_lift::{select_lift_dealer, select_lift_server};
pub use select_scale_lift::{select_scale_lift_dealer, select_scale_lift_server};
pub use sign::{sign_dealer, sign_positions, sign_server};
pub use sines::{Gate, Sines};
pub use squares::{sum_squares_dealer, sum_squares_server};
pub use table::{FunctionTable, NormFunction};
pub use words::{add, combine_linear, mask_words, neg, scale_words, sub, truncate_words};
