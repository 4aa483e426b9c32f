//! Weights whose words have one of two sizes: a caller of the kernels need not know which.

use crate::error::{Result, argument, ensure};

/// Weights of 64-bit words, or the low 32 bits of them.
#[derive(Clone)]
pub(crate) enum Either<Wide, Low> {
    Wide(Wide),
    Low(Low),
}

impl<Wide, Low> Either<Wide, Low> {
    /// In words of `bits`, 64 unless given.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another size.
    pub(crate) fn of(bits: Option<u32>, wide: impl FnOnce() -> Wide, low: impl FnOnce() -> Low) -> Result<Self> {
        match bits.unwrap_or(64) {
            64 => Ok(Self::Wide(wide())),
            32 => Ok(Self::Low(low())),
            _ => Err(argument("words have 64 or 32 bits")),
        }
    }

    /// Bits of a word.
    pub(crate) fn bits(&self) -> u32 {
        match self {
            Self::Wide(_) => 64,
            Self::Low(_) => 32,
        }
    }
}

/// Whether packed bytes are whole words of `bits` that fit in `first .. count`.
///
/// # Errors
/// `E_ARGUMENT` otherwise.
pub(crate) fn ensure_packed(bytes: &[u8], bits: u32, first: usize, count: usize) -> Result<()> {
    let size = bits as usize / 8;
    ensure(bytes.len().is_multiple_of(size), "bytes are not whole words")?;
    let end = first.checked_add(bytes.len() / size);
    ensure(end.is_some_and(|end| end <= count), "the words do not fit")
}

/// One expression for both sizes.
macro_rules! of_either {
    ($sized:expr, $weights:ident => $value:expr) => {
        match $sized {
            crate::sized::Either::Wide($weights) => $value,
            crate::sized::Either::Low($weights) => $value,
        }
    };
}
pub(crate) use of_either;
