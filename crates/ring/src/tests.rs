use crate::word::Arithmetic;
use crate::{
    Panels, Rows, dot, pack, packed_len, quantise, rows_dot, shift_right, square_chain, unpack, weighted_rows,
};
use prg::Stream;
use proptest::collection::vec;
use proptest::prelude::*;

fn stream(seed: u8) -> Stream {
    Stream::new(&[seed; 32], &[0; 12])
}

/// `x W` as the definition says.
fn product(w: &[u64], x: &[u64], rows: usize, cols: usize, t: usize) -> Vec<u64> {
    let at = |i: usize| (0..rows).map(move |r| x[i / cols * rows + r].wrapping_mul(w[r * cols + i % cols]));
    (0..t * cols).map(|i| at(i).fold(0, u64::wrapping_add)).collect()
}

/// Modulo `2^32`.
pub(crate) fn low(words: &[u64]) -> Vec<u64> {
    words.iter().map(|word| word & u64::from(u32::MAX)).collect()
}

/// Packing bit by bit.
fn pack_bits(words: &[u64], width: u32) -> Vec<u8> {
    let mut bytes = vec![0; packed_len(words.len(), width)];
    let bits = words.iter().flat_map(|w| (0..width).map(move |j| (w >> j & 1) as u8));
    bits.enumerate().for_each(|(i, bit)| bytes[i / 8] |= bit << (i % 8));
    bytes
}

