//! `b lift(x)` in one product (docs/protocol.md section 3, row 22): a bit opened under an XOR mask, and a wire that the
//! product lifts. With `b = z + (1 - 2 z) beta` it is `z` times the share of `lift(x)`
//! ([`lift_server`](crate::lift_server)) and `1 - 2 z` times the same with every dealt word times `beta`.

mod dealer;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::select_lift_dealer;
pub use server::select_lift_server;
