//! `(lift(x) + plus) lift(y)` in one product (docs/protocol.md section 4.4): two wires that the product lifts, and a public
//! constant. With `lift(x) = C - A + e B` every term is public times dealt.

mod dealer;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::{lift_product_dealer, lift_square_dealer};
pub use server::{lift_product_server, lift_square_server};

/// How a factor is lifted: the wire's width and the shift.
#[derive(Clone, Copy, Debug)]
pub struct LiftShape {
    /// Bits of the wire.
    pub k: u32,
    /// Bits that are dropped.
    pub f: u32,
}
