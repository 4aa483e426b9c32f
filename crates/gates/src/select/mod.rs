//! `b x` for a bit opened under an XOR mask and a wire with halves (docs/protocol.md section 3, row 22): with `z = b ^
//! beta`, `b = z + (1 - 2 z) beta`, so two dealt words an element, `beta` and `beta lambda`, and no further opening.

mod dealer;
#[cfg(test)]
mod plain;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::select_dealer;
pub use server::select_server;
