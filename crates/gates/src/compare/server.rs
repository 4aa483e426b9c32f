use super::digits::{Digits, ensure_digits};
use super::monomials::Monomials;
use crate::error::{Result, ensure_len, ensure_words};
use crate::party::Party;

/// XOR shares of the digits' bits, one word for each element and threshold: bits `0 .. D` are lt, bits `D .. 2 D - 1`
/// are eq of all digits but the last. `tables` is the XOR share of [`compare_tables`](crate::compare_tables).
///
/// # Errors
/// `E_ARGUMENT` for tables of another length, or unless there are 1 to 5 digits of 1 to 11 bits that sum to `k - 1`.
pub fn compare_digits(
    party: Party,
    m: &[u64],
    thresholds: &[u64],
    tables: &[u64],
    k: u32,
    digits: &[u8],
) -> Result<Vec<u64>> {
    let digits = Digits::below_sign(k, digits)?;
    ensure_len("tables", tables, m.len().saturating_mul(digits.words))?;
    let mut shares = Vec::with_capacity(ensure_words(m.len(), thresholds.len())?);
    for (m, table) in m.iter().zip(tables.chunks_exact(digits.words)) {
        shares.extend(thresholds.iter().map(|threshold| bits(party, m.wrapping_sub(*threshold), table, &digits)));
    }
    Ok(shares)
}

/// The bits of one comparison.
#[inline]
fn bits(party: Party, m: u64, table: &[u64], digits: &Digits) -> u64 {
    let d = digits.all.len();
    let bit = |at: usize| table[at / 64] >> (at % 64) & 1;
    let mut word = 0;
    for (i, digit) in digits.all.iter().enumerate() {
        let a = digit.of(m);
        let less = bit(digit.offset + a);
        word |= less << i;
        if i + 1 < d {
            // G[-1] is a public 1, not the last bit of the table before.
            let below = if a == 0 { party.public(1) } else { bit(digit.offset + a - 1) };
            word |= (below ^ less) << (d + i);
        }
    }
    word
}

/// XOR shares (0 or 1) of GE for each element and threshold. `opened` are the masked bits, `alpha_half` this party's
/// half of their masks, `monomials` its XOR share of [`compare_monomials`](crate::compare_monomials); all are
/// `n x thr`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together, for a `k` outside 2 to 64 or more than five digits.
#[allow(clippy::too_many_arguments)] // The wires of one step.
pub fn compare_bits(
    party: Party,
    m: &[u64],
    thresholds: &[u64],
    opened: &[u64],
    alpha_half: &[u64],
    monomials: &[u64],
    k: u32,
    d: usize,
) -> Result<Vec<u64>> {
    ensure_digits(k, d)?;
    let count = ensure_words(m.len(), thresholds.len())?;
    ensure_len("opened", opened, count)?;
    ensure_len("alphaHalf", alpha_half, count)?;
    ensure_len("monomials", monomials, count)?;
    let expansions = Monomials::of(d);
    let shifted = m.iter().flat_map(|m| thresholds.iter().map(|threshold| m.wrapping_sub(*threshold)));
    let share = |(((m, u), half), dealt): (((u64, &u64), &u64), &u64)| {
        let expansion = &expansions.expansions[expansions.index(*u)];
        let public = party.public(1 ^ m >> (k - 1) ^ expansion.constant);
        let masked = (dealt & expansion.monomials).count_ones() ^ (half & expansion.singles).count_ones();
        (public ^ u64::from(masked)) & 1
    };
    Ok(shifted.zip(opened).zip(alpha_half).zip(monomials).map(share).collect())
}
