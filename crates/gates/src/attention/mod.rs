//! Causal products with cached wires (docs/protocol.md section 3, rows 7, 8, 11, 14): scores `q K`, outputs `p V`, and
//! sums and broadcasts over groups of scores. Cached wires are never re-masked or re-sent; an inner product costs one
//! opened element however long it is.
//!
//! A step has a list of groups: group `g` is a row's query, which attends to positions `0 .. lengths[g]`, at least one, of
//! the cached head `heads[g]`. Where queries have more heads than keys and values, several read the same. Elements are in the order (group, j). In dense attention the groups are all
//! (row, head), and the row at position `t` has length `t + 1`.

mod dealer;
mod groups;
#[cfg(test)]
mod plain;
mod server;
mod store;
#[cfg(test)]
mod tests;

pub use dealer::MaskCache;
pub use groups::{shift_scores, sum_scores};
pub use server::MaskedCache;
