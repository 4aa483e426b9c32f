//! Causal products with cached wires (docs/protocol.md section 3, rows 7, 8, 11, 14): scores `q K`, outputs `p V`, and
//! sums and broadcasts over rows of scores. Cached wires are never re-masked or re-sent; an inner product costs one
//! opened element however long it is.
//!
//! Rows of a step are at positions `pos .. pos + T`; elements are in the order (row, head, j), `j = 0 ..= pos + row`.

mod cache;
mod dealer;
#[cfg(test)]
mod plain;
mod rows;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::MaskCache;
pub use rows::{shift_scores, sum_scores};
pub use server::MaskedCache;
