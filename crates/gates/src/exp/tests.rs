use super::{exp_dealer, exp_positions, exp_server, plain};
use crate::suite::{Wire, edges, join, random, signed, stream};
use crate::{deal_remainder, prg_gather, unpack_gather};
use proptest::prelude::*;

/// `bits of the wire, of a cell, p, q, dtop, width of the result`: EXP1, and EXP2 as a plan may have it; both with
/// large cells, and of a wide wire.
const KINDS: [[u32; 6]; 6] = [
    [21, 16, 10, 28, 16, 60],
    [21, 16, 10, 13, 2, 62],
    [21, 17, 11, 27, 8, 60],
    [21, 17, 11, 14, 2, 64],
    [24, 16, 10, 28, 16, 60],
    [25, 17, 11, 30, 2, 64],
];

fn run(x: &Wire, [k, b, p, q, dtop, width]: [u32; 6], seed: u8) -> Vec<u64> {
    let bytes = deal_remainder(&stream(seed), exp_dealer(&x.lambda, k, b, q, dtop).unwrap(), width, false).unwrap();
    let at = exp_positions(&x.m, k, b).unwrap();
    let entries = [prg_gather(&stream(seed), &at, width).unwrap(), unpack_gather(&bytes, width, &at).unwrap()];
    join(&entries.map(|entries| exp_server(&x.m, &entries, k, b, p).unwrap()), width)
}

fn check(x: &Wire, kind: [u32; 6], seed: u8) {
    let [k, b, p, q, dtop, width] = kind;
    for (i, y) in run(x, kind, seed).into_iter().enumerate() {
        let expected = plain::exp(x.m[i], x.lambda[i], k, b, p, q, i64::from(dtop)) & prg::mask(width);
        assert_eq!(y, expected, "m {} lambda {}", x.m[i], x.lambda[i]);
    }
}

proptest! {
    #[test]
    fn equals_plain(count in 1usize..30, seed: u8) {
        for kind in KINDS {
            let x = Wire::new(seed, &random(seed ^ 1, count, kind[0]), kind[0]);
            check(&x, kind, seed ^ 2);
        }
    }

    /// What the servers get is exp, wherever neither end of the table is near.
    #[test]
    fn approximates(units in -150_000i64..=150_000, seed: u8) {
        let x = Wire::new(seed, &[units as u64 & prg::mask(21)], 21);
        let expected = libm::exp(signed(units as u64, 21) as f64 / 16384.0);
        for (kind, error) in [(KINDS[0], 4e-3), (KINDS[2], 16e-3)] {
            let got = run(&x, kind, seed ^ 2)[0] as f64 / 2f64.powi(38);
            prop_assert!((got / expected - 1.0).abs() < error, "{got} {expected}");
        }
    }
}

#[test]
fn every_cell_under_every_edge_of_the_mask() {
    for lambda in edges(21).into_iter().chain([0xffff, 0x1_0000, 0x1f_0000]) {
        let values: Vec<u64> = (0..32).flat_map(|cell| [cell << 16, (cell << 16) + 0xffff]).collect();
        let x = Wire::masked(&values, vec![lambda; values.len()], 9, 21);
        for kind in KINDS.into_iter().filter(|kind| kind[0] == 21) {
            check(&x, kind, 10);
        }
    }
}

/// From the first value of the table to the last whose carry it still holds, under masks at every edge of a cell.
#[test]
fn right_up_to_both_ends_of_its_range() {
    for kind in [KINDS[1], KINDS[3], KINDS[5]] {
        let [k, b, p, q, dtop, width] = kind;
        let (cell, cells) = (1i64 << b, 1i64 << (k - b));
        let (low, high) = ((i64::from(dtop) - cells) * cell, (i64::from(dtop) - 1) * cell);
        let values = [low, low + 1, -cell - 1, -cell, -1, 0, 1, 60, cell / 2, high - 1];
        for value in values.into_iter().filter(|value| (low..high).contains(value)) {
            let inside = [0, 1, 2, cell / 2, cell - 61, cell - 60, cell - 2, cell - 1];
            let lambda: Vec<u64> = (0..cells).flat_map(|i| inside.map(|at| (i * cell + at) as u64)).collect();
            let masked = vec![value as u64 & prg::mask(k); lambda.len()];
            let expected = libm::exp(value as f64 / 16384.0);
            for got in run(&Wire::masked(&masked, lambda, 9, k), kind, 10) {
                let got = got as f64 / libm::exp2(f64::from(p + q));
                // Half a unit of the factor, and of the entry times a factor.
                let error = 0.016 * expected + 56.0 * libm::exp2(-f64::from(q + 1));
                assert!((got - expected).abs() < error, "{value} of {kind:?}: {got} {expected} {width}");
            }
        }
    }
}

#[test]
fn refuses_bad_arguments() {
    assert!(exp_dealer(&[1], 21, 16, 53, 2).is_err());
    assert!(exp_dealer(&[1], 21, 16, 20, 33).is_err());
    assert!(exp_dealer(&[1], 21, 17, 20, 17).is_err());
    assert!(exp_dealer(&[1], 21, 13, 20, 2).is_err());
    assert!(exp_dealer(&[1], 20, 16, 20, 2).is_err());
    assert!(exp_dealer(&[1], 29, 16, 20, 2).is_err());
    assert!(exp_server(&[1], &[], 21, 16, 14).is_err());
    assert!(exp_server(&[1], &[1], 21, 16, 51).is_err());
    assert!(exp_server(&[1], &[1], 21, 19, 14).is_err());
    assert_eq!(exp_positions(&[u64::MAX, 1 << 16], 21, 16).unwrap(), [31, 33]);
    assert_eq!(exp_positions(&[u64::MAX, 1 << 17], 21, 17).unwrap(), [15, 17]);
}
