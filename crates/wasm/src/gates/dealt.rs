//! Dealt words on their way from the call that makes them to the one that uses them.

use super::coded;
use crate::bits::unpack_words;
use crate::error::Result;
use crate::prg;
use wasm_bindgen::prelude::*;

/// Words that stay in the kernels' memory: most of what a gate reads or makes is dealt, and out of here it would be copied
/// twice. The call that takes them frees them.
#[wasm_bindgen]
pub struct Dealt {
    words: Vec<u64>,
}

#[wasm_bindgen]
impl Dealt {
    /// Words from elsewhere.
    #[wasm_bindgen(constructor)]
    pub fn new(words: Vec<u64>) -> Self {
        Self { words }
    }

    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.words.len()
    }

    /// A copy of them.
    pub fn words(&self) -> Vec<u64> {
        self.words.clone()
    }
}

impl Dealt {
    /// For the call that takes them.
    pub(super) fn into_words(self) -> Vec<u64> {
        self.words
    }
}

/// What a gate deals.
pub(super) fn dealt(words: core::result::Result<Vec<u64>, gates::Error>) -> Result<Dealt> {
    coded(words).map(Dealt::new)
}

/// A server's share from its key stream: its first `count` words, as `prgWords` gives them.
///
/// # Errors
/// `E_ARGUMENT` for a key, nonce, width or range that does not exist.
#[wasm_bindgen(js_name = prgDealt)]
pub fn prg_dealt(key: &[u8], nonce: &[u8], count: usize, width: u32) -> Result<Dealt> {
    prg::words(key, nonce, 0, count, width).map(Dealt::new)
}

/// The other server's share from the tape, as `unpackWords` gives it.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64 or another number of bytes.
#[wasm_bindgen(js_name = unpackDealt)]
pub fn unpack_dealt(bytes: &[u8], width: u32, count: usize) -> Result<Dealt> {
    unpack_words(bytes, width, count).map(Dealt::new)
}
