use super::digits::{Digits, ensure_digits};
use super::monomials::Monomials;
use crate::error::{Result, ensure_len, ensure_words};

/// The tables `G_i[v] = [v < b_i]` of every element's digits: `n x ceil(sum 2^w_i / 64)` words, bit after bit, the
/// first digit's first, `v` ascending, little endian.
///
/// # Errors
/// `E_ARGUMENT` unless there are 1 to 5 digits of 1 to 11 bits that sum to `k - 1`.
pub fn compare_tables(lambda: &[u64], k: u32, digits: &[u8]) -> Result<Vec<u64>> {
    let digits = Digits::below_sign(k, digits)?;
    let mut tables = vec![0; ensure_words(lambda.len(), digits.words)?];
    for (table, lambda) in tables.chunks_exact_mut(digits.words).zip(lambda) {
        for digit in &digits.all {
            set_bits(table, digit.offset, digit.offset + digit.of(*lambda));
        }
    }
    Ok(tables)
}

/// Sets the bits `from .. to`.
pub(crate) fn set_bits(words: &mut [u64], from: usize, to: usize) {
    let mut at = from;
    while at < to {
        let end = to.min(at / 64 * 64 + 64);
        words[at / 64] |= prg::mask((end - at) as u32) << (at % 64);
        at = end;
    }
}

/// The monomials of the bits' masks and the sign of lambda, `n x thr` words of [`monomial_bits`](crate::monomial_bits);
/// their order is that of the module `monomials`. `alpha` is `n x thr` words of `2 d - 1` bits.
///
/// # Errors
/// `E_ARGUMENT` when `alpha` is not `n x thr`, for a `k` outside 2 to 64 or more than five digits.
pub fn compare_monomials(lambda: &[u64], alpha: &[u64], k: u32, d: usize, thr: usize) -> Result<Vec<u64>> {
    ensure_digits(k, d)?;
    ensure_len("alpha", alpha, lambda.len().saturating_mul(thr))?;
    let monomials = Monomials::of(d);
    let words = alpha.chunks_exact(thr.max(1)).zip(lambda).flat_map(|(alphas, lambda)| {
        let sign = (lambda >> (k - 1) & 1) << monomials.last;
        alphas.iter().map(move |alpha| monomials.products[monomials.index(*alpha)] | sign)
    });
    Ok(words.collect())
}
