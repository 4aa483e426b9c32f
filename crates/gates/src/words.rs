//! Vectors of words.

use crate::error::{Result, ensure, ensure_len, ensure_width};

/// `a + b`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ.
pub fn add(a: &[u64], b: &[u64]) -> Result<Vec<u64>> {
    zip(a, b, u64::wrapping_add)
}

/// `a - b`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ.
pub fn sub(a: &[u64], b: &[u64]) -> Result<Vec<u64>> {
    zip(a, b, u64::wrapping_sub)
}

/// `-a`.
pub fn neg(a: &[u64]) -> Vec<u64> {
    a.iter().map(|a| a.wrapping_neg()).collect()
}

/// `a * factor`.
pub fn scale_words(a: &[u64], factor: u64) -> Vec<u64> {
    a.iter().map(|a| a.wrapping_mul(factor)).collect()
}

/// `a mod 2^width`.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64.
pub fn mask_words(a: &[u64], width: u32) -> Result<Vec<u64>> {
    ensure_width(width)?;
    let mask = prg::mask(width);
    Ok(a.iter().map(|a| a & mask).collect())
}

/// `a >> f` of reduced words: truncate-reduce (docs/protocol.md section 1) of a wire or of its mask.
///
/// # Errors
/// `E_ARGUMENT` for a shift above 63.
pub fn truncate_words(a: &[u64], f: u32) -> Result<Vec<u64>> {
    ensure(f < 64, "f must be below 64")?;
    Ok(a.iter().map(|a| a >> f).collect())
}

/// `a - b + gamma`: the share of `x W` from `m W_p`, `l_p F` and the dealt `[lambda Lambda]`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ.
pub fn combine_linear(a: &[u64], b: &[u64], gamma: &[u64]) -> Result<Vec<u64>> {
    ensure_len("b", b, a.len())?;
    ensure_len("gamma", gamma, a.len())?;
    Ok(a.iter().zip(b).zip(gamma).map(|((a, b), g)| a.wrapping_sub(*b).wrapping_add(*g)).collect())
}

/// `op` of the elements at equal positions.
pub(crate) fn zip(a: &[u64], b: &[u64], op: impl Fn(u64, u64) -> u64) -> Result<Vec<u64>> {
    ensure_len("the second array", b, a.len())?;
    Ok(a.iter().zip(b).map(|(a, b)| op(*a, *b)).collect())
}
