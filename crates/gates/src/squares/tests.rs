use super::{plain, sum_squares_dealer, sum_squares_server};
use crate::party::Party;
use crate::suite::{PARTIES, Wire, join, random, split};
use proptest::prelude::*;

proptest! {
    #[test]
    fn equals_plain(rows in 1usize..5, cols in 1usize..20, width in 1u32..=64, seed: u8) {
        // The wire is narrower than the sum only when its values, not words, are squared: lift them, as the plan does.
        let values = random(seed, rows * cols, width);
        let x = Wire::new(seed ^ 1, &values, width);
        let gamma = split(seed ^ 2, &sum_squares_dealer(&x.lambda, rows).unwrap(), width);
        let shares = [0, 1].map(|p| sum_squares_server(PARTIES[p], &x.m, &x.halves[p], &gamma[p], rows).unwrap());
        prop_assert_eq!(join(&shares, width), crate::mask_words(&plain::sum_squares(&values, rows), width).unwrap());
    }
}

#[test]
fn empty_and_wrong_shapes() {
    assert_eq!(sum_squares_dealer(&[], 2).unwrap(), [0, 0]);
    assert_eq!(sum_squares_server(Party::FIRST, &[], &[], &[5, 6], 2).unwrap(), [5, 6]);
    assert!(sum_squares_dealer(&[1, 2, 3], 2).is_err());
    assert!(sum_squares_dealer(&[1], 0).is_err());
    assert!(sum_squares_server(Party::FIRST, &[1, 2], &[1], &[0, 0], 2).is_err());
    assert!(sum_squares_server(Party::FIRST, &[1, 2], &[1, 2], &[0], 2).is_err());
}
