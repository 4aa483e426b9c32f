//! The one error mapping, and the vocabulary of argument checks.

use wasm_bindgen::prelude::*;

/// What every fallible export returns.
pub(crate) type Result<T> = core::result::Result<T, JsError>;

/// A wrong argument: a bug of the caller.
pub(crate) fn argument(message: &str) -> JsError {
    JsError::new(&format!("E_ARGUMENT: {message}"))
}

/// A value outside its fixed-point format.
pub(crate) fn range(error: &impl core::fmt::Display) -> JsError {
    JsError::new(&format!("E_RANGE: {error}"))
}

/// A checkpoint that cannot be read.
pub(crate) fn checkpoint(error: &::checkpoint::Error) -> JsError {
    JsError::new(&format!("E_CHECKPOINT: {error}"))
}

/// Fails with `message` unless `holds`.
pub(crate) fn ensure(holds: bool, message: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(argument(message)) }
}

/// Fails unless `name` has `expected` elements.
pub(crate) fn ensure_len(name: &str, len: usize, expected: Option<usize>) -> Result<()> {
    match expected {
        Some(expected) if len == expected => Ok(()),
        Some(expected) => Err(argument(&format!("{name} has {len} elements, not {expected}"))),
        None => Err(argument(&format!("the shape of {name} is too large"))),
    }
}

/// Fails unless `1 <= width <= 64`.
pub(crate) fn ensure_width(width: u32) -> Result<()> {
    ensure((1..=64).contains(&width), "width must be 1 to 64")
}

/// Fails unless `a` by `b` words of eight bytes fit the address space.
pub(crate) fn ensure_shape(a: usize, b: usize) -> Result<()> {
    // Half of it: a copy in the other order exists for a moment.
    let padded = b.checked_next_multiple_of(16);
    let fits = padded.and_then(|b| a.checked_mul(b)).is_some_and(|n| n <= 1 << 27);
    ensure(fits, "the matrix is too large for one instance: slice it by columns over a pool")
}
