//! Weights whose words have one of two sizes: a caller of the kernels need not know which.

/// Weights of 64-bit words, or the low 32 bits of them.
#[derive(Clone)]
pub(crate) enum Either<Wide, Low> {
    Wide(Wide),
    Low(Low),
}

impl<Wide, Low> Either<Wide, Low> {
    /// Bits of a word.
    pub(crate) fn bits(&self) -> u32 {
        match self {
            Self::Wide(_) => 64,
            Self::Low(_) => 32,
        }
    }
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
