//! Functions of one number, from `libm`: the host's `Math` may differ in the last bit from one engine to another.

use wasm_bindgen::prelude::*;

/// `e^x`.
#[wasm_bindgen]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The natural logarithm.
#[wasm_bindgen]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// The square root.
#[wasm_bindgen]
pub fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

/// The nearest integer, half away from zero.
#[wasm_bindgen]
pub fn round(x: f64) -> f64 {
    libm::round(x)
}
