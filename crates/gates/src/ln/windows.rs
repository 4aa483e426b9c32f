use crate::error::{Result, ensure, ensure_len, ensure_words};
use crate::table::FunctionTable;

/// ln in windows of a wire: table `w` drops `f + step w` low bits.
#[derive(Clone, Debug)]
pub struct LnWindows {
    tables: Vec<FunctionTable>,
    /// Words that one table deals an element.
    words: usize,
}

impl LnWindows {
    /// `ln(v / 2^point)` at `scale`, in `count` windows of `2^w` cells of `2^t` units.
    ///
    /// # Errors
    /// `E_ARGUMENT` for cells that do not exist, no windows or more than 64.
    #[allow(clippy::too_many_arguments)] // The numbers of the text.
    pub fn new(point: u32, count: u32, f: u32, step: u32, w: u32, t: u32, dmin: u32, scale: u32) -> Result<Self> {
        ensure((1..=64).contains(&count) && f <= 64 && step <= 64, "there must be 1 to 64 windows inside a word")?;
        let table = |window| FunctionTable::log(f + step * window, w, t, dmin, scale, point);
        Ok(Self { tables: (0..count).map(table).collect::<Result<_>>()?, words: 2 << w })
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
                let ln = table.eval(core::slice::from_ref(m), pair)?[0];
                parts.push(ln.wrapping_sub(before));
                before = ln;
            }
        }
        Ok(parts)
    }

    /// Words dealt for `n` elements.
    fn count(&self, n: usize) -> Result<usize> {
        ensure_words(n, self.tables.len() * self.words)
    }
}
