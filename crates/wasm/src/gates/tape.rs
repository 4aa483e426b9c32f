//! Dealt words and openings.

use super::coded;
use super::dealt::Dealt;
use crate::error::{Result, ensure};
use crate::prg::stream;
use wasm_bindgen::prelude::*;

/// What server 1 gets of dealt words: `(words - stream) mod 2^width`, packed; with `xor`, `words ^ stream`. Word `i` of
/// the key stream belongs to position `i`.
///
/// # Errors
/// `E_ARGUMENT` for a key, nonce or width that does not exist.
#[wasm_bindgen(js_name = dealRemainder)]
pub fn deal_remainder(key: &[u8], nonce: &[u8], dealt: Dealt, width: u32, xor: bool) -> Result<Vec<u8>> {
    coded(gates::deal_remainder(&stream(key, nonce)?, dealt.into_words(), width, xor))
}

/// The words of a key stream at `positions`, mod `2^width`.
///
/// # Errors
/// `E_ARGUMENT` for a key, nonce or width that does not exist.
#[wasm_bindgen(js_name = prgGather)]
pub fn prg_gather(key: &[u8], nonce: &[u8], positions: &[u32], width: u32) -> Result<Vec<u64>> {
    coded(gates::prg_gather(&stream(key, nonce)?, positions, width))
}

/// The words of `width` bits at `positions` of packed bytes.
///
/// # Errors
/// `E_ARGUMENT` for a width that does not exist or a position that is not inside the bytes.
#[wasm_bindgen(js_name = unpackGather)]
pub fn unpack_gather(bytes: &[u8], width: u32, positions: &[u32]) -> Result<Vec<u64>> {
    coded(gates::unpack_gather(bytes, width, positions))
}

/// What a server sends to open a wire: `(share + half) mod 2^width`, packed; bits with `xor`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ or for a width outside 1 to 64.
#[wasm_bindgen(js_name = openPacked)]
pub fn open_packed(share: &[u64], half: &[u64], width: u32, xor: bool) -> Result<Vec<u8>> {
    coded(gates::open_packed(share, half, width, xor))
}

/// The opened wire: `(mine + theirs) mod 2^width`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ or for a width outside 1 to 64.
#[wasm_bindgen(js_name = joinWords)]
pub fn join_words(mine: &[u64], theirs: &[u64], width: u32) -> Result<Vec<u64>> {
    coded(gates::join_words(mine, theirs, width))
}

/// The same of `count` words from what both servers sent, packed; bits with `xor`.
///
/// # Errors
/// `E_ARGUMENT` for bytes of another length or a width outside 1 to 64.
#[wasm_bindgen(js_name = joinPacked)]
pub fn join_packed(mine: &[u8], theirs: &[u8], count: usize, width: u32, xor: bool) -> Result<Vec<u64>> {
    coded(gates::join_packed(mine, theirs, count, width, xor))
}

/// The mask of a wire, from both halves' key streams: their sum mod `2^width`, with `xor` their exclusive or.
///
/// # Errors
/// `E_ARGUMENT` for a key, nonce, width or range that does not exist.
#[wasm_bindgen(js_name = maskOf)]
pub fn mask_of(key0: &[u8], key1: &[u8], nonce: &[u8], count: usize, width: u32, xor: bool) -> Result<Vec<u64>> {
    ensure(prg::contains(0, count), "the range of words is not inside the stream")?;
    coded(gates::mask_of([&stream(key0, nonce)?, &stream(key1, nonce)?], count, width, xor))
}

/// `a ^ b`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ.
#[wasm_bindgen(js_name = xorWords)]
pub fn xor_words(a: &[u64], b: &[u64]) -> Result<Vec<u64>> {
    coded(gates::xor_words(a, b))
}
