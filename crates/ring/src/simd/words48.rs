//! Loops over 48-bit words by their digits in base `2^16` ([`Lane48`]): vector units multiply eight pairs of digits and add them up two by two
//! in one instruction, `i32x4.dot_i16x8`.
//!
//! With digits `a0, a1, a2` and `w0, w1, w2` a product is `a0 w0 + 2^16 (a0 w1 + a1 w0) + 2^32 (a0 w2 + a1 w1 + a2 w0)` modulo `2^48`. Of the second part
//! 32 bits are needed, of the third 16: their sums may wrap. The first must not, so it is summed in two halves, of the low and the high
//! byte of `a0`; two terms of it come out of one instruction.

use crate::lane::{LANES, Lane48};
use core::arch::wasm32::{
    i16x8_add, i16x8_mul, i16x8_shuffle, i32x4_add, i32x4_dot_i16x8, i32x4_shl, i32x4_shr, u32x4_splat,
    u64x2_extract_lane, v128, v128_and, v128_load, v128_load32_splat, v128_store, v128_xor,
};
use core::hint::black_box;

/// A low byte times a digit is less than `2^23`, and a sum of them must be less than `2^31`.
pub(crate) const TERMS: usize = 256;

pub(crate) const TOGETHER: usize = 2;

/// The digits of two words as the instructions take them, side by side in 32 bits.
#[derive(Clone, Copy)]
pub struct Factor {
    /// Low bytes of the first digits of both.
    bytes: u32,
    /// High bytes of them, with their signs.
    rests: u32,
    /// Of each the second digit, and above it the first.
    seconds: [u32; 2],
    /// Of each the third digit, and above it the second.
    thirds: [u32; 2],
    /// Of each the first digit, twice.
    firsts: [u32; 2],
}

pub(crate) fn factor(words: &[u64]) -> Factor {
    let digits = [0, 1].map(|i| Lane48::digits(words.get(i).copied().unwrap_or(0)));
    let firsts = digits.map(|(low, _)| low as u16);
    let side_by_side = |digits: [u16; 2]| u32::from(digits[0]) | u32::from(digits[1]) << 16;
    Factor {
        bytes: side_by_side(firsts.map(|first| first & 0xff)),
        rests: side_by_side(firsts.map(|first| (first as i16 >> 8) as u16)),
        seconds: digits.map(|(low, _)| low.rotate_left(16)),
        thirds: digits.map(|(low, high)| low & 0xffff_0000 | u32::from(high)),
        firsts: firsts.map(|first| side_by_side([first; 2])),
    }
}

/// Parts of eight sums: of each half of the lane those of low bytes, of high bytes, of `2^16` and of `2^32` by two digits; of the
/// whole lane that of `2^32` by the words' third digits.
#[derive(Clone, Copy)]
pub struct Sum {
    halves: [[v128; 4]; 2],
    thirds: v128,
}

impl Default for Sum {
    fn default() -> Self {
        let zero = u32x4_splat(0);
        Self { halves: [[zero; 4]; 2], thirds: zero }
    }
}

pub(crate) fn total(sum: &Sum) -> [u64; LANES] {
    let thirds: [u16; LANES] = stored(sum.thirds);
    let halves = sum.halves.map(|parts| parts.map(stored::<[i32; 4]>));
    core::array::from_fn(|i| {
        let part = |which: usize| i64::from(halves[i / 4][which][i % 4]) as u64;
        joined(part(0), part(1), part(2), part(3), u64::from(thirds[i]))
    })
}

fn joined(bytes: u64, rests: u64, seconds: u64, thirds: u64, others: u64) -> u64 {
    let high = thirds.wrapping_add(others) << 32;
    bytes.wrapping_add(rests << 8).wrapping_add(seconds << 16).wrapping_add(high)
}

/// A factor in every place of vectors.
#[derive(Clone, Copy)]
struct Splats {
    bytes: v128,
    rests: v128,
    seconds: [v128; 2],
    thirds: [v128; 2],
    firsts: [v128; 2],
}

