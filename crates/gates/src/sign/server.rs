use super::Top;
use crate::error::{Result, ensure_len, ensure_words};
use crate::party::Party;

/// Where the word with each element's bit stands among the dealt ones.
///
/// # Errors
/// `E_ARGUMENT` unless `7 <= w <= 14` and `w < k <= 64`, or when the tables are too large for one call.
pub fn sign_positions(m: &[u64], k: u32, w: u32) -> Result<Vec<u32>> {
    let top = Top::new(k, w)?;
    ensure_words(m.len(), top.words())?;
    Ok(m.iter().enumerate().map(|(i, m)| (i * top.words() + top.shifted(*m).1 / 64) as u32).collect())
}

/// XOR shares (0 or 1) of `v >= 0`; `tables` are the shares of the words at [`sign_positions`].
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ, or unless `7 <= w <= 14` and `w < k <= 64`.
pub fn sign_server(party: Party, m: &[u64], tables: &[u64], k: u32, w: u32) -> Result<Vec<u64>> {
    let top = Top::new(k, w)?;
    ensure_len("tables", tables, m.len())?;
    let bit = |(m, table): (&u64, &u64)| {
        let (sign, low) = top.shifted(*m);
        (table >> (low % 64) & 1) ^ party.public(1 ^ sign)
    };
    Ok(m.iter().zip(tables).map(bit).collect())
}
