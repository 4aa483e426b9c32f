use crate::compare::{Digits, set_bits};
use crate::error::{Result, ensure_len, ensure_words};
use crate::party::Party;

/// The tables of every element's digits: `n x ceil(sum 2^w_i / 64)` words, bit after bit, the first digit's first,
/// little endian. First digit: the sign of `a - b_0` modulo `2^w_0`; others: `[a < b_i]`.
///
/// # Errors
/// `E_ARGUMENT` unless there are 1 to 5 digits of 1 to 11 bits that sum to `k`.
pub fn window_tables(lambda: &[u64], k: u32, widths: &[u8]) -> Result<Vec<u64>> {
    let digits = Digits::new(k, widths)?;
    let mut tables = vec![0; ensure_words(lambda.len(), digits.words)?];
    for (table, lambda) in tables.chunks_exact_mut(digits.words).zip(lambda) {
        for (i, digit) in digits.all.iter().enumerate() {
            let (from, b) = (digit.offset, digit.of(*lambda));
            if i > 0 {
                set_bits(table, from, from + b);
                continue;
            }
            // The half circle before b is negative.
            let (half, full) = (digit.count() / 2, digit.count());
            if b >= half {
                set_bits(table, from + b - half, from + b);
            } else {
                set_bits(table, from, from + b);
                set_bits(table, from + b + half, from + full);
            }
        }
    }
    Ok(tables)
}

/// XOR shares of the digits' bits, one word for each element and threshold: bit 0 is the first digit's sign, bits
/// `1 .. D` are lt of the others, bits `D .. 2 D - 1` are eq of all digits but the last. `tables` is the XOR share of
/// [`window_tables`].
///
/// # Errors
/// `E_ARGUMENT` for tables of another length, or digits as for [`window_tables`].
pub fn window_digits(
    party: Party,
    m: &[u64],
    thresholds: &[u64],
    tables: &[u64],
    k: u32,
    widths: &[u8],
) -> Result<Vec<u64>> {
    let digits = Digits::new(k, widths)?;
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
            let below = match (i, a) {
                // Around the circle.
                (0, 0) => bit(digit.offset + digit.count() - 1),
                // G[-1] is a public 1.
                (_, 0) => party.public(1),
                _ => bit(digit.offset + a - 1),
            };
            word |= (below ^ less) << (d + i);
        }
    }
    word
}
