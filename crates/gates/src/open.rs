//! Openings (docs/protocol.md section 1): a share plus the half of the mask goes out, both sums make the wire.

use crate::error::{Result, ensure_len, ensure_width};
use crate::words::zip;
use prg::Stream;

/// What a server sends: `(share + half) mod 2^width`, packed; bits with `xor`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ or for a width outside 1 to 64.
pub fn open_packed(share: &[u64], half: &[u64], width: u32, xor: bool) -> Result<Vec<u8>> {
    ensure_width(width)?;
    let masked = zip(share, half, |a, b| if xor { a ^ b } else { a.wrapping_add(b) })?;
    Ok(ring::pack(&masked, width))
}

/// The wire: `(mine + theirs) mod 2^width`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ or for a width outside 1 to 64.
pub fn join_words(mine: &[u64], theirs: &[u64], width: u32) -> Result<Vec<u64>> {
    ensure_width(width)?;
    let mask = prg::mask(width);
    zip(mine, theirs, |a, b| a.wrapping_add(b) & mask)
}

/// The same of `count` words from what both servers sent; bits with `xor`.
///
/// # Errors
/// `E_ARGUMENT` for bytes of another length or a width outside 1 to 64.
pub fn join_packed(mine: &[u8], theirs: &[u8], count: usize, width: u32, xor: bool) -> Result<Vec<u64>> {
    ensure_width(width)?;
    ensure_len("mine", mine, ring::packed_len(count, width))?;
    ensure_len("theirs", theirs, ring::packed_len(count, width))?;
    let mut wire = ring::unpack(theirs, width, count);
    let mask = prg::mask(width);
    for (word, mine) in wire.iter_mut().zip(ring::unpack(mine, width, count)) {
        *word = if xor { *word ^ mine } else { word.wrapping_add(mine) & mask };
    }
    Ok(wire)
}

/// The mask of a wire: the sum of both halves mod `2^width`, with `xor` their exclusive or.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64.
pub fn mask_of(streams: [&Stream; 2], count: usize, width: u32, xor: bool) -> Result<Vec<u64>> {
    ensure_width(width)?;
    let mut words = streams[0].words(0, count);
    let low = prg::mask(width);
    for (word, other) in words.iter_mut().zip(streams[1].words(0, count)) {
        *word = if xor { *word ^ other } else { word.wrapping_add(other) } & low;
    }
    Ok(words)
}

/// `a ^ b`: both steps for bits.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ.
pub fn xor_words(a: &[u64], b: &[u64]) -> Result<Vec<u64>> {
    zip(a, b, |a, b| a ^ b)
}

#[cfg(test)]
mod tests {
    use super::{join_packed, join_words, mask_of, open_packed, xor_words};
    use crate::suite::stream;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_words_join_as_words_do(seed: u8, count in 0usize..80, width in 1u32..=64, xor: bool) {
            let reduced = |seed| crate::mask_words(&stream(seed).words(0, count), width).unwrap();
            let (mine, theirs) = (reduced(seed), reduced(9));
            let joined = if xor { xor_words(&mine, &theirs) } else { join_words(&mine, &theirs, width) };
            let packed = [&mine, &theirs].map(|words| ring::pack(words, width));
            prop_assert_eq!(join_packed(&packed[0], &packed[1], count, width, xor).unwrap(), joined.clone().unwrap());
            prop_assert_eq!(open_packed(&mine, &theirs, width, xor).unwrap(), ring::pack(joined.as_ref().unwrap(), width));
            prop_assert_eq!(mask_of([&stream(seed), &stream(9)], count, width, xor).unwrap(), joined.unwrap());
        }
    }

    #[test]
    fn other_lengths_are_refused() {
        assert!(open_packed(&[1, 2], &[0; 3], 8, false).is_err());
        assert!(open_packed(&[1], &[0], 65, true).is_err());
        assert!(join_packed(&[1, 2], &[0; 3], 2, 8, false).is_err());
        assert!(join_packed(&[0; 3], &[1, 2], 2, 8, false).is_err());
        assert!(join_packed(&[0; 9], &[0; 9], 1, 65, true).is_err());
        assert!(mask_of([&stream(1), &stream(2)], 1, 0, false).is_err());
    }
}
