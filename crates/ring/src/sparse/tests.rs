use super::{Jobs, Pairs, Rows};
use crate::lane::{LANES, Lane};
use crate::tests::{each_size, edged, low};
use crate::{Panels, U48, Word, dot, scalar};
use prg::Stream;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

fn words(seed: u8, count: usize) -> Vec<u64> {
    Stream::new(&[seed; 32], &[0; 12]).words(0, count)
}

/// Starts and neurons of the lists of all rows.
fn listed(rows: &[Vec<u32>]) -> (Vec<u32>, Vec<u32>) {
    let ends = rows.iter().scan(0, |end, row| {
        *end += row.len() as u32;
        Some(*end)
    });
    (core::iter::once(0).chain(ends).collect(), rows.concat())
}

fn equal<W: Word>(rows: &Rows<W>, (x, dots): (&[u64], &[u64]), (a, y): (&[u64], &[u64]), pairs: &Pairs) {
    assert_eq!(rows.dots(x, pairs), low::<W>(dots));
    assert_eq!(rows.combine(a, pairs), low::<W>(y));
}

/// Both products against their definitions, pair by pair.
fn check(n: usize, dim: usize, lists: &[Vec<u32>]) {
    let (t, (starts, neurons)) = (lists.len(), listed(lists));
    let (w, x, a) = (edged(1, n * dim), edged(2, t * dim), edged(3, neurons.len()));
    let pairs = Pairs::new(&starts, &neurons, n).unwrap();
    let vector = |neuron: u32| &w[neuron as usize * dim..][..dim];
    let mut y = vec![0u64; t * dim];
    let mut dots = Vec::new();
    for (r, list) in lists.iter().enumerate() {
        for neuron in list {
            let a = a[dots.len()];
            for (y, v) in y[r * dim..].iter_mut().zip(vector(*neuron)) {
                *y = y.wrapping_add(a.wrapping_mul(*v));
            }
            dots.push(dot(&x[r * dim..][..dim], vector(*neuron)));
        }
    }
    equal(&Rows::<u64>::from_words(n, dim, &w), (&x, &dots), (&a, &y), &pairs);
    equal(&Rows::<U48>::from_words(n, dim, &w), (&x, &dots), (&a, &y), &pairs);
    equal(&Rows::<u32>::from_words(n, dim, &w), (&x, &dots), (&a, &y), &pairs);
}

/// Column `c` of `x_row W`, over the matrix's rows `from ..`.
fn sum(w: &[u64], cols: usize, x: &[u64], from: usize, c: usize) -> u64 {
    let products = x.iter().enumerate().map(|(i, x)| x.wrapping_mul(w[(from + i) * cols + c]));
    products.fold(0, u64::wrapping_add)
}

proptest! {
    #[test]
    fn any_lists(dim in 0usize..40, lists in vec(btree_set(0u32..50, 0..50), 0..5)) {
        check(50, dim, &lists.into_iter().map(|list| list.into_iter().collect()).collect::<Vec<_>>());
    }

    #[test]
    fn every_neuron(n in 0usize..20, dim in 0usize..40, t in 0usize..5) {
        check(n, dim, &vec![(0..n as u32).collect(); t]);
    }

    #[test]
    fn loops_equal_the_scalar_ones(lanes in 0usize..300, seed: u8) {
        fn check<W: Word>(lanes: usize, seed: u8) {
            let all: Vec<W::Lane> =
                edged(seed, 4 * lanes * LANES).as_chunks().0.iter().map(|lane| W::Lane::of(*lane)).collect();
            let [x, vectors @ ..]: [&[W::Lane]; 4] = core::array::from_fn(|i| &all[i * lanes..][..lanes]);
            assert_eq!(low::<W>(&W::dots(x, vectors)), low::<W>(&scalar::dots(x, vectors)));
            let factors = [1, seed.into(), u64::MAX];
            let (mut y, mut z) = (vec![W::Sum::default(); lanes], vec![[0; LANES]; lanes]);
            for _ in 0..2 {
                W::combine(factors, vectors, &mut y);
                scalar::combine(factors, vectors, &mut z);
            }
            let totals: Vec<u64> = y.iter().flat_map(W::total).collect();
            assert_eq!(low::<W>(&totals), low::<W>(z.as_flattened()));
        }
        each_size!(check(lanes, seed));
    }

    #[test]
    fn orders(n in 1usize..20, dim in 1usize..20) {
        fn check<W: Word>(n: usize, dim: usize) {
            let rows = Rows::<W>::from_words(n, dim, &words(4, n * dim));
            let order: Vec<u32> = (0..n as u32).rev().collect();
            assert_eq!(rows.select(&order).select(&order), rows);
            assert_eq!(rows.select(&[0]).words(), rows.words()[..dim]);
        }
        each_size!(check(n, dim));
    }

    #[test]
    fn column_blocks(rows in 0usize..20, size in 0usize..20, jobs in vec((0u32..3, 0u32..4), 0..12)) {
        let (cols, (x, w)) = (4 * size + 1, (words(6, 3 * rows), words(7, rows * (4 * size + 1))));
        let (of_rows, blocks): (Vec<u32>, Vec<u32>) = jobs.iter().copied().unzip();
        let list = Jobs::new(&of_rows, &blocks, 3, 4).unwrap();
        let y = Panels::<u64>::from_words(rows, cols, &w).mul_column_blocks(&x, &list, size);
        prop_assert_eq!(Panels::<U48>::from_words(rows, cols, &w).mul_column_blocks(&x, &list, size), low::<U48>(&y));
        prop_assert_eq!(Panels::<u32>::from_words(rows, cols, &w).mul_column_blocks(&x, &list, size), low::<u32>(&y));
        let expected = jobs.iter().flat_map(|(row, block)| {
            let x = &x[*row as usize * rows..][..rows];
            let w = &w;
            (0..size).map(move |c| sum(w, cols, x, 0, *block as usize * size + c))
        });
        prop_assert_eq!(y, expected.collect::<Vec<_>>());
    }

    #[test]
    fn row_blocks(cols in 0usize..20, size in 0usize..20, jobs in vec((0u32..3, 0u32..4), 0..12)) {
        let (x, w) = (words(8, jobs.len() * size), words(9, (4 * size + 1) * cols));
        let (of_rows, blocks): (Vec<u32>, Vec<u32>) = jobs.iter().copied().unzip();
        let list = Jobs::new(&of_rows, &blocks, 3, 4).unwrap();
        let y = Panels::<u64>::from_words(4 * size + 1, cols, &w).mul_row_blocks(&x, 3, &list, size);
        let shorter = Panels::<U48>::from_words(4 * size + 1, cols, &w);
        prop_assert_eq!(shorter.mul_row_blocks(&x, 3, &list, size), low::<U48>(&y));
        let halves = Panels::<u32>::from_words(4 * size + 1, cols, &w);
        prop_assert_eq!(halves.mul_row_blocks(&x, 3, &list, size), low::<u32>(&y));
        let mut expected = vec![0u64; 3 * cols];
        for (k, (row, block)) in jobs.iter().enumerate() {
            for c in 0..cols {
                let y = &mut expected[*row as usize * cols + c];
                *y = y.wrapping_add(sum(&w, cols, &x[k * size..][..size], *block as usize * size, c));
            }
        }
        prop_assert_eq!(y, expected);
    }
}

