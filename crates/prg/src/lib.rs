//! The masks' generator: the `ChaCha20` key stream of RFC 8439 (block counter from 0) read as little-endian `u64` words
//! and addressed by position, so that any party can expand any part of a stream without the part before it.
//!
//! Two implementations with the same functions, `scalar` and `simd`; the second is used where the target has `simd128`.

#[cfg_attr(target_feature = "simd128", allow(dead_code))]
mod scalar;
#[cfg(target_feature = "simd128")]
mod simd;
mod state;
#[cfg(test)]
mod tests;

#[cfg(not(target_feature = "simd128"))]
use scalar::group;
#[cfg(target_feature = "simd128")]
use simd::group;
use state::{BLOCK_WORDS, GROUP_WORDS, State};
pub use state::{KEY_BYTES, NONCE_BYTES};

/// Words in one stream: 2^32 blocks of eight.
pub const MAX_WORDS: u64 = (1 << 32) * BLOCK_WORDS as u64;

/// One key stream: a key and a nonce. Holds no position, so it can be read anywhere, in any order.
///
/// ```
/// let stream = prg::Stream::new(&[0; 32], &[0; 12]);
/// let mut masked = [10, 20, 30];
/// stream.add(5, &mut masked);
/// assert_eq!(masked[2], 30u64.wrapping_add(stream.words(7, 1)[0]));
/// ```
#[derive(Clone)]
pub struct Stream {
    state: State,
}

impl Stream {
    /// The stream of a key and a nonce.
    #[must_use]
    pub fn new(key: &[u8; KEY_BYTES], nonce: &[u8; NONCE_BYTES]) -> Self {
        Self { state: state::initial(key, nonce) }
    }

    /// Writes the words `first ..` of the stream over `dst`.
    ///
    /// # Panics
    /// When the range ends after [`MAX_WORDS`].
    pub fn fill(&self, first: u64, dst: &mut [u64]) {
        self.combine(first, dst, |d, s| *d = s);
    }

    /// Adds the words `first ..` of the stream to `dst`.
    ///
    /// # Panics
    /// When the range ends after [`MAX_WORDS`].
    pub fn add(&self, first: u64, dst: &mut [u64]) {
        self.combine(first, dst, |d, s| *d = d.wrapping_add(s));
    }

    /// Subtracts the words `first ..` of the stream from `dst`.
    ///
    /// # Panics
    /// When the range ends after [`MAX_WORDS`].
    pub fn sub(&self, first: u64, dst: &mut [u64]) {
        self.combine(first, dst, |d, s| *d = d.wrapping_sub(s));
    }

    /// The words `first .. first + count`.
    ///
    /// # Panics
    /// When the range ends after [`MAX_WORDS`].
    #[must_use]
    pub fn words(&self, first: u64, count: usize) -> Vec<u64> {
        let mut words = vec![0; count];
        self.fill(first, &mut words);
        words
    }

    /// Walks `dst` in groups of blocks; only the first group can start inside a block.
    #[inline]
    fn combine(&self, first: u64, dst: &mut [u64], op: impl Fn(&mut u64, u64)) {
        assert!(contains(first, dst.len()), "prg: range beyond the end of the stream");
        let mut counter = first / BLOCK_WORDS as u64;
        let skip = (first % BLOCK_WORDS as u64) as usize;
        let (head, body) = dst.split_at_mut(if skip == 0 { 0 } else { (GROUP_WORDS - skip).min(dst.len()) });
        if !head.is_empty() {
            let words = group(&self.state, counter as u32);
            head.iter_mut().zip(&words[skip..]).for_each(|(d, s)| op(d, *s));
            counter += (GROUP_WORDS / BLOCK_WORDS) as u64;
        }
        for chunk in body.chunks_mut(GROUP_WORDS) {
            let words = group(&self.state, counter as u32);
            chunk.iter_mut().zip(&words).for_each(|(d, s)| op(d, *s));
            counter += (GROUP_WORDS / BLOCK_WORDS) as u64;
        }
    }
}

/// Whether the words `first .. first + count` exist.
#[must_use]
pub fn contains(first: u64, count: usize) -> bool {
    first.checked_add(count as u64).is_some_and(|end| end <= MAX_WORDS)
}

/// The low `width` bits of a word set, the others clear.
///
/// # Panics
/// When `width` is not in `1 ..= 64`.
#[must_use]
pub fn mask(width: u32) -> u64 {
    assert!((1..=64).contains(&width), "prg: width must be 1 to 64");
    u64::MAX >> (64 - width)
}
