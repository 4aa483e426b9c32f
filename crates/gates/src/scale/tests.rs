use super::{plain, scale_lift_dealer, scale_lift_server, scale_rows_dealer, scale_rows_server};
use crate::lift::plain::lift;
use crate::mask_words;
use crate::party::Party;
use crate::suite::{PARTIES, Wire, edges, join, random, split};
use proptest::prelude::*;

/// Shares of `r lift(u)`, joined, and the value from the text.
fn lifted(r: &Wire, values: [&[u64]; 2], u: &Wire, format: [u32; 3], seed: u8) -> [Vec<u64>; 2] {
    let [k, f, width] = format;
    let dealt = split(seed, &scale_lift_dealer(&r.lambda, &u.lambda, k, f).unwrap(), width);
    let shares = [0, 1].map(|p| scale_lift_server(PARTIES[p], &r.m, &r.halves[p], &u.m, &dealt[p], k, f).unwrap());
    let t: Vec<u64> = values[1].iter().zip(&u.lambda).map(|(v, lambda)| lift(*v, *lambda, k, f)).collect();
    [join(&shares, width), mask_words(&plain::scale_rows(values[0], &t), width).unwrap()]
}

proptest! {
    #[test]
    fn lifts(rows in 1usize..4, n in 1usize..9, k in 2u32..=64, f in 0u32..62, width in 1u32..=64, seed: u8) {
        let (r, u) = (random(seed, rows, width), random(seed ^ 1, rows * n, k));
        let wires = [Wire::new(seed ^ 2, &r, width), Wire::new(seed ^ 3, &u, k)];
        let [got, expected] = lifted(&wires[0], [&r, &u], &wires[1], [k, f.min(k - 2), width], seed ^ 4);
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn rows(rows in 1usize..4, n in 1usize..9, width in 1u32..=64, seed: u8) {
        let (r, x) = (random(seed, rows, width), random(seed ^ 1, rows * n, width));
        let [wr, wx] = [Wire::new(seed ^ 2, &r, width), Wire::new(seed ^ 3, &x, width)];
        let gamma = split(seed ^ 4, &scale_rows_dealer(&wr.lambda, &wx.lambda).unwrap(), width);
        let shares = [0, 1].map(|p| {
            scale_rows_server(PARTIES[p], &wr.m, &wr.halves[p], &wx.m, &wx.halves[p], &gamma[p]).unwrap()
        });
        prop_assert_eq!(join(&shares, width), mask_words(&plain::scale_rows(&r, &x), width).unwrap());
    }
}

#[test]
fn edges_of_the_mask() {
    let (k, lambdas) = (36, edges(36));
    for v in [0, 1, (1 << 34) - 1, (1 << 36) - (1 << 34) + 1, (1 << 36) - 1] {
        let values = vec![v; lambdas.len()];
        let u = Wire::masked(&values, lambdas.clone(), 3, k);
        let r = [1u64 << 40 | 3];
        let [got, expected] = lifted(&Wire::new(1, &r, 64), [&r, &values], &u, [k, 9, 51], 8);
        assert_eq!(got, expected);
    }
}

#[test]
fn refuses_bad_arguments() {
    let p = Party::FIRST;
    assert!(scale_lift_dealer(&[1, 2], &[1, 2, 3], 20, 2).is_err());
    assert!(scale_lift_server(p, &[1, 2], &[1], &[1, 2], &[0; 8], 20, 2).is_err());
    assert!(scale_lift_server(p, &[1, 2], &[1, 2], &[1, 2], &[0; 7], 20, 2).is_err());
    assert!(scale_rows_dealer(&[], &[1]).is_err());
    assert!(scale_rows_server(p, &[1], &[1], &[1, 2], &[1, 2], &[1]).is_err());
    assert_eq!(scale_rows_server(p, &[], &[], &[], &[], &[]).unwrap(), [] as [u64; 0]);
    assert_eq!(scale_lift_server(p, &[1], &[1], &[], &[], 20, 2).unwrap(), [] as [u64; 0]);
}
