use super::{select_scale_lift_dealer, select_scale_lift_server};
use crate::lift::plain::lift;
use crate::party::Party;
use crate::suite::{PARTIES, Wire, edges, join, random, split};
use crate::xor_words;
use proptest::prelude::*;

/// Shares joined against `b r lift(u)` from the text.
fn check(bits: &[u64], beta: &[u64], r: &[u64], u: [&[u64]; 2], [k, f, width]: [u32; 3], seed: u8) {
    let wr = Wire::new(seed, r, width);
    let wu = Wire::masked(u[0], u[1].to_vec(), seed ^ 1, k);
    let z = xor_words(bits, beta).unwrap();
    let dealt = split(seed ^ 2, &select_scale_lift_dealer(beta, &wr.lambda, &wu.lambda, k, f).unwrap(), width);
    let shares =
        [0, 1].map(|p| select_scale_lift_server(PARTIES[p], &z, &wr.m, &wr.halves[p], &wu.m, &dealt[p], k, f).unwrap());
    let n = bits.len() / r.len();
    for (i, got) in join(&shares, width).into_iter().enumerate() {
        let value = r[i / n].wrapping_mul(lift(u[0][i], u[1][i], k, f));
        assert_eq!(got, value.wrapping_mul(bits[i]) & prg::mask(width), "element {i}");
    }
}

proptest! {
    #[test]
    fn equals_plain(rows in 1usize..4, n in 1usize..9, k in 2u32..=64, f in 0u32..62, width in 1u32..=64, seed: u8) {
        let count = rows * n;
        let (bits, beta) = (random(seed, count, 1), random(seed ^ 1, count, 1));
        let (r, u, lambda) = (random(seed ^ 2, rows, width), random(seed ^ 3, count, k), random(seed ^ 4, count, k));
        check(&bits, &beta, &r, [&u, &lambda], [k, f.min(k - 2), width], seed ^ 5);
    }
}

#[test]
fn both_bits_both_masks_and_edges() {
    for (bit, beta) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        for v in edges(36) {
            let lambda = edges(36);
            let n = lambda.len();
            check(&vec![bit; n], &vec![beta; n], &[1 << 40 | 3], [&vec![v; n], &lambda], [36, 9, 51], 3);
        }
    }
}

#[test]
fn refuses_bad_arguments() {
    let p = Party::FIRST;
    assert!(select_scale_lift_dealer(&[1], &[1], &[1, 2], 20, 2).is_err());
    assert!(select_scale_lift_dealer(&[1, 0, 1], &[1, 2], &[1, 2, 3], 20, 2).is_err());
    assert!(select_scale_lift_server(p, &[1], &[1], &[1], &[1, 2], &[0; 20], 20, 2).is_err());
    assert!(select_scale_lift_server(p, &[1, 1], &[1], &[1], &[1, 2], &[0; 19], 20, 2).is_err());
    assert_eq!(select_scale_lift_server(p, &[], &[1], &[1], &[], &[], 20, 2).unwrap(), [] as [u64; 0]);
    assert_eq!(select_scale_lift_dealer(&[], &[1], &[], 20, 2).unwrap(), [] as [u64; 0]);
}
