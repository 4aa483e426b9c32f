//! Weights whose words have one of three sizes: a caller of the kernels need not know which.

use crate::error::{Result, argument, ensure};

/// Weights of 64-bit words, or the low 48 or 32 bits of them.
#[derive(Clone)]
pub(crate) enum AnySize<Wide, Mid, Low> {
    Wide(Wide),
    Mid(Mid),
    Low(Low),
}

impl<Wide, Mid, Low> AnySize<Wide, Mid, Low> {
    /// Bits of a word.
    pub(crate) fn bits(&self) -> u32 {
        match self {
            Self::Wide(_) => 64,
            Self::Mid(_) => 48,
            Self::Low(_) => 32,
        }
    }
}

/// The answer to words of another size.
pub(crate) fn unknown_size<T>() -> Result<T> {
    Err(argument("words have 64, 48 or 32 bits"))
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

/// Weights in words of some bits, 64 unless given: the same expression makes each size.
macro_rules! in_words_of {
    ($bits:expr, $make:expr) => {
        match $bits.unwrap_or(64) {
            64 => crate::sized::AnySize::Wide($make),
            48 => crate::sized::AnySize::Mid($make),
            32 => crate::sized::AnySize::Low($make),
            _ => return crate::sized::unknown_size(),
        }
    };
}
pub(crate) use in_words_of;

/// One expression for all sizes.
macro_rules! of_any {
    ($sized:expr, $weights:ident => $value:expr) => {
        match $sized {
            crate::sized::AnySize::Wide($weights) => $value,
            crate::sized::AnySize::Mid($weights) => $value,
            crate::sized::AnySize::Low($weights) => $value,
        }
    };
}
pub(crate) use of_any;

/// One expression for all sizes, that gives weights of the same size.
macro_rules! of_same {
    ($sized:expr, $weights:ident => $value:expr) => {
        match $sized {
            crate::sized::AnySize::Wide($weights) => crate::sized::AnySize::Wide($value),
            crate::sized::AnySize::Mid($weights) => crate::sized::AnySize::Mid($value),
            crate::sized::AnySize::Low($weights) => crate::sized::AnySize::Low($value),
        }
    };
}
pub(crate) use of_same;
