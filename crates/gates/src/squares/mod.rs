//! Sum of squares of each row (docs/protocol.md section 3, row 1):
//! `sum (m - lambda)^2 = sum m^2 - 2 sum m lambda + sum lambda^2`. One opened element a row, one dealt word.

mod dealer;
#[cfg(test)]
mod plain;
mod server;
#[cfg(test)]
mod tests;

pub use dealer::sum_squares_dealer;
pub use server::sum_squares_server;
