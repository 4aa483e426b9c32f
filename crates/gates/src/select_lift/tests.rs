use super::{select_lift_dealer, select_lift_server};
use crate::lift::plain::lift;
use crate::party::Party;
use crate::suite::{PARTIES, Wire, edges, join, random, split};
use crate::xor_words;
use proptest::prelude::*;

/// Shares joined against `b lift(x)` from the text.
fn check(bits: &[u64], beta: &[u64], x: [&[u64]; 2], [k, f, width]: [u32; 3], seed: u8) {
    let wire = Wire::masked(x[0], x[1].to_vec(), seed, k);
    let z = xor_words(bits, beta).unwrap();
    let dealt = split(seed ^ 1, &select_lift_dealer(beta, &wire.lambda, k, f).unwrap(), width);
    let shares = [0, 1].map(|p| select_lift_server(PARTIES[p], &z, &wire.m, &dealt[p], k, f).unwrap());
    for (i, got) in join(&shares, width).into_iter().enumerate() {
        assert_eq!(got, lift(x[0][i], x[1][i], k, f).wrapping_mul(bits[i]) & prg::mask(width), "element {i}");
    }
}

proptest! {
    #[test]
    fn equals_plain(count in 1usize..30, k in 2u32..=64, f in 0u32..62, width in 1u32..=64, seed: u8) {
        let (bits, beta) = (random(seed, count, 1), random(seed ^ 1, count, 1));
        let (x, lambda) = (random(seed ^ 2, count, k), random(seed ^ 3, count, k));
        check(&bits, &beta, [&x, &lambda], [k, f.min(k - 2), width], seed ^ 4);
    }
}

#[test]
fn both_bits_both_masks_and_edges() {
    for (bit, beta) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        for v in edges(36) {
            let lambda = edges(36);
            let n = lambda.len();
            check(&vec![bit; n], &vec![beta; n], [&vec![v; n], &lambda], [36, 17, 45], 3);
        }
    }
}

#[test]
fn refuses_bad_arguments() {
    let p = Party::FIRST;
    assert!(select_lift_dealer(&[1], &[1, 2], 20, 2).is_err());
    assert!(select_lift_dealer(&[1], &[1], 20, 19).is_err());
    assert!(select_lift_server(p, &[1], &[1, 2], &[0; 10], 20, 2).is_err());
    assert!(select_lift_server(p, &[1, 1], &[1, 2], &[0; 9], 20, 2).is_err());
    assert!(select_lift_server(p, &[1], &[1], &[0; 5], 1, 0).is_err());
    assert_eq!(select_lift_server(p, &[], &[], &[], 20, 2).unwrap(), [] as [u64; 0]);
    assert_eq!(select_lift_dealer(&[], &[], 20, 2).unwrap(), [] as [u64; 0]);
}
