use crate::error::{Result, ensure_rows};

/// `sum lambda^2` of each row: `rows` words, in the width of the sum.
///
/// # Errors
/// `E_ARGUMENT` when `lambda` is not whole rows.
pub fn sum_squares_dealer(lambda: &[u64], rows: usize) -> Result<Vec<u64>> {
    let cols = ensure_rows("lambda", lambda, rows)?;
    if cols == 0 {
        return Ok(vec![0; rows]);
    }
    Ok(lambda.chunks_exact(cols).map(|row| ring::dot(row, row)).collect())
}
