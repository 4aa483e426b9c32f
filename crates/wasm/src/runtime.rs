//! About this instance.

use wasm_bindgen::prelude::*;

/// Bytes of linear memory that this instance has taken; it never gives any back. Zero outside WebAssembly.
#[wasm_bindgen(js_name = memoryBytes)]
pub fn memory_bytes() -> f64 {
    #[cfg(target_arch = "wasm32")]
    let pages = core::arch::wasm32::memory_size::<0>();
    #[cfg(not(target_arch = "wasm32"))]
    let pages = 0usize;
    pages as f64 * 65_536.0
}

/// Whether the kernels were built with vector instructions.
#[wasm_bindgen]
pub fn simd() -> bool {
    cfg!(target_feature = "simd128")
}
