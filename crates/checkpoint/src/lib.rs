//! safetensors files, a part at a time: the header from the first bytes, then each tensor from its own bytes. Files can
//! be larger than an address space, so nothing here wants a whole one. Tensors of GGUF files likewise.

mod decode;
mod encode;
mod header;
mod quants;

pub use decode::decode;
pub use encode::{count_rounded, encode};
pub use header::{MAX_HEADER_BYTES, PREFIX_BYTES, header_json, header_len};
pub use quants::{block, dequantize};

use core::fmt;

/// What is wrong with a checkpoint, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(pub(crate) String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for Error {}
