//! safetensors files, and tensors of GGUF files.

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

/// Values and bytes of one block of a tensor type of GGUF files, by ggml's name; nothing for one that `dequantize` does
/// not know.
#[wasm_bindgen(js_name = quantBlock)]
pub fn quant_block(kind: &str) -> Option<Vec<u32>> {
    ::checkpoint::block(kind).map(|(values, bytes)| vec![values as u32, bytes as u32])
}

/// The values of whole blocks of a tensor type of GGUF files.
///
/// # Errors
/// `E_CHECKPOINT` for another type or bytes that are not whole blocks.
#[wasm_bindgen]
pub fn dequantize(bytes: &[u8], kind: &str) -> Result<Vec<f32>> {
    ::checkpoint::dequantize(bytes, kind).map_err(|e| checkpoint(&e))
}

/// The bytes of values as a tensor of type `F32`, `F16` or `BF16`, rounded to nearest, ties to even.
///
/// # Errors
/// `E_CHECKPOINT` for another type and for a value that is not finite or too large for the type.
#[wasm_bindgen(js_name = encodeTensor)]
pub fn encode_tensor(values: &[f32], dtype: &str) -> Result<Vec<u8>> {
    ::checkpoint::encode(values, dtype).map_err(|e| checkpoint(&e))
}

/// How many of the values a tensor of type `F32`, `F16` or `BF16` does not hold exactly.
///
/// # Errors
/// `E_CHECKPOINT` for another type.
#[wasm_bindgen(js_name = countRounded)]
pub fn count_rounded(values: &[f32], dtype: &str) -> Result<usize> {
    ::checkpoint::count_rounded(values, dtype).map_err(|e| checkpoint(&e))
}
