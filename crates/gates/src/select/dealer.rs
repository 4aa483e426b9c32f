use crate::error::{Result, ensure_len};

/// `beta` (0 or 1) of every element, then `beta lambda`: `2 n` words.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ.
pub fn select_dealer(beta: &[u64], lambda: &[u64]) -> Result<Vec<u64>> {
    ensure_len("lambda", lambda, beta.len())?;
    let products = beta.iter().zip(lambda).map(|(beta, lambda)| beta.wrapping_mul(*lambda));
    Ok(beta.iter().copied().chain(products).collect())
}
