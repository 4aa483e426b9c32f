use super::{plain, select_dealer, select_server};
use crate::party::Party;
use crate::suite::{PARTIES, Wire, edges, join, random, split};
use crate::xor_words;
use proptest::prelude::*;

fn check(bits: &[u64], beta: &[u64], values: &[u64], width: u32, seed: u8) {
    let x = Wire::new(seed, values, width);
    let z = xor_words(bits, beta).unwrap();
    let dealt = split(seed ^ 1, &select_dealer(beta, &x.lambda).unwrap(), width);
    let shares = [0, 1].map(|p| select_server(PARTIES[p], &z, &x.m, &x.halves[p], &dealt[p]).unwrap());
    assert_eq!(join(&shares, width), plain::select(bits, values));
}

proptest! {
    #[test]
    fn equals_plain(count in 1usize..30, width in 1u32..=64, seed: u8) {
        check(&random(seed, count, 1), &random(seed ^ 8, count, 1), &random(seed ^ 9, count, width), width, seed ^ 2);
    }
}

#[test]
fn both_bits_and_both_masks_on_edges() {
    for width in [1, 21, 64] {
        let values = edges(width);
        for (bit, beta) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            check(&vec![bit; values.len()], &vec![beta; values.len()], &values, width, 3);
        }
    }
}

#[test]
fn refuses_bad_arguments() {
    assert!(select_dealer(&[1], &[]).is_err());
    assert!(select_server(Party::FIRST, &[1], &[1], &[1], &[1]).is_err());
    assert!(select_server(Party::FIRST, &[1], &[1], &[], &[1, 1]).is_err());
    assert!(select_server(Party::FIRST, &[1], &[1, 2], &[1], &[1, 1]).is_err());
}
