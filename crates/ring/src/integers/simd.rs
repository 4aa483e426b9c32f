//! The inner loops of [`super::Integers`] for `simd128`.
//!
//! A word is split into signed digits of 16 bits, with carry: `x = x0 + 2^16 x1 + ..`, each between `-2^15` and `2^15 - 1`.
//! `i32x4.dot_i16x8` multiplies eight digits by eight integers and adds the products in pairs. Sums of the last two digits
//! may wrap: only 32 bits of the first of them are needed, 16 of the other. The sums of digits before them are exact: they
//! are widened to 64 bits before they can pass `2^31`.

use super::{Bits, Element, LANES};
use crate::lane::padded;
use core::arch::wasm32::{
    i16x8_load_extend_i8x8, i16x8_shuffle, i32x4_add, i32x4_dot_i16x8, i64x2_add, i64x2_extend_high_i32x4,
    i64x2_extend_low_i32x4, i64x2_extract_lane, u32x4_splat, u64x2_extract_lane, v128, v128_load, v128_store, v128_xor,
};

/// Digits whose sums may wrap.
const WRAPPING: usize = 2;
/// The most digits of a word, and the most whose sums are exact.
const DIGITS: usize = 4;
const EXACT: usize = DIGITS - WRAPPING;

/// How eight elements are read.
pub trait Load: Sized {
    /// Eight elements as 16-bit integers.
    fn load(elements: &[Self; LANES]) -> v128;
}

impl Load for i16 {
    #[inline]
    fn load(elements: &[Self; LANES]) -> v128 {
        load(elements)
    }
}

impl Load for i8 {
    #[inline]
    fn load(elements: &[Self; LANES]) -> v128 {
        // SAFETY: eight bytes are read, all of them.
        unsafe { i16x8_load_extend_i8x8(elements.as_ptr()) }
    }
}

fn digits_of(bits: Bits) -> usize {
    match bits {
        Bits::Low => 2,
        Bits::Mid => 3,
        Bits::Wide => 4,
    }
}

const BALANCE: u64 = 0x8000_8000_8000_8000;

/// The signed digits of a word, the lowest first.
fn digits(word: u64) -> [i16; DIGITS] {
    // Adding 2^15 to every digit carries where the signed one is negative; each is 2^15 too large then.
    let shifted = word.wrapping_add(BALANCE) ^ BALANCE;
    core::array::from_fn(|d| (shifted >> (16 * d)) as i16)
}

/// Rows of words as products read them: a plane for each digit, padded to whole lanes.
pub(crate) struct Factors {
    planes: Vec<[i16; LANES]>,
    /// Lanes of a plane.
    width: usize,
    count: usize,
}

/// One row: its planes one after the other.
pub(crate) struct Row<'a> {
    planes: &'a [[i16; LANES]],
    count: usize,
}

impl Factors {
    pub(crate) fn new(words: &[u64], len: usize, bits: Bits) -> Self {
        let (count, width) = (digits_of(bits), len.div_ceil(LANES));
        let mut planes = vec![[0; LANES]; words.len() / len.max(1) * count * width];
        for (planes, words) in planes.chunks_exact_mut((count * width).max(1)).zip(words.chunks_exact(len.max(1))) {
            for (k, words) in words.chunks(LANES).enumerate() {
                let lane = padded(words).map(digits);
                for d in 0..count {
                    planes[d * width + k] = lane.map(|digits| digits[d]);
                }
            }
        }
        Self { planes, width, count }
    }

    pub(crate) fn row(&self, row: usize) -> Row<'_> {
        let size = self.count * self.width;
        Row { planes: &self.planes[row * size..][..size], count: self.count }
    }
}

/// The inner products of a row with vectors of its length; bits above those of a word have no meaning. `room`: how many
/// dots of a digit may be added before the sum is widened.
#[inline]
pub(crate) fn dots<E: Element, const N: usize>(x: Row, vectors: [&[[E; LANES]]; N], room: usize) -> [u64; N] {
    match x.count {
        2 => dots_of::<E, 2, N>(x.planes, vectors, usize::MAX),
        3 => dots_of::<E, 3, N>(x.planes, vectors, room),
        _ => dots_of::<E, 4, N>(x.planes, vectors, room),
    }
}

