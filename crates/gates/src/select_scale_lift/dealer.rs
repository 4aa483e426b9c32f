use crate::error::{Result, ensure_len};
use crate::scale::scale_lift_dealer;

/// A, B, `lambda_r A`, `lambda_r B`, each for all elements, as for [`scale_lift_dealer`]; then `beta` (0 or 1),
/// `beta lambda_r`, and `beta` times each of the first four: `10 T n` words. `beta` and `lambda_u` are `T x n`.
///
/// # Errors
/// `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
pub fn select_scale_lift_dealer(beta: &[u64], lambda_r: &[u64], lambda_u: &[u64], k: u32, f: u32) -> Result<Vec<u64>> {
    ensure_len("beta", beta, lambda_u.len())?;
    let mut words = scale_lift_dealer(lambda_r, lambda_u, k, f)?;
    let count = lambda_u.len();
    words.reserve(6 * count);
    words.extend_from_slice(beta);
    let n = count / lambda_r.len().max(1);
    words.extend(beta.iter().enumerate().map(|(i, beta)| beta.wrapping_mul(lambda_r[i / n])));
    for part in 0..4 {
        for (i, beta) in beta.iter().enumerate() {
            let word = beta.wrapping_mul(words[part * count + i]);
            words.push(word);
        }
    }
    Ok(words)
}
