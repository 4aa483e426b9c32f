use super::{Jobs, Pairs, Rows};
use crate::tests::low;
use crate::word::Arithmetic;
use crate::{Panels, dot};
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

/// Both products against their definitions, pair by pair.
fn check(n: usize, dim: usize, lists: &[Vec<u32>]) {
    let (t, (starts, neurons)) = (lists.len(), listed(lists));
    let (w, x, a) = (words(1, n * dim), words(2, t * dim), words(3, neurons.len()));
    let rows = Rows::<u64>::from_words(n, dim, w.clone());
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
    let halves = Rows::<u32>::from_words(n, dim, w.clone());
    assert_eq!(halves.dots(&x, &pairs), low(&dots));
    assert_eq!(halves.combine(&a, &pairs), low(&y));
    assert_eq!(rows.dots(&x, &pairs), dots);
    assert_eq!(rows.combine(&a, &pairs), y);
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
    fn loops_equal_the_scalar_ones(dim in 0usize..40, seed: u8) {
        fn check<W: Arithmetic>(dim: usize, seed: u8) {
            let (x, all) = (words(seed, dim), words(!seed, 3 * dim));
            let (x, all) = (W::lows(&x), W::lows(&all));
            let vectors: [&[W]; 3] = core::array::from_fn(|i| &all[i * dim..][..dim]);
            assert_eq!(W::dots(&x, vectors), crate::scalar::dots(&x, vectors));
            let factors = [1, seed.into(), u64::MAX].map(W::low);
            let (mut y, mut z) = (x.to_vec(), x.to_vec());
            W::combine(factors, vectors, &mut y);
            crate::scalar::combine(factors, vectors, &mut z);
            assert_eq!(y, z);
        }
        check::<u64>(dim, seed);
        check::<u32>(dim, seed);
    }

    #[test]
    fn sums_and_orders(n in 1usize..20, dim in 1usize..20, negate: bool) {
        let start = words(4, n * dim);
        let mut by_stream = Rows::<u64>::from_words(n, dim, start.clone());
        by_stream.add_stream(&Stream::new(&[5; 32], &[0; 12]), negate);
        let mut by_rows = Rows::<u64>::from_words(n, dim, start);
        by_rows.add(&Rows::<u64>::from_words(n, dim, words(5, n * dim)), negate);
        prop_assert_eq!(&by_stream, &by_rows);
        let mut halves = Rows::<u32>::from_words(n, dim, words(4, n * dim));
        halves.add_stream(&Stream::new(&[5; 32], &[0; 12]), negate);
        prop_assert_eq!(&halves, &Rows::<u32>::from_words(n, dim, by_rows.words()));
        let order: Vec<u32> = (0..n as u32).rev().collect();
        prop_assert_eq!(by_rows.select(&order).select(&order), by_rows);
    }

    #[test]
    fn column_blocks(rows in 0usize..20, size in 0usize..20, jobs in vec((0u32..3, 0u32..4), 0..12)) {
        let (cols, (x, w)) = (4 * size + 1, (words(6, 3 * rows), words(7, rows * (4 * size + 1))));
        let (of_rows, blocks): (Vec<u32>, Vec<u32>) = jobs.iter().copied().unzip();
        let (panels, list) = (Panels::<u64>::from_words(rows, cols, &w), Jobs::new(&of_rows, &blocks, 3, 4).unwrap());
        let y = panels.mul_column_blocks(&x, &list, size);
        prop_assert_eq!(Panels::<u32>::from_words(rows, cols, &w).mul_column_blocks(&x, &list, size), low(&y));
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
        let panels = Panels::<u64>::from_words(4 * size + 1, cols, &w);
        let list = Jobs::new(&of_rows, &blocks, 3, 4).unwrap();
        let y = panels.mul_row_blocks(&x, 3, &list, size);
        let halves = Panels::<u32>::from_words(4 * size + 1, cols, &w);
        prop_assert_eq!(halves.mul_row_blocks(&x, 3, &list, size), low(&y));
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
