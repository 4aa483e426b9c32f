//! Rotation of queries and keys by their positions (docs/protocol.md section 3.8). It is public and linear, so each server
//! rotates its own shares, and the dealer does nothing.

#[cfg(test)]
mod plain;
#[cfg(test)]
mod tests;

use crate::error::{Result, ensure, ensure_rows};

/// Most bits of a cosine.
const MOST_BITS: u32 = 30;

/// Shares of rows of one head each, rotated: `bits` finer than they were.
///
/// Values `i` and `i + frequencies.len()` of a row are a pair, which is turned by the row's position times its frequency,
/// in radians; what is behind all pairs is not turned.
///
/// # Errors
/// `E_ARGUMENT` when `words` is not a row for each position, when a row has fewer values than all pairs, and for more
/// than 30 bits.
pub fn rotate(words: &[u64], positions: &[u32], frequencies: &[f32], bits: u32) -> Result<Vec<u64>> {
    let dim = ensure_rows("words", words, positions.len())?;
    let pairs = frequencies.len();
    ensure(words.is_empty() || 2 * pairs <= dim, "a row has fewer values than its pairs")?;
    ensure(bits <= MOST_BITS, "a cosine has at most 30 bits")?;
    let mut out = Vec::with_capacity(words.len());
    let mut turns = Vec::with_capacity(pairs);
    let mut turned = None;
    for (row, position) in words.chunks_exact(dim.max(1)).zip(positions) {
        if turned != Some(*position) {
            turned = Some(*position);
            turns.clear();
            turns.extend(frequencies.iter().map(|frequency| turn(*position, *frequency, bits)));
        }
        let (low, rest) = row.split_at(pairs);
        let (high, still) = rest.split_at(pairs);
        let pair = |(a, b): (&u64, &u64), cos: u64, sin: u64| a.wrapping_mul(cos).wrapping_add(b.wrapping_mul(sin));
        let all = || low.iter().zip(high).zip(&turns);
        out.extend(all().map(|((a, b), (cos, sin))| pair((a, b), *cos, sin.wrapping_neg())));
        out.extend(all().map(|((a, b), (cos, sin))| pair((b, a), *cos, *sin)));
        out.extend(still.iter().map(|word| word << bits));
    }
    Ok(out)
}

/// Cosine and sine of a position's angle, `bits` below the point. The angle is an f32, as it is where models are trained.
fn turn(position: u32, frequency: f32, bits: u32) -> (u64, u64) {
    let angle = f64::from(position as f32 * frequency);
    let one = f64::from(1u32 << bits);
    let word = |value: f64| libm::round(value * one) as i64 as u64;
    (word(libm::cos(angle)), word(libm::sin(angle)))
}
