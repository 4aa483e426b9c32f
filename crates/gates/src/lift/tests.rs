use super::{lift_dealer, lift_server, plain};
use crate::party::Party;
use crate::suite::{PARTIES, Wire, edges, join, random, signed, split};
use proptest::prelude::*;

/// Both servers' shares of the lift, joined.
fn run(x: &Wire, k: u32, f: u32, width: u32, seed: u8) -> Vec<u64> {
    let dealt = split(seed, &lift_dealer(&x.lambda, k, f).unwrap(), width);
    let shares = [0, 1].map(|p| lift_server(PARTIES[p], &x.m, &dealt[p], k, f).unwrap());
    join(&shares, width)
}

/// A value of the range that lifts hold for: `|v| < 2^(k-2)`.
fn in_range(word: u64, k: u32) -> u64 {
    let v = signed(word & prg::mask(k - 1), k - 1);
    (if v == -(1 << (k - 2)) { 0 } else { v }) as u64 & prg::mask(k)
}

proptest! {
    #[test]
    fn equals_plain_and_is_exact_to_one_unit(k in 2u32..=64, f in 0u32..62, width in 1u32..=64, seed: u8) {
        let f = f.min(k - 2);
        let values: Vec<u64> = random(seed, 40, 64).into_iter().map(|word| in_range(word, k)).collect();
        let x = Wire::new(seed ^ 1, &values, k);
        let lifted = run(&x, k, f, width, seed ^ 2);
        for ((v, lambda), t) in values.iter().zip(&x.lambda).zip(lifted) {
            let plain = plain::lift(*v, *lambda, k, f);
            prop_assert_eq!(t, plain & prg::mask(width));
            let floor = signed(*v, k) >> f;
            prop_assert!([0, 1].contains(&(plain as i64).wrapping_sub(floor)), "{floor} {plain}");
        }
    }
}

#[test]
fn edges_of_values_and_masks() {
    for (k, f) in [(2, 0), (3, 1), (34, 22), (40, 0), (63, 5), (64, 0), (64, 62)] {
        for v in edges(k - 1).into_iter().map(|word| in_range(word, k)) {
            let lambdas = edges(k);
            let x = Wire::masked(&vec![v; lambdas.len()], lambdas, 5, k);
            for (lambda, t) in x.lambda.iter().zip(run(&x, k, f, 64, 6)) {
                assert_eq!(t, plain::lift(v, *lambda, k, f), "k {k} f {f} v {v} lambda {lambda}");
            }
        }
    }
}

#[test]
fn refuses_bad_arguments() {
    assert!(lift_dealer(&[1], 1, 0).is_err());
    assert!(lift_dealer(&[1], 65, 0).is_err());
    assert!(lift_dealer(&[1], 20, 19).is_err());
    assert!(lift_server(Party::FIRST, &[1], &[1], 20, 2).is_err());
    assert!(lift_server(Party::FIRST, &[1], &[1, 1, 1], 20, 2).is_err());
}
