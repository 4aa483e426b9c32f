//! Bit packing.

use crate::error::{Result, ensure_len, ensure_width};
use wasm_bindgen::prelude::*;

/// The low `width` bits of each word, contiguous, little endian.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64.
#[wasm_bindgen(js_name = packWords)]
pub fn pack_words(words: &[u64], width: u32) -> Result<Vec<u8>> {
    ensure_width(width)?;
    Ok(ring::pack(words, width))
}

/// `count` words of `width` bits from exactly as many bytes as they fill. Bits after the last word are ignored.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64 or another number of bytes.
#[wasm_bindgen(js_name = unpackWords)]
pub fn unpack_words(bytes: &[u8], width: u32, count: usize) -> Result<Vec<u64>> {
    ensure_width(width)?;
    ensure_len("bytes", bytes.len(), Some(ring::packed_len(count, width)))?;
    Ok(ring::unpack(bytes, width, count))
}