impl Splats {
    #[inline]
    fn of(factor: &Factor, splat: impl Fn(&u32) -> v128) -> Self {
        let both = |two: &[u32; 2]| two.each_ref().map(&splat);
        Self {
            bytes: splat(&factor.bytes),
            rests: splat(&factor.rests),
            seconds: both(&factor.seconds),
            thirds: both(&factor.thirds),
            firsts: both(&factor.firsts),
        }
    }
}

/// Adds lanes to a sum, at most four, each times its factor.
#[inline]
fn add<const N: usize>(factors: &[Splats; 2], lanes: [&Lane48; N], sum: &mut Sum) {
    // A lane without a partner has a factor of zero beside its own.
    let both = |pair: usize| [2 * pair, 2 * pair + 1].map(|lane| lanes[lane.min(N - 1)]);
    let pairs = N.div_ceil(2);
    // Part by part, so that one sum at a time is in a register.
    for (half, [bytes, rests, seconds, thirds]) in sum.halves.iter_mut().enumerate() {
        let words: [_; 2] = core::array::from_fn(|pair| both(pair).map(|lane| load(&lane.low[4 * half..][..4])));
        let firsts = words.map(|[a, b]| i16x8_shuffle::<0, 9, 2, 11, 4, 13, 6, 15>(a, i32x4_shl(b, 16)));
        let added = |sum, digits, words| i32x4_add(sum, i32x4_dot_i16x8(digits, words));
        let both_added =
            |sum, digits: [v128; 2], words: [v128; 2]| added(added(sum, digits[0], words[0]), digits[1], words[1]);
        *seconds = (0..pairs).fold(*seconds, |sum, pair| both_added(sum, factors[pair].seconds, words[pair]));
        *thirds = (0..pairs).fold(*thirds, |sum, pair| both_added(sum, factors[pair].thirds, words[pair]));
        *rests = (0..pairs).fold(*rests, |sum, pair| added(sum, factors[pair].rests, firsts[pair]));
        *bytes = (0..pairs).fold(*bytes, |sum, pair| added(sum, factors[pair].bytes, firsts[pair]));
    }
    let highs = (0..pairs).flat_map(|pair| factors[pair].firsts.into_iter().zip(both(pair)));
    sum.thirds = highs.fold(sum.thirds, |sum, (first, lane)| i16x8_add(sum, i16x8_mul(first, load(&lane.high))));
}

#[inline(never)]
pub(crate) fn row_by_panels<const N: usize>(x: &[Factor], panels: [&[Lane48]; N]) -> [[u64; LANES]; N] {
    let mut totals = [[0u64; LANES]; N];
    for (index, x) in x.chunks(TERMS / 2).enumerate() {
        let panels = panels.map(|panel| &panel[index * TERMS..panel.len().min((index + 1) * TERMS)]);
        let mut sums = [Sum::default(); N];
        for (k, both) in x.chunks(2).enumerate() {
            let factors = [0, 1].map(|i| Splats::of(both.get(i).unwrap_or(&both[0]), loaded));
            for (sum, panel) in sums.iter_mut().zip(&panels) {
                match panel[4 * k..] {
                    [ref a, ref b, ref c, ref d, ..] => add(&factors, [a, b, c, d], sum),
                    [ref a, ref b, ref c] => add(&factors, [a, b, c], sum),
                    [ref a, ref b] => add(&factors, [a, b], sum),
                    [ref a] => add(&factors, [a], sum),
                    [] => (),
                }
            }
        }
        for (totals, sum) in totals.iter_mut().zip(&sums) {
            for (all, some) in totals.iter_mut().zip(total(sum)) {
                *all = all.wrapping_add(some);
            }
        }
    }
    totals
}

#[inline]
pub(crate) fn xor_panels<const N: usize>(panels: [&[Lane48]; N]) -> u64 {
    let panels = panels.map(|panel| &panel[..panels[0].len()]);
    let mut all = [u32x4_splat(0); 3];
    for k in 0..panels[0].len() {
        for panel in panels {
            let Lane48 { low, high } = &panel[k];
            for (xor, words) in all.iter_mut().zip([load(&low[..4]), load(&low[4..]), load(high)]) {
                *xor = v128_xor(*xor, words);
            }
        }
    }
    let both = all.into_iter().fold(u32x4_splat(0), |a, b| v128_xor(a, b));
    u64x2_extract_lane::<0>(both) ^ u64x2_extract_lane::<1>(both)
}

