use super::FunctionTable;
use crate::error::{Result, ensure_words};

impl FunctionTable {
    /// The masked tables, `rows x 2^w x 2` words: for each cell `i` that `m` can show, `P0 - lambda_lo P1` and `P1` of
    /// the cell `i - lambda_hi`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when that is too many words for one call.
    pub fn deal(&self, lambda: &[u64]) -> Result<Vec<u64>> {
        let count = self.cells.count();
        let mut words = Vec::with_capacity(ensure_words(lambda.len(), 2 * count)?);
        for lambda in lambda {
            let (cell, rest) = self.cells.split(*lambda);
            // The cells from -lambda_hi on, around.
            let (end, start) = self.pieces.split_at((count - cell) % count);
            for (height, slope) in start.iter().chain(end) {
                words.extend([height.wrapping_sub(rest.wrapping_mul(*slope)), *slope]);
            }
        }
        Ok(words)
    }
}
