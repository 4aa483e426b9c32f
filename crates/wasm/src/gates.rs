//! The gates' maths: words in, words out. `p` is the server, 0 or 1; all arrays are row-major, wrapping modulo 2^64.

mod attention;
mod compare;
mod dealt;
mod functions;
mod gated;
mod ln;
mod products;
mod tape;
mod words;

use crate::error::Result;
use ::gates::{Error, Party};
use wasm_bindgen::prelude::*;

/// The server of a number.
fn party(p: u32) -> Result<Party> {
    coded(Party::try_from(p))
}

/// A failure as a JS `Error` whose message begins with its code.
fn coded<T>(result: core::result::Result<T, Error>) -> Result<T> {
    result.map_err(|error| JsError::new(&error.to_string()))
}
