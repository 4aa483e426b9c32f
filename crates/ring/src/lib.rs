//! Words of `Z_2^64`: weight matrices in packed panels and their products, products with plain slices, bit packing,
//! fixed point. Everything wraps.
//!
//! Plain scalar 64-bit multiplication is the fastest that WebAssembly has (`i64x2.mul` has no instruction on common
//! machines, and products from 32-bit halves need three multiplications): there is no simd file here on purpose.

mod bits;
mod fixed;
mod panels;
mod product;
mod slices;
#[cfg(test)]
mod tests;

pub use bits::{pack, packed_len, unpack};
pub use fixed::{RangeError, WEIGHT_LIMIT, quantise, shift_right};
pub use panels::Panels;
pub use slices::{dot, rows_dot, weighted_rows};
