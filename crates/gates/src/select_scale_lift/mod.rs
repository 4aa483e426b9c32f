//! `b r lift(u)` in one product (docs/protocol.md section 3.2): a bit opened under an XOR mask, a wire of one scalar a
//! row, and a wire that the product lifts. With `b = z + (1 - 2 z) beta` it is `z` times the share of `r lift(u)`
//! ([`scale_lift_server`](crate::scale_lift_server)) and `1 - 2 z` times the same with every dealt word times `beta`.

mod dealer;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::select_scale_lift_dealer;
pub use server::select_scale_lift_server;
