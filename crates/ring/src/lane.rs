//! Eight words side by side: what matrices and vectors are kept in.

use core::fmt::Debug;

/// Words of a lane. One of 64-bit words is one cache line.
pub(crate) const LANES: usize = 8;

/// Eight words of one size. The default is zero.
pub trait Lane: Copy + Default + Debug + Eq + 'static {
    /// The low bits of these.
    fn of(words: [u64; LANES]) -> Self;
    /// The words; bits above are zero.
    fn words(&self) -> [u64; LANES];

    /// The sum, word by word.
    #[must_use]
    fn plus(&self, other: &Self) -> Self {
        self.with(other, u64::wrapping_add)
    }
    /// The difference, word by word.
    #[must_use]
    fn minus(&self, other: &Self) -> Self {
        self.with(other, u64::wrapping_sub)
    }
    /// A function of 64-bit words whose low bits are a function of low bits.
    #[inline]
    #[must_use]
    fn with(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        let (a, b) = (self.words(), other.words());
        Self::of(core::array::from_fn(|i| combine(a[i], b[i])))
    }
}

impl Lane for [u64; LANES] {
    fn of(words: [u64; LANES]) -> Self {
        words
    }
    fn words(&self) -> [u64; LANES] {
        *self
    }
}

impl Lane for [u32; LANES] {
    fn of(words: [u64; LANES]) -> Self {
        words.map(|word| word as u32)
    }
    fn words(&self) -> [u64; LANES] {
        self.map(u64::from)
    }
}

/// Words of 48 bits as three digits between `-2^15` and `2^15`, `word = first + 2^16 second + 2^32 third`: what vector units multiply
/// and add up in pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct Lane48 {
    /// First and second digit, the first in the low half.
    pub(crate) low: [u32; LANES],
    /// Third digit.
    pub(crate) high: [u16; LANES],
}

/// Adding this to a word makes its digits those of base `2^16`, each `2^15` larger than the balanced one; the third stays.
const BALANCE: u64 = 0x8000_8000;

impl Lane48 {
    /// The digits of one word: the first two side by side, and the third.
    #[inline]
    pub(crate) fn digits(word: u64) -> (u32, u16) {
        let shifted = word.wrapping_add(BALANCE);
        (shifted as u32 ^ BALANCE as u32, (shifted >> 32) as u16)
    }
}

impl Lane for Lane48 {
    #[inline]
    fn of(words: [u64; LANES]) -> Self {
        let digits = words.map(Self::digits);
        Self { low: digits.map(|(low, _)| low), high: digits.map(|(_, high)| high) }
    }
    #[inline]
    fn words(&self) -> [u64; LANES] {
        core::array::from_fn(|i| {
            let shifted = u64::from(self.low[i] ^ BALANCE as u32) | u64::from(self.high[i]) << 32;
            shifted.wrapping_sub(BALANCE) & (u64::MAX >> 16)
        })
    }
}

/// The first words of a slice as a lane of them, with zeros after its end.
#[inline]
pub(crate) fn padded(words: &[u64]) -> [u64; LANES] {
    let mut lane = [0; LANES];
    let count = words.len().min(LANES);
    lane[..count].copy_from_slice(&words[..count]);
    lane
}

/// Words of `bits` that lie packed, little endian, at row-major positions `first ..` of rows of `cols`, as lanes: row, place of the lane in it, and its
/// words with zeros beside them.
///
/// # Panics
/// When the bytes are not whole words.
pub(crate) fn packed_lanes(
    bits: u32,
    bytes: &[u8],
    first: usize,
    cols: usize,
) -> impl Iterator<Item = (usize, usize, [u64; LANES])> {
    let size = bits as usize / 8;
    assert_eq!(bytes.len() % size, 0, "ring: whole words");
    let mut rest = bytes.chunks_exact(size);
    let mut position = first;
    core::iter::from_fn(move || {
        let (row, col) = (position / cols.max(1), position % cols.max(1));
        let (place, from) = (col / LANES, col % LANES);
        let count = rest.len().min(LANES - from).min(cols - col);
        let mut lane = [0; LANES];
        for (word, bytes) in lane[from..from + count].iter_mut().zip(&mut rest) {
            let mut wide = [0; 8];
            wide[..size].copy_from_slice(bytes);
            *word = u64::from_le_bytes(wide);
        }
        position += count;
        (count > 0).then_some((row, place, lane))
    })
}
