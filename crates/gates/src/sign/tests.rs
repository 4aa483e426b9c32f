use super::{plain, sign_dealer, sign_positions, sign_server};
use crate::party::Party;
use crate::suite::{PARTIES, Wire, edges, random, signed, stream};
use crate::{deal_remainder, prg_gather, unpack_gather, xor_words};
use proptest::prelude::*;

fn run(x: &Wire, k: u32, w: u32, seed: u8) -> Vec<u64> {
    let bytes = deal_remainder(&stream(seed), sign_dealer(&x.lambda, k, w).unwrap(), 64, true).unwrap();
    let at = sign_positions(&x.m, k, w).unwrap();
    let tables = [prg_gather(&stream(seed), &at, 64).unwrap(), unpack_gather(&bytes, 64, &at).unwrap()];
    let [a, b] = [0, 1].map(|p| sign_server(PARTIES[p], &x.m, &tables[p], k, w).unwrap());
    xor_words(&a, &b).unwrap()
}

fn check(values: &[u64], x: &Wire, k: u32, w: u32, seed: u8) {
    for (i, bit) in run(x, k, w, seed).into_iter().enumerate() {
        assert_eq!(bit, plain::at_least_zero(values[i], x.lambda[i], k, w), "v {} lambda {}", values[i], x.lambda[i]);
        // Right but within half a cell of zero, and of the end of the circle, where a value is read as one of the other sign.
        let (v, half) = (signed(values[i], k), 1i64 << (k - w - 1));
        if v.unsigned_abs() >= half as u64 && v.unsigned_abs() < (1u64 << (k - 1)) - half as u64 {
            assert_eq!(bit == 1, v > 0, "v {v}");
        }
    }
}

proptest! {
    #[test]
    fn equals_plain_and_is_the_sign(count in 1usize..30, w in 7u32..=14, k in 15u32..=62, seed: u8) {
        let values = random(seed, count, k);
        check(&values, &Wire::new(seed ^ 1, &values, k), k, w, seed ^ 2);
    }

    /// Near zero a value is taken for positive the more often the larger it is.
    #[test]
    fn near_zero_it_is_a_coin(v in -32i64..32, seed: u8) {
        let (k, w) = (16, 10);
        let lambdas: Vec<u64> = (0..64).collect();
        let values = vec![v as u64 & prg::mask(k); lambdas.len()];
        let x = Wire::masked(&values, lambdas, seed, k);
        let ones: u64 = run(&x, k, w, seed).iter().sum();
        prop_assert_eq!(ones as i64, (32 + v).clamp(0, 64));
    }
}

#[test]
fn edges_of_values_and_masks() {
    for (k, w) in [(16, 10), (31, 10), (11, 10), (29, 7), (64, 14)] {
        for lambda in edges(k) {
            let values = edges(k);
            let x = Wire::masked(&values, vec![lambda; values.len()], 4, k);
            for (i, bit) in run(&x, k, w, 5).into_iter().enumerate() {
                assert_eq!(bit, plain::at_least_zero(values[i], lambda, k, w), "k {k} w {w} lambda {lambda}");
            }
        }
    }
}

#[test]
fn refuses_bad_arguments() {
    for (k, w) in [(20, 6), (20, 15), (10, 10), (65, 10)] {
        assert!(sign_dealer(&[1], k, w).is_err());
        assert!(sign_positions(&[1], k, w).is_err());
        assert!(sign_server(Party::FIRST, &[1], &[1], k, w).is_err());
    }
    assert!(sign_server(Party::FIRST, &[1], &[], 20, 10).is_err());
}
