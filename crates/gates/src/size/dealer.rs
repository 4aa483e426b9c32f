use super::STEPS;
use crate::error::{Result, ensure_len};

/// `beta` of every bit (`n x 20`), then `beta lambda` with the mask of its element of Z12: `2 x 20 n` words.
///
/// # Errors
/// `E_ARGUMENT` unless there are 20 bits an element.
pub fn size_dealer(beta: &[u64], lambda12: &[u64]) -> Result<Vec<u64>> {
    ensure_len("beta", beta, lambda12.len().saturating_mul(STEPS))?;
    let rows = beta.chunks_exact(STEPS).zip(lambda12);
    let products = rows.flat_map(|(beta, lambda)| beta.iter().map(|beta| beta.wrapping_mul(*lambda)));
    Ok(beta.iter().copied().chain(products).collect())
}
