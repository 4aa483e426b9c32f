//! What the machine itself can do: kernels that benchmarks judge the others by, measured in the same run.

use crate::ring_matrix::RingMatrix;
use wasm_bindgen::prelude::*;

/// The exclusive or of all words of a matrix: reads the bytes that a product reads, as fast as vector loads can.
#[wasm_bindgen(js_name = xorMatrix)]
pub fn xor_matrix(matrix: &RingMatrix) -> u64 {
    matrix.xor_words()
}

/// `x^(2^count)` by `count` multiplications that wait for each other: a clock, where the latency of one is known.
#[wasm_bindgen(js_name = squareChain)]
pub fn square_chain(x: u64, count: u32) -> u64 {
    ring::square_chain(x, count)
}