proptest! {
    #[test]
    fn products(rows in 0usize..40, cols in 0usize..40, t in 0usize..6, seed: u8) {
        let (w, x) = (stream(seed).words(0, rows * cols), stream(!seed).words(0, t * rows));
        let (panels, expected) = (Panels::<u64>::from_words(rows, cols, &w), product(&w, &x, rows, cols, t));
        prop_assert_eq!(Panels::<u32>::from_words(rows, cols, &w).mul(&x, t), low(&expected));
        prop_assert_eq!(panels.mul(&x, t), expected);
    }

    #[test]
    fn loops_equal_the_scalar_ones(rows in 0usize..40, seed: u8) {
        fn check<W: Arithmetic + core::ops::BitXor<Output = W>>(rows: usize, seed: u8) {
            let lanes: Vec<[W; 8]> = stream(seed).words(0, rows * 24).as_chunks().0.iter().map(|lane| lane.map(W::low)).collect();
            let panels: [&[[W; 8]]; 3] = core::array::from_fn(|i| &lanes[i * rows..][..rows]);
            let words = stream(!seed).words(0, rows);
            let x = W::lows(&words);
            assert_eq!(W::row_by_panels(&x, panels), crate::scalar::row_by_panels(&x, panels));
            assert_eq!(W::xor_panels(panels), crate::scalar::xor_panels(panels));
        }
        check::<u64>(rows, seed);
        check::<u32>(rows, seed);
    }

    #[test]
    fn limits(rows in 0usize..40, cols in 0usize..40, seed: u8, x: u64, count in 0u32..70) {
        let w = stream(seed).words(0, rows * cols);
        prop_assert_eq!(Panels::<u64>::from_words(rows, cols, &w).xor_words(), w.iter().fold(0, |all, word| all ^ word));
        // An odd square chain ends at one: the group of odd words has 2^63 elements.
        if count < 32 { prop_assert_eq!(square_chain(x, count), x.wrapping_pow(1 << count)) }
        if count >= 64 { prop_assert_eq!(square_chain(x, count), x % 2) }
    }

    #[test]
    fn row_major_order_survives(rows in 0usize..200, cols in 0usize..40, seed: u8) {
        let w = stream(seed).words(0, rows * cols);
        prop_assert_eq!(Panels::<u32>::from_words(rows, cols, &w).words(), low(&w));
        prop_assert_eq!(Panels::<u64>::from_words(rows, cols, &w).words(), w);
    }

    #[test]
    fn packed_pieces(rows in 1usize..20, cols in 1usize..20, piece in 1usize..50) {
        let w = stream(9).words(0, rows * cols);
        let (mut panels, mut halves) = (Panels::<u64>::zeros(rows, cols), Panels::<u32>::zeros(rows, cols));
        let (mut vectors, mut short) = (Rows::<u64>::zeros(rows, cols), Rows::<u32>::zeros(rows, cols));
        for (index, words) in w.chunks(piece).enumerate() {
            let (wide, low) = (pack(words, 64), pack(words, 32));
            panels.add_packed(index * piece, &wide);
            vectors.add_packed(index * piece, &wide);
            halves.add_packed(index * piece, &low);
            short.add_packed(index * piece, &low);
        }
        prop_assert_eq!(panels, Panels::from_words(rows, cols, &w));
        prop_assert_eq!(halves, Panels::from_words(rows, cols, &w));
        prop_assert_eq!(vectors, Rows::from_words(rows, cols, w.clone()));
        prop_assert_eq!(short, Rows::from_words(rows, cols, w));
    }

    #[test]
    fn sums(rows in 1usize..90, cols in 1usize..40, negate: bool) {
        let start = stream(1).words(0, rows * cols);
        let mut by_stream = Panels::<u64>::from_words(rows, cols, &start);
        by_stream.add_stream(&stream(2), negate);
        let mut by_matrix = Panels::<u64>::from_words(rows, cols, &start);
        by_matrix.add(&Panels::<u64>::from_words(rows, cols, &stream(2).words(0, rows * cols)), negate);
        let mut expected = start;
        if negate { stream(2).sub(0, &mut expected) } else { stream(2).add(0, &mut expected) }
        prop_assert_eq!(by_stream.words(), expected.clone());
        let mut halves = Panels::<u32>::from_words(rows, cols, &stream(1).words(0, rows * cols));
        halves.add_stream(&stream(2), negate);
        prop_assert_eq!(halves, Panels::<u32>::from_words(rows, cols, &by_stream.words()));
        // Equal also in the padding.
        prop_assert_eq!(&by_stream, &by_matrix);
        prop_assert_eq!(by_stream, Panels::<u64>::from_words(rows, cols, &expected));
    }

    #[test]
    fn columns_are_columns_of_the_product(rows in 1usize..20, cols in 1usize..40, a in 0usize..40, b in 0usize..40) {
        let (from, to) = (a.min(b).min(cols), a.max(b).min(cols));
        let whole = Panels::<u64>::from_words(rows, cols, &stream(3).words(0, rows * cols));
        let x = stream(4).words(0, rows);
        prop_assert_eq!(whole.columns(from, to).mul(&x, 1), whole.mul(&x, 1)[from..to].to_vec());
    }

    #[test]
    fn packing(words in vec(any::<u64>(), 0..70), width in 1u32..=64) {
        let bytes = pack(&words, width);
        prop_assert_eq!(&bytes, &pack_bits(&words, width));
        let low: Vec<u64> = words.iter().map(|w| w & prg::mask(width)).collect();
        prop_assert_eq!(unpack(&bytes, width, words.len()), low);
    }

    #[test]
    fn slices(n in 1usize..20, h in 1usize..20) {
        let (a, x, p) = (stream(5).words(0, n * h), stream(6).words(0, h), stream(7).words(0, n));
        let by_rows: Vec<u64> = a.chunks(h).map(|row| dot(row, &x)).collect();
        prop_assert_eq!(rows_dot(&a, &x), by_rows);
        prop_assert_eq!(weighted_rows(&p, &a, h), product(&a, &p, n, h, 1));
    }
}

#[test]
fn wide_matrices_are_reordered_in_several_tiles() {
    let w = stream(8).words(0, 9 * 40_003);
    let panels = Panels::<u64>::from_words(9, 40_003, &w);
    assert_eq!(panels.words(), w);
}

#[test]
fn quantisation_rounds_half_to_even_and_refuses() {
    let words = quantise(&[0.5, 1.5, -0.5, -1.5, 2.25, -0.0], 0).unwrap();
    assert_eq!(words, [0, 2, 0, 2u64.wrapping_neg(), 2, 0]);
    assert_eq!(quantise(&[1.0], 39).unwrap(), [1 << 39]);
    for bad in [f32::NAN, f32::INFINITY, 2.0, -2.0] {
        assert_eq!(quantise(&[0.0, bad], 39).unwrap_err().index, 1);
    }
}

#[test]
fn shifts_reduce_first() {
    let mut words = [0b1_1011_0110];
    shift_right(&mut words, 8, 2);
    assert_eq!(words, [0b10_1101]);
}
