use crate::error::{Result, ensure, ensure_len, ensure_words};
use crate::table::{FunctionTable, NormFunction};

/// A function in windows of a wire: table `i` drops `f + step i` low bits.
#[derive(Clone, Debug)]
pub struct Windows {
    tables: Vec<FunctionTable>,
    /// Words that one table deals an element.
    words: usize,
}

/// Where windows lie: `count` of `2^w` cells of `2^t` units each; window i drops `f + step i` bits.
#[derive(Clone, Copy, Debug)]
pub struct WindowShape {
    /// Number of windows.
    pub count: u32,
    /// Bits that the first one drops.
    pub f: u32,
    /// Bits that each drops more than the one before.
    pub step: u32,
    /// Bits of a cell's number.
    pub w: u32,
    /// Bits inside a cell.
    pub t: u32,
    /// First cell of a window.
    pub dmin: u32,
}

impl Windows {
    /// `ln(v / 2^point)` at `scale` (docs/protocol.md section 2, LN).
    ///
    /// # Errors
    /// `E_ARGUMENT` for cells that do not exist, no windows or more than 64.
    pub fn log(at: WindowShape, scale: u32, point: u32) -> Result<Self> {
        Self::new(at, |f| FunctionTable::log(f, at.w, at.t, at.dmin, scale, point))
    }

    /// A function of the mean square at a scale (docs/protocol.md section 2, RSQRT by windows).
    ///
    /// # Errors
    /// `E_ARGUMENT` for cells that do not exist, no windows or more than 64.
    pub fn norm(at: WindowShape, scale: u32, norm: &NormFunction) -> Result<Self> {
        Self::new(at, |f| FunctionTable::norm(f, at.w, at.t, at.dmin, scale, norm))
    }

    fn new(at: WindowShape, table: impl Fn(u32) -> Result<FunctionTable>) -> Result<Self> {
        let WindowShape { count, f, step, w, .. } = at;
        ensure(
            (1..=64).contains(&count) && f <= 64 && step <= 64 && w <= 16,
            "there must be 1 to 64 windows inside a word",
        )?;
        Ok(Self { tables: (0..count).map(|i| table(f + step * i)).collect::<Result<_>>()?, words: 2 << w })
    }

    /// The masked tables, `n x windows x 2^w x 2` words.
    ///
    /// # Errors
    /// `E_ARGUMENT` when that is too many for one call.
    pub fn deal(&self, lambda: &[u64]) -> Result<Vec<u64>> {
        let mut words = Vec::with_capacity(self.count(lambda.len())?);
        for lambda in lambda {
            for table in &self.tables {
                words.extend(table.deal(core::slice::from_ref(lambda))?);
            }
        }
        Ok(words)
    }

    /// Where the two words of each element and window stand among the dealt ones.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the tables are too large for one call.
    pub fn positions(&self, m: &[u64]) -> Result<Vec<u32>> {
        let mut positions = Vec::with_capacity(2 * m.len() * self.tables.len());
        self.count(m.len())?;
        let mut first = 0;
        for m in m {
            for table in &self.tables {
                positions.extend(table.positions(core::slice::from_ref(m))?.iter().map(|at| first + at));
                first += self.words as u32;
            }
        }
        Ok(positions)
    }

    /// Shares of `y_0 .. y_(windows-1)` of each element, from the shares of the words at [`positions`](Self::positions).
    ///
    /// # Errors
    /// `E_ARGUMENT` unless there are two words an element and window.
    pub fn eval(&self, m: &[u64], pairs: &[u64]) -> Result<Vec<u64>> {
        ensure_len("pairs", pairs, m.len().saturating_mul(2 * self.tables.len()))?;
        let mut parts = Vec::with_capacity(pairs.len() / 2);
        for (m, pairs) in m.iter().zip(pairs.chunks_exact(2 * self.tables.len())) {
            let mut before = 0;
            for (table, pair) in self.tables.iter().zip(pairs.chunks_exact(2)) {
                let value = table.eval(core::slice::from_ref(m), pair)?[0];
                parts.push(value.wrapping_sub(before));
                before = value;
            }
        }
        Ok(parts)
    }

    /// Words dealt for `n` elements.
    fn count(&self, n: usize) -> Result<usize> {
        ensure_words(n, self.tables.len() * self.words)
    }
}