#[inline(never)]
fn dots_of<E: Element, const D: usize, const N: usize>(
    planes: &[[i16; LANES]],
    vectors: [&[[E; LANES]]; N],
    room: usize,
) -> [u64; N] {
    let width = planes.len() / D;
    let planes: [&[[i16; LANES]]; D] = core::array::from_fn(|d| &planes[d * width..][..width]);
    let vectors = vectors.map(|vector| &vector[..width]);
    let zero = u32x4_splat(0);
    let mut wide = [[zero; EXACT]; N];
    let mut wrapping = [[zero; WRAPPING]; N];
    let mut start = 0;
    while start < width {
        let end = width.min(start.saturating_add(room));
        let sums = chunk::<E, D, N>(planes.map(|plane| &plane[start..end]), vectors.map(|vector| &vector[start..end]));
        // Indices, because the compiler keeps arrays in registers only where it sees which element is meant.
        for n in 0..N {
            for d in 0..D - WRAPPING {
                let both = i64x2_add(i64x2_extend_low_i32x4(sums[n][d]), i64x2_extend_high_i32x4(sums[n][d]));
                wide[n][d] = i64x2_add(wide[n][d], both);
            }
            for d in 0..WRAPPING {
                wrapping[n][d] = i32x4_add(wrapping[n][d], sums[n][D - WRAPPING + d]);
            }
        }
        start = end;
    }
    core::array::from_fn(|n| {
        let exact = wide[n]
            .iter()
            .take(D - WRAPPING)
            .map(|sum| (i64x2_extract_lane::<0>(*sum) as u64).wrapping_add(i64x2_extract_lane::<1>(*sum) as u64));
        let wrapping = wrapping[n].iter().map(|sum| {
            let words: [i32; 4] = stored(*sum);
            i64::from(words.into_iter().fold(0, i32::wrapping_add)) as u64
        });
        joined(exact.chain(wrapping))
    })
}

/// Sums of dots by vector and digit, as far as they cannot pass `2^31`.
#[inline]
fn chunk<E: Element, const D: usize, const N: usize>(
    planes: [&[[i16; LANES]]; D],
    vectors: [&[[E; LANES]]; N],
) -> [[v128; D]; N] {
    let len = planes[0].len();
    let planes = planes.map(|plane| &plane[..len]);
    let vectors = vectors.map(|vector| &vector[..len]);
    let mut sums = [[u32x4_splat(0); D]; N];
    for k in 0..len {
        let mut x = [u32x4_splat(0); D];
        for d in 0..D {
            x[d] = load(&planes[d][k]);
        }
        for n in 0..N {
            let w = E::load(&vectors[n][k]);
            for d in 0..D {
                sums[n][d] = i32x4_add(sums[n][d], i32x4_dot_i16x8(x[d], w));
            }
        }
    }
    sums
}

/// A word from the sums of its digits.
fn joined(sums: impl Iterator<Item = u64>) -> u64 {
    sums.enumerate().fold(0, |word, (digit, sum)| word.wrapping_add(sum << (16 * digit)))
}

/// A row of sums of vectors: of digits that are exact in 64 bits, of the others in 32.
#[derive(Clone)]
pub(crate) struct Sums {
    exact: Vec<[[i64; LANES]; EXACT]>,
    wrapping: Vec<[[i32; LANES]; WRAPPING]>,
    count: usize,
}

impl Sums {
    pub(crate) fn new(width: usize, bits: Bits) -> Self {
        let count = digits_of(bits);
        let exact = vec![Default::default(); if count > WRAPPING { width } else { 0 }];
        Self { exact, wrapping: vec![Default::default(); width], count }
    }

    /// Adds vectors, each times its word.
    #[inline]
    pub(crate) fn add<E: Element, const N: usize>(&mut self, a: [u64; N], vectors: [&[[E; LANES]]; N], room: usize) {
        // All pairs of a digit are added up before they are widened, or none.
        match (self.count, room >= N.div_ceil(2)) {
            (2, _) => self.add_of::<E, 2, N, true>(a, vectors),
            (3, true) => self.add_of::<E, 3, N, true>(a, vectors),
            (3, false) => self.add_of::<E, 3, N, false>(a, vectors),
            (_, true) => self.add_of::<E, 4, N, true>(a, vectors),
            (_, false) => self.add_of::<E, 4, N, false>(a, vectors),
        }
    }

