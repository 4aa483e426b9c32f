use super::{compare_bits, compare_digits, compare_monomials, compare_tables, monomial_bits, plain};
use crate::party::Party;
use crate::suite::{PARTIES, Wire, edges, random, split_bits};
use crate::xor_words;
use proptest::prelude::*;

/// Both servers' XOR shares of GE, joined.
fn run(x: &Wire, thresholds: &[u64], k: u32, digits: &[u8], seed: u8) -> Vec<u64> {
    let (n, d, thr) = (x.m.len(), digits.len(), thresholds.len());
    let tables = split_bits(seed, &compare_tables(&x.lambda, k, digits).unwrap(), 64);
    let bits = [0, 1].map(|p| compare_digits(PARTIES[p], &x.m, thresholds, &tables[p], k, digits).unwrap());
    let opened = 2 * d as u32 - 1;
    let halves = [seed ^ 1, seed ^ 2].map(|seed| random(seed, n * thr, opened));
    let alpha = xor_words(&halves[0], &halves[1]).unwrap();
    let u = xor_words(&xor_words(&bits[0], &bits[1]).unwrap(), &alpha).unwrap();
    assert!(u.iter().all(|u| u >> opened == 0));
    let dealt = compare_monomials(&x.lambda, &alpha, k, d, thr).unwrap();
    let monomials = split_bits(seed ^ 3, &dealt, monomial_bits(d).unwrap());
    let shares =
        [0, 1].map(|p| compare_bits(PARTIES[p], &x.m, thresholds, &u, &halves[p], &monomials[p], k, d).unwrap());
    assert!(shares.iter().flatten().all(|share| *share <= 1));
    xor_words(&shares[0], &shares[1]).unwrap()
}

fn check(x: &Wire, values: &[u64], thresholds: &[u64], k: u32, digits: &[u8], seed: u8) {
    let expected: Vec<u64> = values.iter().flat_map(|v| thresholds.iter().map(|tau| plain::ge(*v, *tau, k))).collect();
    assert_eq!(run(x, thresholds, k, digits, seed), expected);
}

const SIGN: [u8; 4] = [4, 4, 4, 3];
const WIDE: [u8; 5] = [9, 9, 9, 9, 8];

proptest! {
    #[test]
    fn equals_plain(digits in proptest::collection::vec(1u8..=9, 1..=5), n in 1usize..6, thr in 0usize..4, seed: u8) {
        let k = digits.iter().copied().map(u32::from).sum::<u32>() + 1;
        let values = random(seed ^ 5, n, k);
        check(&Wire::new(seed ^ 6, &values, k), &values, &random(seed ^ 7, thr, 64), k, &digits, seed);
    }

    /// Digits of m' and of lambda that are equal, or one apart, decide by later digits.
    #[test]
    fn near_ties(digits in proptest::collection::vec(1u8..=4, 1..=5), pick in 0usize..8, delta in -2i64..=2, seed: u8) {
        let k = digits.iter().copied().map(u32::from).sum::<u32>() + 1;
        let lambda = random(seed, 20, k);
        let flips = edges(k)[pick];
        let values: Vec<u64> = lambda.iter().map(|_| flips.wrapping_add(delta as u64) & prg::mask(k)).collect();
        check(&Wire::masked(&values, lambda, seed ^ 1, k), &values, &[0, flips], k, &digits, seed);
    }
}

/// Five bits in three digits: every value under every mask, so every digit is 0, maximal and equal somewhere.
#[test]
fn exhaustive() {
    for lambda in 0..32u64 {
        let values: Vec<u64> = (0..32).collect();
        let x = Wire::masked(&values, vec![lambda; 32], 1, 5);
        check(&x, &values, &values, 5, &[2, 1, 1], lambda as u8);
    }
}

#[test]
fn edges_of_signs_and_of_wide_words() {
    let powers: Vec<u64> = (1..=20).map(|j| 1 << (2 * j + 2)).collect();
    for (k, digits, thresholds) in [(16, &SIGN[..], vec![0]), (45, &WIDE[..], powers)] {
        for v in
            edges(k).into_iter().chain(thresholds.iter().flat_map(|tau| [tau.wrapping_sub(1) & prg::mask(k), *tau]))
        {
            let lambdas = edges(k);
            let values = vec![v; lambdas.len()];
            check(&Wire::masked(&values, lambdas, 7, k), &values, &thresholds, k, digits, 11);
        }
    }
}

/// `a_i = 0`: `G[-1]` is a public 1 of the first party, though the digit before ends with another bit.
#[test]
fn a_digit_of_zero() {
    let (k, digits) = (7, [3, 3]);
    // b = (5, 0): bits 0..5 of the first table, none of the second.
    let table = compare_tables(&[5 << 3], k, &digits).unwrap();
    assert_eq!(table, [0b0001_1111]);
    // a = (0, 0): lt = (1, 0), eq_0 = G[-1] ^ G[0] = 0.
    assert_eq!(compare_digits(Party::FIRST, &[0], &[0], &table, k, &digits).unwrap(), [0b001]);
    assert_eq!(compare_digits(Party::SECOND, &[0], &[0], &[0], k, &digits).unwrap(), [0b000]);
    // b = (0, 7), a = (0, 0): the first digits are equal.
    let table = compare_tables(&[7], k, &digits).unwrap();
    assert_eq!(table, [0b0111_1111 << 8]);
    assert_eq!(compare_digits(Party::FIRST, &[0], &[0], &table, k, &digits).unwrap(), [0b110]);
    assert_eq!(compare_digits(Party::SECOND, &[0], &[0], &table, k, &digits).unwrap(), [0b010]);
}

/// The wire format of the monomials: a change here breaks recorded tapes.
#[test]
fn order_of_the_monomials() {
    assert_eq!([1, 2, 3, 4, 5].map(|d| monomial_bits(d).unwrap()), [1, 2, 6, 16, 38]);
    // D = 3, bits lt0 lt1 lt2 eq0 eq1: eq0 eq1 | lt1 eq0 | lt2 eq0, lt2 eq1, lt2 eq0 eq1 | msb.
    let cases = [(0b11000, 0b00001), (0b01010, 0b00010), (0b01100, 0b00100), (0b10100, 0b01000), (0b11111, 0b11111)];
    for (alpha, bits) in cases {
        assert_eq!(compare_monomials(&[0], &[alpha], 10, 3, 1).unwrap(), [bits]);
        assert_eq!(compare_monomials(&[1 << 9], &[alpha], 10, 3, 1).unwrap(), [bits | 1 << 5]);
    }
}

#[test]
fn refuses_bad_arguments() {
    let p = Party::FIRST;
    for (k, digits) in [(16, &[4, 4, 4, 4][..]), (1, &[]), (13, &[12]), (1, &[0]), (7, &[1, 1, 1, 1, 1, 1])] {
        assert!(compare_tables(&[1], k, digits).is_err(), "{k} {digits:?}");
    }
    assert!(compare_digits(p, &[1], &[0], &[], 16, &SIGN).is_err());
    assert!(compare_monomials(&[1], &[1, 2], 16, 4, 1).is_err());
    assert!(compare_monomials(&[1], &[], 16, 4, 0).unwrap().is_empty());
    assert!(compare_monomials(&[1], &[1], 16, 6, 1).is_err());
    assert!(compare_monomials(&[1], &[1], 0, 4, 1).is_err());
    assert!(compare_bits(p, &[1], &[0], &[1], &[1], &[], 16, 4).is_err());
    assert!(monomial_bits(0).is_err() && monomial_bits(6).is_err());
}
