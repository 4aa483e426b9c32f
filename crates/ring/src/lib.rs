//! Words of `Z_2^64`, or of `Z_2^48` or `Z_2^32` where that is enough: weight matrices in packed panels or as vectors of neurons and their products, products with plain slices, bit packing,
//! fixed point. Everything wraps.
//!
//! `scalar` and `simd` have the same functions; the second is used where the target has `simd128`.

mod bits;
mod fixed;
mod integers;
mod lane;
mod limits;
mod panels;
mod product;
#[cfg_attr(target_feature = "simd128", allow(dead_code))]
mod scalar;
#[cfg(target_feature = "simd128")]
mod simd;
mod slices;
mod sparse;
#[cfg(test)]
mod tests;
mod word;

pub use bits::{pack, packed_len, unpack};
pub use fixed::{RangeError, WEIGHT_LIMIT, quantise, shift_right};
pub use integers::{Bits, Element, Integers};
pub use limits::square_chain;
pub use panels::Panels;
pub use slices::{dot, rows_dot, weighted_rows};
pub use sparse::{Jobs, Pairs, Rows};
pub use word::{U48, Word};
