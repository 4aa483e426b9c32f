//! Which of the two servers computes.

use crate::error::{Error, Result};

/// One of the two servers. Public terms are added by the first alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// All ones for the first, else zero.
    public: u64,
}

impl Party {
    /// The party that adds public terms.
    pub const FIRST: Self = Self { public: u64::MAX };
    /// The other one.
    pub const SECOND: Self = Self { public: 0 };

    /// A public term in this party's share: `x`, or 0 for the second.
    #[inline]
    pub(crate) fn public(self, x: u64) -> u64 {
        x & self.public
    }
}

impl TryFrom<u32> for Party {
    type Error = Error;

    fn try_from(p: u32) -> Result<Self> {
        match p {
            0 => Ok(Self::FIRST),
            1 => Ok(Self::SECOND),
            _ => Err(Error::Argument("the party must be 0 or 1".into())),
        }
    }
}