#[test]
fn vectors_of_several_tiles() {
    let even: Vec<u32> = (0..60).step_by(2).collect();
    check(60, 3001, &[(0..60).collect(), vec![], even, vec![59]]);
    check(60, 3001, &[(0..60).collect()]);
}

#[test]
fn more_terms_than_a_sum_may_have() {
    let even: Vec<u32> = (0..1500).step_by(2).collect();
    check(1500, 12, &[(0..1500).collect(), even, (0..255).collect(), (1000..1257).collect()]);
    check(1500, 12, &[(0..1500).collect()]);
}

/// Every digit as far from zero as it can be: the sums of low bytes come closest to their limit.
#[test]
fn largest_digits() {
    fn check<W: Word>(w: u64, a: u64) {
        let (n, x) = (1024, vec![a; 1024]);
        let y = (n as u64).wrapping_mul(a).wrapping_mul(w) & W::MASK;
        let words = vec![w; 9 * n];
        let all: Vec<u32> = (0..n as u32).collect();
        let (many, few) = ([0, n as u32], [0, 9]);
        let pairs = Pairs::new(&many, &all, n).unwrap();
        assert_eq!(Rows::<W>::from_words(n, 9, &words).combine(&x, &pairs), vec![y; 9]);
        let pairs = Pairs::new(&few, &all[..9], 9).unwrap();
        assert_eq!(Rows::<W>::from_words(9, n, &words).dots(&x, &pairs), vec![y; 9]);
        assert_eq!(Panels::<W>::from_words(n, 9, &words).mul(&x, 1), vec![y; 9]);
    }
    for w in [0x8000_8000_8000, 0x7fff_7fff_7fff, u64::MAX, 0x8000, 0x8000_0000, 0x7fff] {
        for a in [0xff, 0x80ff_80ff_80ff, 0x7fff_7fff_7fff, 0x8000, 0x8000_8000, u64::MAX] {
            each_size!(check(w, a));
        }
    }
}

#[test]
fn pairs_that_are_refused() {
    let refused = |starts: &[u32], neurons: &[u32]| Pairs::new(starts, neurons, 3).is_none();
    assert!(refused(&[], &[]));
    assert!(refused(&[0, 1], &[]));
    assert!(refused(&[1, 1], &[0]));
    assert!(refused(&[0, 2, 1, 2], &[0, 1]));
    assert!(refused(&[0, 9, 2], &[0, 1]));
    assert!(refused(&[0, 2], &[1, 0]));
    assert!(refused(&[0, 2], &[1, 1]));
    assert!(refused(&[0, 1], &[3]));
    assert!(!refused(&[0, 1, 3], &[2, 0, 1]));
    assert!(!refused(&[0], &[]));
}

#[test]
fn jobs_that_are_refused() {
    assert!(Jobs::new(&[0], &[], 1, 1).is_none());
    assert!(Jobs::new(&[1], &[0], 1, 1).is_none());
    assert!(Jobs::new(&[0], &[1], 1, 1).is_none());
    assert!(Jobs::new(&[], &[], 0, 0).is_some());
}
