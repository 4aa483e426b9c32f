//! Key streams.

use crate::error::{Result, argument, ensure, ensure_width};
use prg::Stream;
use wasm_bindgen::prelude::*;

/// The stream of a key of 32 bytes and a nonce of 12.
pub(crate) fn stream(key: &[u8], nonce: &[u8]) -> Result<Stream> {
    let key = key.try_into().map_err(|_| argument("key must have 32 bytes"))?;
    let nonce = nonce.try_into().map_err(|_| argument("nonce must have 12 bytes"))?;
    Ok(Stream::new(key, nonce))
}

/// The words `firstWord ..` of a key stream, each reduced to its low `width` bits.
///
/// # Errors
/// `E_ARGUMENT` for a key, nonce, width or range that does not exist.
#[wasm_bindgen(js_name = prgWords)]
pub fn prg_words(
    key: &[u8],
    nonce: &[u8],
    #[wasm_bindgen(js_name = firstWord)] first_word: f64,
    count: usize,
    width: u32,
) -> Result<Vec<u64>> {
    let whole = first_word >= 0.0 && first_word.fract().to_bits() == 0;
    ensure(whole, "the first word must be a whole number")?;
    words(key, nonce, first_word as u64, count, width)
}

/// The same for those who know where to begin.
pub(crate) fn words(key: &[u8], nonce: &[u8], first: u64, count: usize, width: u32) -> Result<Vec<u64>> {
    ensure_width(width)?;
    ensure(prg::contains(first, count), "the range of words is not inside the stream")?;
    let mut words = stream(key, nonce)?.words(first, count);
    if width < 64 {
        let mask = prg::mask(width);
        for word in &mut words {
            *word &= mask;
        }
    }
    Ok(words)
}