/// Lanes whose words [`dots`] may add up: both halves of a lane go to one sum.
const LANE_TERMS: usize = TERMS / 2;

#[inline(never)]
pub(crate) fn dots<const N: usize>(x: &[Lane48], vectors: [&[Lane48]; N]) -> [u64; N] {
    let mut totals = [0u64; N];
    for (index, x) in x.chunks(LANE_TERMS).enumerate() {
        let vectors = vectors.map(|vector| &vector[index * LANE_TERMS..][..x.len()]);
        let mut sums = [[u32x4_splat(0); 5]; N];
        for (k, x) in x.iter().enumerate() {
            let halves = [0, 4].map(|from| load(&x.low[from..from + 4]));
            let third = load(&x.high);
            // Even places of both halves: the first digits of all words.
            let first = i16x8_shuffle::<0, 2, 4, 6, 8, 10, 12, 14>(halves[0], halves[1]);
            for (from, low) in halves.into_iter().enumerate() {
                let bytes = v128_and(low, u32x4_splat(0xff));
                let rests = v128_and(i32x4_shr(i32x4_shl(low, 16), 24), u32x4_splat(0xffff));
                let seconds = i16x8_shuffle::<1, 0, 3, 2, 5, 4, 7, 6>(low, low);
                // The half's third digits, each below the second of its word.
                let thirds = if from == 0 {
                    i16x8_shuffle::<8, 1, 9, 3, 10, 5, 11, 7>(low, third)
                } else {
                    i16x8_shuffle::<12, 1, 13, 3, 14, 5, 15, 7>(low, third)
                };
                for (sums, vector) in sums.iter_mut().zip(&vectors) {
                    let words = load(&vector[k].low[4 * from..][..4]);
                    for (sum, digits) in sums.iter_mut().zip([bytes, rests, seconds, thirds]) {
                        *sum = i32x4_add(*sum, i32x4_dot_i16x8(digits, words));
                    }
                }
            }
            for (sums, vector) in sums.iter_mut().zip(&vectors) {
                sums[4] = i16x8_add(sums[4], i16x8_mul(first, load(&vector[k].high)));
            }
        }
        for (total, sums) in totals.iter_mut().zip(&sums) {
            let [bytes, rests, seconds, thirds] = core::array::from_fn(|i| {
                stored::<[i32; 4]>(sums[i]).into_iter().map(|part| i64::from(part) as u64).fold(0, u64::wrapping_add)
            });
            let others = stored::<[u16; LANES]>(sums[4]).into_iter().map(u64::from).sum();
            *total = total.wrapping_add(joined(bytes, rests, seconds, thirds, others));
        }
    }
    totals
}

#[inline(never)]
pub(crate) fn combine<const N: usize>(a: [u64; N], vectors: [&[Lane48]; N], y: &mut [Sum]) {
    let vectors = vectors.map(|vector| &vector[..y.len()]);
    // The compiler would make vectors that it sees through again for each lane.
    let factors =
        [0, 2].map(|i| Splats::of(&factor(&a[N.min(i)..N.min(i + 2)]), |digits| black_box(u32x4_splat(*digits))));
    for (k, y) in y.iter_mut().enumerate() {
        add(&factors, vectors.map(|vector| &vector[k]), y);
    }
}

/// Sixteen bytes.
trait Sixteen: Default {}
impl Sixteen for [i32; 4] {}
impl Sixteen for [u16; 8] {}

#[inline]
fn stored<T: Sixteen>(vector: v128) -> T {
    let mut words = T::default();
    // SAFETY: the words are sixteen bytes, and vector stores need no alignment.
    unsafe { v128_store((&raw mut words).cast(), vector) };
    words
}

#[inline]
#[allow(clippy::trivially_copy_pass_by_ref)] // It is loaded into every place at once.
fn loaded(digits: &u32) -> v128 {
    // SAFETY: a reference.
    unsafe { v128_load32_splat(digits) }
}

#[inline]
fn load<T>(words: &[T]) -> v128 {
    debug_assert_eq!(size_of_val(words), 16);
    // SAFETY: the words are sixteen bytes, and vector loads need no alignment.
    unsafe { v128_load(words.as_ptr().cast()) }
}
