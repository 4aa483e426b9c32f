//! Smooth functions of one opened wire without a round (docs/protocol.md section 2, RSQRT and LN).
//!
//! The window of the function has `2^w` cells of `2^t` units, numbered modulo `2^w` from `dmin`. For every cell that
//! `m` can show, the dealer deals the linear piece of the cell that the secret then lies in, already shifted by the
//! mask; the servers look up one. The secret's cell is `d` or `d + 1`: no borrow is computed, neighbouring pieces
//! overlap.

mod base;
mod dealer;
mod norm;
#[cfg(test)]
mod plain;
mod server;
#[cfg(test)]
mod tests;

use base::Cells;
pub use norm::NormFunction;

/// A function's pieces, computed once. Rows are elements of the wire, of width `f + w + t`.
#[derive(Clone, Debug)]
pub struct FunctionTable {
    cells: Cells,
    /// `(P0, P1)` by `d`.
    pieces: Vec<(u64, u64)>,
}
