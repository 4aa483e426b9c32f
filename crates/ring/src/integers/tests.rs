use super::{Bits, Element, Integers};
use crate::sparse::Pairs;
use crate::tests::edged;
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

/// Integers at random of magnitudes up to `most`, and among them the largest ones and zero.
fn integers(seed: u8, count: usize, most: i64) -> Vec<i64> {
    let words = edged(seed, count).into_iter().enumerate();
    words.map(|(i, word)| [most, -most, 0].get(i % 7).copied().unwrap_or(word as i64 % (most + 1))).collect()
}

/// Starts and neurons of the lists of all rows.
fn listed(rows: &[Vec<u32>]) -> (Vec<u32>, Vec<u32>) {
    let ends = rows.iter().scan(0, |end, row| {
        *end += row.len() as u32;
        Some(*end)
    });
    (core::iter::once(0).chain(ends).collect(), rows.concat())
}

/// Both products of every size of words against their definitions.
fn check<E: Element>(n: usize, dim: usize, lists: &[Vec<u32>], most: i64) {
    let (t, (starts, neurons)) = (lists.len(), listed(lists));
    let (w, x, a) = (integers(1, n * dim, most), edged(2, t * dim), edged(3, neurons.len()));
    let pairs = Pairs::new(&starts, &neurons, n).unwrap();
    let kept = Integers::<E>::new(n, dim, &w).unwrap();
    let mut y = vec![0u64; t * dim];
    let mut dots = Vec::new();
    for (r, list) in lists.iter().enumerate() {
        for neuron in list {
            let vector = &w[*neuron as usize * dim..][..dim];
            let a = a[dots.len()];
            let mut dot = 0u64;
            for (i, w) in vector.iter().enumerate() {
                let w = *w as u64;
                y[r * dim + i] = y[r * dim + i].wrapping_add(a.wrapping_mul(w));
                dot = dot.wrapping_add(x[r * dim + i].wrapping_mul(w));
            }
            dots.push(dot);
        }
    }
    for bits in [Bits::Low, Bits::Mid, Bits::Wide] {
        let low = |words: &[u64]| words.iter().map(|word| word & bits.mask()).collect::<Vec<_>>();
        assert_eq!(kept.dots(&x, &pairs, bits), low(&dots));
        assert_eq!(kept.combine(&a, &pairs, bits), low(&y));
    }
}

/// Elements of both sizes, of few bits and of all.
fn check_each(n: usize, dim: usize, lists: &[Vec<u32>]) {
    for most in [1, 4095, 9000, 20_000, i16::MOST] {
        check::<i16>(n, dim, lists, most);
    }
    for most in [3, i8::MOST] {
        check::<i8>(n, dim, lists, most);
    }
}

proptest! {
    #[test]
    fn any_lists(dim in 0usize..40, lists in vec(btree_set(0u32..50, 0..50), 0..5)) {
        check_each(50, dim, &lists.into_iter().map(|list| list.into_iter().collect()).collect::<Vec<_>>());
    }

    #[test]
    fn every_vector(n in 0usize..20, dim in 0usize..90, t in 0usize..5) {
        check_each(n, dim, &vec![(0..n as u32).collect(); t]);
    }

    #[test]
    fn orders_and_pieces(n in 1usize..20, dim in 1usize..20, piece in 1usize..30) {
        let w = integers(4, n * dim, 300);
        let whole = Integers::<i16>::new(n, dim, &w).unwrap();
        let order: Vec<u32> = (0..n as u32).rev().collect();
        prop_assert_eq!(whole.select(&order).select(&order), whole.clone());
        prop_assert_eq!(whole.values(), w.iter().map(|w| *w as i16).collect::<Vec<_>>());
        let mut pieces = Integers::<i16>::zeros(n, dim);
        for (index, values) in w.chunks(piece).enumerate() {
            prop_assert!(pieces.set(index * piece, values));
        }
        prop_assert_eq!(pieces, whole);
    }
}

/// Sums come closest to their limits: every digit and every integer as far from zero as it can be.
#[test]
fn largest_digits() {
    let (n, all): (usize, Vec<u32>) = (1024, (0..1024).collect());
    for w in [i16::MOST, -i16::MOST, 8191, -8192, 4096] {
        for a in [0x8000_8000_8000_8000, 0x7fff_7fff_7fff_7fff, 0x7fff_7fff_7fff_8000, u64::MAX, 0x8000] {
            for (bits, size) in [(Bits::Low, 32), (Bits::Mid, 48), (Bits::Wide, 64)] {
                let y = (n as u64).wrapping_mul(a).wrapping_mul(w as u64) & (u64::MAX >> (64 - size));
                let (many, few) = ([0, n as u32], [0, 9]);
                let pairs = Pairs::new(&many, &all, n).unwrap();
                assert_eq!(
                    Integers::<i16>::new(n, 9, &vec![w; 9 * n]).unwrap().combine(&vec![a; n], &pairs, bits),
                    [y; 9]
                );
                let pairs = Pairs::new(&few, &all[..9], 9).unwrap();
                assert_eq!(
                    Integers::<i16>::new(9, n, &vec![w; 9 * n]).unwrap().dots(&vec![a; n], &pairs, bits),
                    [y; 9]
                );
            }
        }
    }
}

#[test]
fn integers_that_are_too_large() {
    assert!(Integers::<i16>::new(1, 2, &[0, i64::from(i16::MIN)]).is_none());
    assert!(Integers::<i8>::new(1, 2, &[128, 0]).is_none());
    assert!(Integers::<i8>::new(1, 2, &[-127, 127]).is_some());
    let mut kept = Integers::<i8>::new(1, 2, &[1, 2]).unwrap();
    assert!(!kept.set(0, &[5, 128]));
    assert_eq!(kept.values(), [1, 2]);
}
