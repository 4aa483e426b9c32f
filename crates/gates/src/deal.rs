//! Dealt words (docs/protocol.md section 1): the first server's half is its key stream, the second one's is sent.

use crate::error::{Result, ensure, ensure_width};
use prg::Stream;

/// What the second server gets: `(words - stream) mod 2^width`, packed; with `xor`, `words ^ stream`. Word `i` of the
/// stream belongs to position `i`.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64.
pub fn deal_remainder(stream: &Stream, mut words: Vec<u64>, width: u32, xor: bool) -> Result<Vec<u8>> {
    ensure_width(width)?;
    if xor {
        xor_stream(stream, &mut words);
    } else {
        stream.sub(0, &mut words);
    }
    Ok(ring::pack(&words, width))
}

fn xor_stream(stream: &Stream, words: &mut [u64]) {
    let mut buffer = [0; 256];
    let mut first = 0;
    for chunk in words.chunks_mut(buffer.len()) {
        let key = &mut buffer[..chunk.len()];
        stream.fill(first, key);
        chunk.iter_mut().zip(key).for_each(|(word, key)| *word ^= *key);
        first += chunk.len() as u64;
    }
}

/// The stream's words at `positions`, mod `2^width`: the first server's half of a few words of a large table. Costs
/// four blocks for each run of consecutive positions.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64.
pub fn prg_gather(stream: &Stream, positions: &[u32], width: u32) -> Result<Vec<u64>> {
    ensure_width(width)?;
    let mask = prg::mask(width);
    let mut words = vec![0; positions.len()];
    let mut from = 0;
    for run in positions.chunk_by(|a, b| a.checked_add(1) == Some(*b)) {
        let part = &mut words[from..from + run.len()];
        stream.fill(u64::from(run[0]), part);
        for word in part {
            *word &= mask;
        }
        from += run.len();
    }
    Ok(words)
}

/// The words of `width` bits at `positions` of packed bytes: the same for the second server.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64 or a word that does not end inside the bytes.
pub fn unpack_gather(bytes: &[u8], width: u32, positions: &[u32]) -> Result<Vec<u64>> {
    ensure_width(width)?;
    let mask = prg::mask(width);
    let bit = |position: u32| u64::from(position) * u64::from(width);
    let inside = |position: &u32| bit(*position) + u64::from(width) <= bytes.len() as u64 * 8;
    ensure(positions.iter().all(inside), "a position is not inside the bytes")?;
    Ok(positions.iter().map(|position| word_at(bytes, bit(*position)) & mask).collect())
}

/// The 64 bits that begin at a bit inside the bytes; zeros after their end.
fn word_at(bytes: &[u8], bit: u64) -> u64 {
    let rest = &bytes[(bit / 8) as usize..];
    let mut window = [0; 16];
    // Nine bytes hold any 64 bits.
    let len = rest.len().min(9);
    window[..len].copy_from_slice(&rest[..len]);
    (u128::from_le_bytes(window) >> (bit % 8)) as u64
}

#[cfg(test)]
mod tests {
    use super::{deal_remainder, prg_gather, unpack_gather};
    use crate::suite::stream;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn halves_join(seed: u8, count in 0usize..600, width in 1u32..=64, xor: bool) {
            let words = stream(seed).words(0, count);
            let bytes = deal_remainder(&stream(9), words.clone(), width, xor).unwrap();
            let halves = stream(9).words(0, count).into_iter().zip(ring::unpack(&bytes, width, count));
            let joined: Vec<u64> = halves.map(|(a, b)| if xor { a ^ b } else { a.wrapping_add(b) }).collect();
            prop_assert_eq!(ring::pack(&joined, width), ring::pack(&words, width));
        }

        #[test]
        fn gathers(seed: u8, width in 1u32..=64, positions in proptest::collection::vec(0u32..300, 0..50)) {
            let all = stream(seed).words(0, 300);
            let at: Vec<u64> = positions.iter().map(|i| all[*i as usize] & prg::mask(width)).collect();
            prop_assert_eq!(prg_gather(&stream(seed), &positions, width).unwrap(), at.clone());
            prop_assert_eq!(unpack_gather(&ring::pack(&all, width), width, &positions).unwrap(), at);
        }
    }

    #[test]
    fn gathers_pairs_and_the_last_word() {
        let all = stream(3).words(0, 64);
        assert_eq!(prg_gather(&stream(3), &[6, 7, 8, 31, 32, 33], 64).unwrap(), [6, 7, 8, 31, 32, 33].map(|i| all[i]));
        assert!(prg_gather(&stream(3), &[u32::MAX, 0], 64).is_ok());
        let bytes = ring::pack(&all[..3], 31);
        assert!(unpack_gather(&bytes, 31, &[2]).is_ok());
        assert!(unpack_gather(&bytes, 31, &[3]).is_err());
        assert!(unpack_gather(&[], 64, &[u32::MAX]).is_err());
    }
}
