use super::FunctionTable;
use crate::error::{Result, ensure_len, ensure_words};

impl FunctionTable {
    /// Where the two words of each row's cell stand among the dealt ones.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the tables are too large for one call.
    pub fn positions(&self, m: &[u64]) -> Result<Vec<u32>> {
        let count = self.cells.count();
        ensure_words(m.len(), 2 * count)?;
        let first = |(row, m)| 2 * (row * count + self.cells.split(m).0) as u32;
        Ok(m.iter().copied().enumerate().map(first).flat_map(|at| [at, at + 1]).collect())
    }

    /// The share of each row's result, `P0 + m_lo P1`, from the shares of the words at [`positions`](Self::positions).
    ///
    /// # Errors
    /// `E_ARGUMENT` unless there are two words a row.
    pub fn eval(&self, m: &[u64], pairs: &[u64]) -> Result<Vec<u64>> {
        ensure_len("pairs", pairs, m.len().saturating_mul(2))?;
        let share = |(m, pair): (&u64, &[u64])| self.cells.split(*m).1.wrapping_mul(pair[1]).wrapping_add(pair[0]);
        Ok(m.iter().zip(pairs.chunks_exact(2)).map(share).collect())
    }
}
