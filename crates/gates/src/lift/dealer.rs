use super::Piece;
use crate::error::Result;

/// `A = lambda >> f` of every element, then `B = msb(lambda) 2^(k-f)` of every element: `2 n` words.
///
/// # Errors
/// `E_ARGUMENT` unless `2 <= k <= 64` and `f <= k - 2`.
pub fn lift_dealer(lambda: &[u64], k: u32, f: u32) -> Result<Vec<u64>> {
    let piece = Piece::new(k, f)?;
    let low = lambda.iter().map(|lambda| piece.dealt(*lambda).0);
    Ok(low.chain(lambda.iter().map(|lambda| piece.dealt(*lambda).1)).collect())
}
