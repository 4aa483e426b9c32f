//! safetensors files.

use crate::error::{Result, checkpoint};
use wasm_bindgen::prelude::*;

/// How many of a file's first bytes `safetensorsHeader` needs, from the first eight.
///
/// # Errors
/// `E_CHECKPOINT` when there are fewer or the number is absurd.
#[wasm_bindgen(js_name = safetensorsHeaderBytes)]
pub fn safetensors_header_bytes(bytes: &[u8]) -> Result<usize> {
    ::checkpoint::header_len(bytes).map_err(|e| checkpoint(&e))
}

/// `{"tensors": {name: {"dtype", "shape", "start", "end"}}, "metadata", "size"}` as JSON from a file's first bytes;
/// `start` and `end` are offsets in the file, `size` is how long it must be.
///
/// # Errors
/// `E_CHECKPOINT` when the header is cut off or not valid.
#[wasm_bindgen(js_name = safetensorsHeader)]
pub fn safetensors_header(bytes: &[u8]) -> Result<String> {
    ::checkpoint::header_json(bytes).map_err(|e| checkpoint(&e))
}

/// The values of a tensor (`F32`, `F16` or `BF16`) from its bytes.
///
/// # Errors
/// `E_CHECKPOINT` for another type or bytes that are not whole values.
#[wasm_bindgen(js_name = decodeTensor)]
pub fn decode_tensor(bytes: &[u8], dtype: &str) -> Result<Vec<f32>> {
    ::checkpoint::decode(bytes, dtype).map_err(|e| checkpoint(&e))
}
