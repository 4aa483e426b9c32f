use crate::lane::{LANES, Lane};
use crate::{
    Panels, Rows, U48, Word, dot, pack, packed_len, quantise, rows_dot, scalar, shift_right, square_chain, unpack,
    weighted_rows,
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

/// As words of a size have them.
pub(crate) fn low<W: Word>(words: &[u64]) -> Vec<u64> {
    words.iter().map(|word| word & W::MASK).collect()
}

/// Words at random, and among them those whose digits are largest, smallest and zero.
pub(crate) fn edged(seed: u8, count: usize) -> Vec<u64> {
    let edges = [u64::MAX, 0, 0x7fff_7fff_7fff, 0x8000_8000_8000, 0x7fff_8000, 0x8000_7fff, 1 << 47, 0xff];
    let mut words = stream(seed).words(0, count);
    for (index, word) in words.iter_mut().enumerate() {
        if *word % 4 < u64::from(seed % 5) {
            *word = edges[(index + usize::from(seed)) % edges.len()];
        }
    }
    words
}

/// The same check for each size of words.
macro_rules! each_size {
    ($check:ident($($argument:expr),*)) => {
        $check::<u64>($($argument),*);
        $check::<U48>($($argument),*);
        $check::<u32>($($argument),*);
    };
}
pub(crate) use each_size;

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
        fn check<W: Word>(rows: usize, cols: usize, t: usize, seed: u8) {
            let (w, x) = (edged(seed, rows * cols), edged(!seed, t * rows));
            let y = Panels::<W>::from_words(rows, cols, &w).mul(&x, t);
            assert_eq!(y, low::<W>(&product(&w, &x, rows, cols, t)));
        }
        each_size!(check(rows, cols, t, seed));
    }

    #[test]
    fn loops_equal_the_scalar_ones(rows in 0usize..600, seed: u8) {
        fn check<W: Word>(rows: usize, seed: u8) {
            let words = edged(seed, rows * 3 * LANES);
            let lanes: Vec<W::Lane> = words.as_chunks().0.iter().map(|lane| W::Lane::of(*lane)).collect();
            let panels: [&[W::Lane]; 3] = core::array::from_fn(|i| &lanes[i * rows..][..rows]);
            let x = edged(!seed, rows);
            let y = W::row_by_panels(&W::factors(&x, rows), panels);
            assert_eq!(low::<W>(y.as_flattened()), low::<W>(scalar::row_by_panels(&x, panels).as_flattened()));
        }
        each_size!(check(rows, seed));
    }

    #[test]
    fn lanes(words: [u64; LANES], others: [u64; LANES]) {
        fn check<W: Word>(words: [u64; LANES], others: [u64; LANES]) {
            let [a, b] = [words, others].map(W::Lane::of);
            let each = |f: fn(u64, u64) -> u64| core::array::from_fn::<_, LANES, _>(|i| f(words[i], others[i]) & W::MASK);
            assert_eq!(a.words(), each(|a, _| a));
            assert_eq!(a.plus(&b).words(), each(u64::wrapping_add));
            assert_eq!(a.minus(&b), W::Lane::of(each(u64::wrapping_sub)));
        }
        each_size!(check(words, others));
    }

    #[test]
    fn limits(rows in 0usize..40, cols in 0usize..40, seed: u8, x: u64, count in 0u32..70) {
        let w = stream(seed).words(0, rows * cols);
        let all = w.iter().fold(0, |all, word| all ^ word);
        prop_assert_eq!(Panels::<u64>::from_words(rows, cols, &w).xor_words(), all);
        prop_assert_eq!(Panels::<u32>::from_words(rows, cols, &w).xor_words(), all & u64::from(u32::MAX));
        // An odd square chain ends at one: the group of odd words has 2^63 elements.
        if count < 32 { prop_assert_eq!(square_chain(x, count), x.wrapping_pow(1 << count)) }
        if count >= 64 { prop_assert_eq!(square_chain(x, count), x % 2) }
    }

    #[test]
    fn row_major_order_survives(rows in 0usize..200, cols in 0usize..40, seed: u8) {
        fn check<W: Word>(rows: usize, cols: usize, w: &[u64]) {
            assert_eq!(Panels::<W>::from_words(rows, cols, w).words(), low::<W>(w));
            assert_eq!(Rows::<W>::from_words(rows, cols, w).words(), low::<W>(w));
        }
        let w = stream(seed).words(0, rows * cols);
        each_size!(check(rows, cols, &w));
    }

    #[test]
    fn packed_pieces(rows in 1usize..20, cols in 1usize..20, piece in 1usize..50) {
        fn check<W: Word>(rows: usize, cols: usize, piece: usize) {
            let w = edged(9, rows * cols);
            let (mut panels, mut vectors) = (Panels::<W>::zeros(rows, cols), Rows::<W>::zeros(rows, cols));
            for (index, words) in w.chunks(piece).enumerate() {
                let bytes = pack(words, W::BITS);
                panels.add_packed(index * piece, &bytes);
                vectors.add_packed(index * piece, &bytes);
            }
            assert_eq!(panels, Panels::from_words(rows, cols, &w));
            assert_eq!(vectors, Rows::from_words(rows, cols, &w));
        }
        each_size!(check(rows, cols, piece));
    }

    #[test]
    fn sums(rows in 1usize..90, cols in 1usize..40, negate: bool) {
        fn check<W: Word>(rows: usize, cols: usize, negate: bool) {
            let [start, more] = [1, 2].map(|seed| stream(seed).words(0, rows * cols));
            let mut expected = start.clone();
            if negate { stream(2).sub(0, &mut expected) } else { stream(2).add(0, &mut expected) }
            let mut by_stream = Panels::<W>::from_words(rows, cols, &start);
            by_stream.add_stream(&stream(2), negate);
            let mut by_matrix = Panels::<W>::from_words(rows, cols, &start);
            by_matrix.add(&Panels::from_words(rows, cols, &more), negate);
            // Equal also in the padding.
            assert_eq!(by_stream, Panels::from_words(rows, cols, &expected));
            assert_eq!(by_stream, by_matrix);
            let mut by_stream = Rows::<W>::from_words(rows, cols, &start);
            by_stream.add_stream(&stream(2), negate);
            let mut by_rows = Rows::<W>::from_words(rows, cols, &start);
            by_rows.add(&Rows::from_words(rows, cols, &more), negate);
            assert_eq!(by_stream, Rows::from_words(rows, cols, &expected));
            assert_eq!(by_stream, by_rows);
        }
        each_size!(check(rows, cols, negate));
    }

    #[test]
    fn columns_are_columns_of_the_product(rows in 1usize..20, cols in 1usize..40, a in 0usize..40, b in 0usize..40) {
        fn check<W: Word>(rows: usize, cols: usize, from: usize, to: usize) {
            let whole = Panels::<W>::from_words(rows, cols, &stream(3).words(0, rows * cols));
            let (x, part) = (stream(4).words(0, rows), whole.columns(from, to));
            assert_eq!(part.mul(&x, 1), whole.mul(&x, 1)[from..to].to_vec());
            // Its padding is zero.
            assert_eq!(part, Panels::from_words(rows, to - from, &part.words()));
        }
        let (from, to) = (a.min(b).min(cols), a.max(b).min(cols));
        each_size!(check(rows, cols, from, to));
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
