//! Products with one scalar a row, the norm's `r`, a wire of the result's width or more (docs/protocol.md section 3, rows 4, 5, 21 and
//! the final norm): `r lift(u)`, where the product absorbs the lift, and `r x` for a wire x with halves.

mod dealer;
#[cfg(test)]
mod plain;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::{scale_lift_dealer, scale_rows_dealer};
pub use server::{scale_lift_server, scale_rows_server};
