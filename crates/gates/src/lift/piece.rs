//! The public and the dealt parts of one lifted element.

use crate::error::{Result, ensure};

/// The parameters of a lift: width and shift.
#[derive(Clone, Copy)]
pub(crate) struct Piece {
    k: u32,
    f: u32,
}

impl Piece {
    /// Fails unless two bits above the shift are left: the sign and the wrap.
    pub(crate) fn new(k: u32, f: u32) -> Result<Self> {
        ensure((2..=64).contains(&k) && f <= k - 2, "a lift needs 2 <= k <= 64 and f <= k - 2")?;
        Ok(Self { k, f })
    }

    /// `(A, B)` of a mask.
    #[inline]
    pub(crate) fn dealt(self, lambda: u64) -> (u64, u64) {
        let lambda = lambda & prg::mask(self.k);
        // 2^64 is zero in this ring: two shifts, because one by 64 is not defined.
        let wrap = lambda >> (self.k - 1) << (self.k - self.f - 1) << 1;
        (lambda >> self.f, wrap)
    }

    /// `(C, e)` of an opened word; `e` is all ones or zero.
    #[inline]
    pub(crate) fn public(self, m: u64) -> (u64, u64) {
        let c = m.wrapping_add(1 << (self.k - 2)) & prg::mask(self.k);
        let e = (c >> (self.k - 1)).wrapping_sub(1);
        ((c >> self.f).wrapping_sub(1 << (self.k - 2 - self.f)), e)
    }
}
