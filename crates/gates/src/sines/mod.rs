//! The gate of `SiLU` and GELU, less a half, without a round (docs/protocol.md section 2, SINES): made periodic in the ring of
//! the wire, it is a sum of odd sines, and `sin(w m - w lambda) = sin(w m) cos(w lambda) - cos(w m) sin(w lambda)`: public times
//! dealt, two words a sine. The angle of a whole period is a multiple of `2 pi`, so nothing wraps.

mod base;
mod dealer;
mod server;
#[cfg(test)]
mod tests;

pub use base::{Gate, Sines};
