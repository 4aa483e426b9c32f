//! The pieces before masking.

use super::{FunctionTable, NormFunction};
use crate::error::{Error, Result, ensure};

/// How a wire's words index the table: `f` low bits dropped, then `t` bits inside a cell, then `w` bits of cell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cells {
    pub(crate) f: u32,
    pub(crate) w: u32,
    pub(crate) t: u32,
}

impl Cells {
    /// `(cell, rest)` of a word of the wire or of its mask.
    #[inline]
    pub(crate) fn split(self, word: u64) -> (usize, u64) {
        let word = word >> self.f;
        ((word >> self.t) as usize & (self.count() - 1), word & ((1 << self.t) - 1))
    }

    pub(crate) fn count(self) -> usize {
        1 << self.w
    }
}

impl FunctionTable {
    /// A function of the mean square at a scale (docs/protocol.md section 2, RSQRT).
    ///
    /// # Errors
    /// `E_ARGUMENT` for cells that do not exist or a result that leaves 64 bits.
    pub fn norm(f: u32, w: u32, t: u32, dmin: u32, scale: u32, norm: &NormFunction) -> Result<Self> {
        ensure(f < 64, "f must be below 64")?;
        Self::new(Cells { f, w, t }, dmin, scale, norm.after(f))
    }

    /// `ln(v 2^(f - point))` at the given scale (docs/protocol.md section 2, LN).
    ///
    /// # Errors
    /// `E_ARGUMENT` for cells that do not exist or a result that leaves 64 bits.
    pub fn log(f: u32, w: u32, t: u32, dmin: u32, scale: u32, point: u32) -> Result<Self> {
        ensure(f <= 64 && point <= 64, "f and point must be at most 64")?;
        let unit = libm::ldexp(1.0, f as i32 - point as i32);
        Self::new(Cells { f, w, t }, dmin, scale, move |v| libm::log(v.max(1.0) * unit))
    }

    /// The pieces of `function`, of the units after the shift by `f`, at a scale.
    fn new(cells: Cells, dmin: u32, scale: u32, function: impl Fn(f64) -> f64) -> Result<Self> {
        let Cells { f, w, t } = cells;
        ensure(w <= 16 && t <= 32 && f < 64 && f + w + t <= 64, "a table has w <= 16, t <= 32, f + w + t <= 64")?;
        ensure(u64::from(dmin) < 1 << w, "dmin must be below 2^w")?;
        ensure(scale < 64, "the scale must be below 64")?;
        let piece = |d: u32| piece(u64::from(d) + if d < dmin { 1 << w } else { 0 }, t, scale, &function);
        let pieces = (0..1 << w).map(piece).collect::<Result<_>>()?;
        Ok(Self { cells, pieces })
    }
}

/// `(P0, P1)` of the cell D: the line through the function half a cell around, as docs/protocol.md section 2 rounds it.
fn piece(cell: u64, t: u32, scale: u32, function: impl Fn(f64) -> f64) -> Result<(u64, u64)> {
    let width = libm::ldexp(1.0, t as i32);
    let (from, unit) = (cell as f64 * width, libm::ldexp(1.0, scale as i32));
    let (below, at, above) = (function(from - width), function(from), function(from + width));
    let slope = (above - below) / (2.0 * width) * unit;
    let height = (above + below + 2.0 * at) / 4.0 * unit;
    Ok((word(libm::round(height))?, word(libm::round(slope))?))
}

fn word(value: f64) -> Result<u64> {
    // False for a NaN.
    if value.abs() < libm::ldexp(1.0, 63) {
        return Ok(value as i64 as u64);
    }
    Err(Error::Argument("the table's values leave 64 bits".into()))
}
