use super::{plain, rotate};
use crate::suite::{PARTIES, Wire, join, random};
use proptest::collection::vec;
use proptest::prelude::*;

/// The shares of a wire itself.
fn shares(x: &Wire) -> [Vec<u64>; 2] {
    [0, 1].map(|p| {
        let parts = x.m.iter().zip(&x.halves[p]);
        parts.map(|(m, half)| PARTIES[p].public(*m).wrapping_sub(*half)).collect()
    })
}

proptest! {
    #[test]
    fn equals_plain(
        positions in vec(prop_oneof![0u32..4, 0u32..200_000], 0..6),
        frequencies in vec(0f32..=1.0, 0..5),
        still in 0usize..3,
        (width, bits) in (20u32..=64, 0u32..=15),
        seed: u8,
    ) {
        let dim = 2 * frequencies.len() + still;
        let x = Wire::new(seed, &random(seed ^ 1, positions.len() * dim, width), width);
        let rotated = shares(&x).map(|own| rotate(&own, &positions, &frequencies, bits).unwrap());
        let values: Vec<i128> = x.m.iter().zip(&x.lambda).map(|(m, l)| i128::from(*m) - i128::from(*l)).collect();
        let expected: Vec<u64> = (0..values.len())
            .map(|at| {
                let (row, i) = (at / dim, at % dim);
                plain::rotated(&values[row * dim..][..dim], i, positions[row], &frequencies, bits) as u64
            })
            .collect();
        prop_assert_eq!(join(&rotated, width), crate::mask_words(&expected, width).unwrap());
    }

    #[test]
    fn scores_depend_on_distances_only(from in 0u32..1000, by in 0u32..1000, distance in 0u32..50, seed: u8) {
        let frequencies = [1.0, 0.25, 0.01];
        let at = |position: u32, part: u8| -> Vec<f64> {
            let row: Vec<u64> = random(seed ^ part, 6, 10);
            let words = rotate(&row, &[position], &frequencies, 20).unwrap();
            words.iter().map(|word| *word as i64 as f64 / f64::from(1 << 20)).collect()
        };
        let score = |q: u32| at(q + distance, 0).iter().zip(at(q, 1)).map(|(q, k)| q * k).sum::<f64>();
        let (before, after) = (score(from), score(from + by));
        prop_assert!((before - after).abs() < 1e-3 * (1.0 + before.abs()) * 10.0, "{before} {after}");
    }
}

#[test]
fn position_zero_turns_nothing() {
    assert_eq!(rotate(&[1, 2, 3, 4, 5], &[0], &[1.0, 0.5], 3).unwrap(), [8, 16, 24, 32, 40]);
}

#[test]
fn refuses_what_does_not_fit() {
    assert_eq!(rotate(&[], &[], &[1.0], 12).unwrap(), [0; 0]);
    assert!(rotate(&[1, 2, 3], &[0, 1], &[], 12).is_err(), "rows");
    assert!(rotate(&[1, 2, 3], &[0], &[1.0, 1.0], 12).is_err(), "pairs");
    assert!(rotate(&[1, 2], &[0], &[1.0], 31).is_err(), "bits");
}
