//! The one error type, and the vocabulary of argument checks.

use core::fmt;

/// What every fallible function returns.
pub type Result<T> = core::result::Result<T, Error>;

/// Why an operation was not done. `Display` begins with the stable code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// `E_ARGUMENT`: arrays that do not fit together or a parameter that does not exist; a bug of the caller.
    Argument(String),
    /// `E_RANGE`: a value outside its fixed-point format.
    Range(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(message) => write!(f, "E_ARGUMENT: {message}"),
            Self::Range(message) => write!(f, "E_RANGE: {message}"),
        }
    }
}

impl core::error::Error for Error {}

/// Words that one call may produce: an instance of WebAssembly could not hold more beside its inputs.
const MAX_WORDS: usize = 1 << 27;

/// Fails with `message` unless `holds`.
pub(crate) fn ensure(holds: bool, message: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::Argument(message.into())) }
}

/// Fails unless `name` has `expected` elements.
pub(crate) fn ensure_len<T>(name: &str, values: &[T], expected: usize) -> Result<()> {
    if values.len() == expected {
        return Ok(());
    }
    Err(Error::Argument(format!("{name} has {} elements, not {expected}", values.len())))
}

/// Fails unless `1 <= width <= 64`.
pub(crate) fn ensure_width(width: u32) -> Result<()> {
    ensure((1..=64).contains(&width), "width must be 1 to 64")
}

/// `a * b` words, unless that is too many for one call.
pub(crate) fn ensure_words(a: usize, b: usize) -> Result<usize> {
    let words = a.checked_mul(b).filter(|words| *words <= MAX_WORDS);
    words.ok_or_else(|| Error::Argument("too many words for one call".into()))
}

/// How many columns `words` has in `rows` rows.
pub(crate) fn ensure_rows(name: &str, words: &[u64], rows: usize) -> Result<usize> {
    if rows == 0 && words.is_empty() {
        return Ok(0);
    }
    match words.len().checked_rem(rows) {
        Some(0) => Ok(words.len() / rows),
        _ => Err(Error::Argument(format!("{name} has {} elements, not whole columns of {rows} rows", words.len()))),
    }
}
