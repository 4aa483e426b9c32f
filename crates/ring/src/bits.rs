//! Words of `width` bits, packed contiguously, little endian: bit `j` of word `i` is bit `i * width + j` of the bytes.

const WORD: u64 = 64;

/// Bytes that `count` words of `width` bits fill; the last byte is padded with zero bits. More than an
/// address space holds is `usize::MAX`.
#[must_use]
pub fn packed_len(count: usize, width: u32) -> usize {
    usize::try_from((count as u128 * u128::from(width)).div_ceil(8)).unwrap_or(usize::MAX)
}

/// The low `width` bits of each word.
///
/// ```
/// assert_eq!(ring::pack(&[0b101, 0b011, 0b111], 3), [0b1101_1101, 0b1]);
/// ```
///
/// # Panics
/// When `width` is not in `1 ..= 64`.
#[must_use]
pub fn pack(words: &[u64], width: u32) -> Vec<u8> {
    let mask = prg::mask(width);
    let mut bytes = Vec::with_capacity(packed_len(words.len(), width) + 8);
    let (mut open, mut filled) = (0u64, 0u32);
    for word in words {
        let word = word & mask;
        open |= word << filled;
        filled += width;
        if filled >= 64 {
            bytes.extend_from_slice(&open.to_le_bytes());
            filled -= 64;
            // What did not fit: its top `filled` bits, none of them when it ended with the word.
            open = if filled == 0 { 0 } else { word >> (width - filled) };
        }
    }
    bytes.extend_from_slice(&open.to_le_bytes());
    bytes.truncate(packed_len(words.len(), width));
    bytes
}

/// The first `count` words of `width` bits.
///
/// # Panics
/// When `width` is not in `1 ..= 64` or the bytes are not exactly [`packed_len`].
#[must_use]
pub fn unpack(bytes: &[u8], width: u32, count: usize) -> Vec<u64> {
    let mask = prg::mask(width);
    assert_eq!(bytes.len(), packed_len(count, width), "ring: packed bytes");
    let source = padded_words(bytes);
    let mut words = Vec::with_capacity(count);
    // Not usize: it would wrap at half a gigabyte in WebAssembly.
    let mut bit = 0u64;
    for _ in 0..count {
        let (index, shift) = ((bit / WORD) as usize, bit % WORD);
        // Two shifts, because one by 64 is not zero.
        let next = source[index + 1] << 1 << (WORD - 1 - shift);
        words.push((source[index] >> shift | next) & mask);
        bit += u64::from(width);
    }
    words
}

/// The bytes as words, and zeros up to one whole word more, so that every word has a successor.
fn padded_words(bytes: &[u8]) -> Vec<u64> {
    let chunks = bytes.chunks_exact(8);
    let mut last = [0; 8];
    last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    let whole = chunks.map(|c| u64::from_le_bytes(c.try_into().expect("eight bytes")));
    whole.chain([u64::from_le_bytes(last), 0]).collect()
}
