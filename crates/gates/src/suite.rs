//! What the gates' suites share: masks, halves and the two servers of a simulated run.

use crate::party::Party;
use prg::Stream;

/// Both servers.
pub(crate) const PARTIES: [Party; 2] = [Party::FIRST, Party::SECOND];

/// Randomness of a seed.
pub(crate) fn stream(seed: u8) -> Stream {
    Stream::new(&[seed; 32], &[7; 12])
}

/// Random words of `width` bits.
pub(crate) fn random(seed: u8, count: usize, width: u32) -> Vec<u64> {
    stream(seed).words(0, count).iter().map(|word| word & prg::mask(width)).collect()
}

/// Shares of words modulo `2^width`, one for each server.
pub(crate) fn split(seed: u8, words: &[u64], width: u32) -> [Vec<u64>; 2] {
    let first = random(seed, words.len(), width);
    let second = words.iter().zip(&first).map(|(word, half)| word.wrapping_sub(*half) & prg::mask(width)).collect();
    [first, second]
}

/// XOR shares of words.
pub(crate) fn split_bits(seed: u8, words: &[u64], width: u32) -> [Vec<u64>; 2] {
    let first = random(seed, words.len(), width);
    let second = words.iter().zip(&first).map(|(word, half)| word ^ half).collect();
    [first, second]
}

/// The sum of both shares modulo `2^width`.
pub(crate) fn join(shares: &[Vec<u64>; 2], width: u32) -> Vec<u64> {
    crate::join_words(&shares[0], &shares[1], width).unwrap()
}

/// A masked wire as all parties hold it together.
pub(crate) struct Wire {
    pub(crate) m: Vec<u64>,
    pub(crate) lambda: Vec<u64>,
    pub(crate) halves: [Vec<u64>; 2],
}

impl Wire {
    /// Values under a random mask.
    pub(crate) fn new(seed: u8, values: &[u64], width: u32) -> Self {
        Self::masked(values, random(seed, values.len(), width), !seed, width)
    }

    /// Values under a chosen mask.
    pub(crate) fn masked(values: &[u64], lambda: Vec<u64>, seed: u8, width: u32) -> Self {
        let m = crate::join_words(values, &lambda, width).unwrap();
        let halves = split(seed, &lambda, width);
        Self { m, lambda, halves }
    }
}

/// Words of `width` bits that carry into every edge: 0, 1, all ones, around the most significant bit.
pub(crate) fn edges(width: u32) -> Vec<u64> {
    let (mask, top) = (prg::mask(width), 1 << (width - 1));
    [0, 1, 2, top - 1, top, top + 1, mask - 1, mask].into_iter().map(|word: u64| word & mask).collect()
}

/// Sign-extends a word of `width` bits.
pub(crate) fn signed(word: u64, width: u32) -> i64 {
    (word << (64 - width)) as i64 >> (64 - width)
}
