use super::Top;
use crate::error::{Result, ensure_words};

/// The tables, to be dealt under XOR: `2^(w-1)` bits an element in words of 64.
///
/// # Errors
/// `E_ARGUMENT` unless `7 <= w <= 14` and `w < k <= 64`, or for too many elements for one call.
pub fn sign_dealer(lambda: &[u64], k: u32, w: u32) -> Result<Vec<u64>> {
    let top = Top::new(k, w)?;
    let mut words = vec![0; ensure_words(lambda.len(), top.words())?];
    for (table, lambda) in words.chunks_exact_mut(top.words()).zip(lambda) {
        let (sign, low) = top.of(*lambda & prg::mask(k));
        // Ones below `low`, all of them turned where the mask is negative.
        for (i, word) in table.iter_mut().enumerate() {
            let ones = low.saturating_sub(64 * i).min(64) as u32;
            let below = if ones == 64 { u64::MAX } else { (1 << ones) - 1 };
            *word = below ^ sign.wrapping_neg();
        }
    }
    Ok(words)
}