    #[inline(never)]
    fn add_of<E: Element, const D: usize, const N: usize, const ROOM: bool>(
        &mut self,
        a: [u64; N],
        vectors: [&[[E; LANES]]; N],
    ) {
        let vectors = vectors.map(|vector| &vector[..self.wrapping.len()]);
        let digits = a.map(digits);
        // By pair and digit; a vector without a partner has a factor of zero beside its own.
        let factors: [[v128; D]; N] = core::array::from_fn(|pair| {
            core::array::from_fn(|d| {
                let digit = |at: usize| digits.get(at).map_or(0, |digits| u32::from(digits[d] as u16));
                u32x4_splat(digit(2 * pair) | digit(2 * pair + 1) << 16)
            })
        });
        let pairs = N.div_ceil(2);
        for k in 0..self.wrapping.len() {
            let w: [[v128; 2]; N] = core::array::from_fn(|pair| {
                if pair >= pairs {
                    return [u32x4_splat(0); 2];
                }
                let [a, b] = [2 * pair, (2 * pair + 1).min(N - 1)].map(|at| E::load(&vectors[at][k]));
                [i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b), i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(a, b)]
            });
            for half in 0..2 {
                for d in 0..D - WRAPPING {
                    let sums = &mut self.exact[k][d][4 * half..][..4];
                    let products = (0..pairs).map(|pair| i32x4_dot_i16x8(factors[pair][d], w[pair][half]));
                    if ROOM {
                        widen(sums, products.reduce(|a, b| i32x4_add(a, b)).unwrap_or(u32x4_splat(0)));
                    } else {
                        products.for_each(|product| widen(sums, product));
                    }
                }
                for d in D - WRAPPING..D {
                    let sums = &mut self.wrapping[k][d + WRAPPING - D][4 * half..][..4];
                    let sum = (0..pairs)
                        .fold(load(sums), |sum, pair| i32x4_add(sum, i32x4_dot_i16x8(factors[pair][d], w[pair][half])));
                    store(sums, sum);
                }
            }
        }
    }

    /// The sums; bits above those of a word have no meaning.
    pub(crate) fn words(&self) -> impl Iterator<Item = u64> {
        (0..self.wrapping.len() * LANES).map(|at| {
            let (k, i) = (at / LANES, at % LANES);
            let exact = (0..self.count - WRAPPING).map(|d| self.exact[k][d][i] as u64);
            joined(exact.chain(self.wrapping[k].iter().map(|sums| i64::from(sums[i]) as u64)))
        })
    }
}

/// Adds four sums of 32 bits to four of 64.
#[inline]
fn widen(sums: &mut [i64], four: v128) {
    let (low, high) = sums.split_at_mut(2);
    store(low, i64x2_add(load(low), i64x2_extend_low_i32x4(four)));
    store(high, i64x2_add(load(high), i64x2_extend_high_i32x4(four)));
}

/// The exclusive or of nearly all bytes, in as many streams as products read.
pub(crate) fn xor<E: Element>(elements: &[[E; LANES]]) -> u64 {
    let (per, quarter) = (16 / E::BITS as usize, elements.len() / 4);
    let streams: [&[[E; LANES]]; 4] = core::array::from_fn(|i| &elements[i * quarter..][..quarter]);
    let [a, b, c, d] = streams.map(|stream| stream.chunks_exact(per));
    let mut all = [u32x4_splat(0); 4];
    for (((a, b), c), d) in a.zip(b).zip(c).zip(d) {
        for (xor, lanes) in all.iter_mut().zip([a, b, c, d]) {
            *xor = v128_xor(*xor, load(lanes));
        }
    }
    let both = all.into_iter().fold(u32x4_splat(0), |a, b| v128_xor(a, b));
    u64x2_extract_lane::<0>(both) ^ u64x2_extract_lane::<1>(both)
}

#[inline]
fn stored(vector: v128) -> [i32; 4] {
    let mut words = [0; 4];
    store(&mut words, vector);
    words
}

#[inline]
fn load<T>(elements: &[T]) -> v128 {
    debug_assert_eq!(size_of_val(elements), 16);
    // SAFETY: the elements are sixteen bytes, and vector loads need no alignment.
    unsafe { v128_load(elements.as_ptr().cast()) }
}

#[inline]
fn store<T>(elements: &mut [T], vector: v128) {
    debug_assert_eq!(size_of_val(elements), 16);
    // SAFETY: the elements are sixteen bytes, and vector stores need no alignment.
    unsafe { v128_store(elements.as_mut_ptr().cast(), vector) };
}
