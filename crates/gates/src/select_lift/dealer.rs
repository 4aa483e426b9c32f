use crate::error::{Result, ensure_len};
use crate::lift_dealer;

/// A, B, each for all elements, as for [`lift_dealer`]; then `beta` (0 or 1), `beta A` and `beta B`: `5 n` words.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2`.
pub fn select_lift_dealer(beta: &[u64], lambda: &[u64], k: u32, f: u32) -> Result<Vec<u64>> {
    ensure_len("beta", beta, lambda.len())?;
    let mut words = lift_dealer(lambda, k, f)?;
    let count = lambda.len();
    words.reserve(3 * count);
    words.extend_from_slice(beta);
    for part in 0..2 {
        for (i, beta) in beta.iter().enumerate() {
            let word = beta.wrapping_mul(words[part * count + i]);
            words.push(word);
        }
    }
    Ok(words)
}
