//! Four blocks at once with `simd128`: vector `i` holds state word `i` of four consecutive blocks, so that rounds need no
//! shuffles between lanes; one transposition at the end puts the words in stream order.

use crate::state::{COUNTER, GROUP_WORDS, Group, State};
use core::arch::wasm32::{
    i8x16_shuffle, i32x4_shuffle, u32x4, u32x4_add, u32x4_shl, u32x4_shr, u32x4_splat, u64x2_extract_lane,
    u64x2_shuffle, v128, v128_or, v128_xor,
};

type Vectors = [v128; 16];

/// The words of the blocks `counter ..`; counters beyond 2^32 wrap and are never used.
#[inline]
pub(crate) fn group(state: &State, counter: u32) -> Group {
    let mut start = state.map(|word| u32x4_splat(word));
    start[COUNTER] = u32x4_add(u32x4_splat(counter), u32x4(0, 1, 2, 3));
    let mut x = start;
    for _ in 0..10 {
        quarter(&mut x, 0, 4, 8, 12);
        quarter(&mut x, 1, 5, 9, 13);
        quarter(&mut x, 2, 6, 10, 14);
        quarter(&mut x, 3, 7, 11, 15);
        quarter(&mut x, 0, 5, 10, 15);
        quarter(&mut x, 1, 6, 11, 12);
        quarter(&mut x, 2, 7, 8, 13);
        quarter(&mut x, 3, 4, 9, 14);
    }
    for i in 0..16 {
        x[i] = u32x4_add(x[i], start[i]);
    }
    in_stream_order(&x)
}

#[inline]
fn quarter(x: &mut Vectors, a: usize, b: usize, c: usize, d: usize) {
    x[a] = u32x4_add(x[a], x[b]);
    x[d] = rotate_16(v128_xor(x[d], x[a]));
    x[c] = u32x4_add(x[c], x[d]);
    x[b] = rotate::<12>(v128_xor(x[b], x[c]));
    x[a] = u32x4_add(x[a], x[b]);
    x[d] = rotate_8(v128_xor(x[d], x[a]));
    x[c] = u32x4_add(x[c], x[d]);
    x[b] = rotate::<7>(v128_xor(x[b], x[c]));
}

#[inline]
fn rotate<const N: u32>(x: v128) -> v128 {
    v128_or(u32x4_shl(x, N), u32x4_shr(x, 32 - N))
}

/// Rotations by whole bytes are one shuffle.
#[inline]
fn rotate_16(x: v128) -> v128 {
    i8x16_shuffle::<2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13>(x, x)
}

#[inline]
fn rotate_8(x: v128) -> v128 {
    i8x16_shuffle::<3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14>(x, x)
}

#[inline]
fn in_stream_order(x: &Vectors) -> Group {
    let mut words = [0; GROUP_WORDS];
    for quad in 0..4 {
        let [a, b, c, d] = [x[4 * quad], x[4 * quad + 1], x[4 * quad + 2], x[4 * quad + 3]];
        let (ab_low, cd_low) = (i32x4_shuffle::<0, 4, 1, 5>(a, b), i32x4_shuffle::<0, 4, 1, 5>(c, d));
        let (ab_high, cd_high) = (i32x4_shuffle::<2, 6, 3, 7>(a, b), i32x4_shuffle::<2, 6, 3, 7>(c, d));
        let rows = [
            u64x2_shuffle::<0, 2>(ab_low, cd_low),
            u64x2_shuffle::<1, 3>(ab_low, cd_low),
            u64x2_shuffle::<0, 2>(ab_high, cd_high),
            u64x2_shuffle::<1, 3>(ab_high, cd_high),
        ];
        for (block, row) in rows.into_iter().enumerate() {
            words[8 * block + 2 * quad] = u64x2_extract_lane::<0>(row);
            words[8 * block + 2 * quad + 1] = u64x2_extract_lane::<1>(row);
        }
    }
    words
}
