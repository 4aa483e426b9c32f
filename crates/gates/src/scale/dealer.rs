use crate::error::{Result, ensure_rows};
use crate::lift::Piece;

/// For `r lift(u)`: A, B, `lambda_r A`, `lambda_r B`, each for all elements: `4 T n` words. A and B as for
/// [`lift_dealer`](crate::lift_dealer); `lambda_r` has T elements, `lambda_u` is `T x n`.
///
/// # Errors
/// `E_ARGUMENT` when `lambda_u` is not T rows, or unless `2 <= k <= 64` and `f <= k - 2`.
pub fn scale_lift_dealer(lambda_r: &[u64], lambda_u: &[u64], k: u32, f: u32) -> Result<Vec<u64>> {
    let piece = Piece::new(k, f)?;
    let n = ensure_rows("lambdaU", lambda_u, lambda_r.len())?;
    let count = lambda_u.len();
    let mut words = vec![0; 4 * count];
    let (plain, scaled) = words.split_at_mut(2 * count);
    let ((low, wrap), (scaled_low, scaled_wrap)) = (plain.split_at_mut(count), scaled.split_at_mut(count));
    for (row, lambdas) in lambda_u.chunks_exact(n.max(1)).enumerate() {
        for (i, lambda) in (row * n..).zip(lambdas) {
            let (a, b) = piece.dealt(*lambda);
            (low[i], wrap[i]) = (a, b);
            (scaled_low[i], scaled_wrap[i]) = (lambda_r[row].wrapping_mul(a), lambda_r[row].wrapping_mul(b));
        }
    }
    Ok(words)
}

/// For `r x`: `lambda_r lambda_x`, `T x n` words.
///
/// # Errors
/// `E_ARGUMENT` when `lambda_x` is not as many rows as `lambda_r` has elements.
pub fn scale_rows_dealer(lambda_r: &[u64], lambda_x: &[u64]) -> Result<Vec<u64>> {
    let n = ensure_rows("lambdaX", lambda_x, lambda_r.len())?;
    let rows = lambda_x.chunks_exact(n.max(1)).zip(lambda_r);
    Ok(rows.flat_map(|(row, r)| row.iter().map(|x| r.wrapping_mul(*x))).collect())
}
