//! f32 kernels for plaintext code only: the reference forward pass, calibration and the training of predictors.
//!
//! Sums are taken in an order that depends on shapes alone, products and sums are never fused and transcendentals come
//! from `libm`: every platform gives the same bits, and `scalar` and `simd` agree.

mod activations;
mod attention;
mod matrix;
mod peaks;
mod rotation;
mod rows;
#[cfg_attr(target_feature = "simd128", allow(dead_code))]
mod scalar;
#[cfg(target_feature = "simd128")]
mod simd;
mod slices;
#[cfg(test)]
mod tests;

pub use activations::{fat_relu, gelu, gelu_tanh, relu, relu_squared, silu};
pub use attention::{Heads, SCORE_FACTS, attend};
pub use matrix::Matrix;
pub use peaks::{row_peaks, row_peaks_without};
pub use rotation::{Rotation, rotate};
pub use rows::{layer_norm, log_sum_exp, rms_norm, softmax_rows};
pub use slices::{dot, rows_dot, weighted_rows};

#[cfg(not(target_feature = "simd128"))]
use scalar::{pair_by_panel, row_by_panel};
#[cfg(target_feature = "simd128")]
use simd::{pair_by_panel, row_by_panel};
