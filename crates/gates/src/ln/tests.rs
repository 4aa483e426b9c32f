use super::{
    WindowShape, Windows, plain, window_dealer, window_digits, window_monomials, window_select, window_tables,
};
use crate::NormFunction;
use crate::party::Party;
use crate::suite::{PARTIES, Wire, edges, join, random, signed, split, split_bits, stream};
use crate::{deal_remainder, prg_gather, truncate_words, unpack_gather, xor_words};
use proptest::prelude::*;

/// The numbers of the text.
const DIGITS: [u8; 4] = [11, 11, 10, 10];
const WIDTH: u32 = 42;
const SHIFT: u32 = 18;

fn thresholds() -> Vec<u64> {
    (1..14).map(|w| 1 << (3 * w)).collect()
}

fn windows() -> Windows {
    Windows::log(WindowShape { count: 14, f: 9, step: 3, w: 6, t: 6, dmin: 4 }, 17, 38).unwrap()
}

/// The function of a wire of width `k` in windows, opened part by part and chosen, whatever the mask.
fn through(windows: &Windows, v: u64, k: u32, shift: u32, digits: &[u8], out: u32, seed: u8) -> u64 {
    let x = Wire::new(seed, &[v], k);
    let bytes = deal_remainder(&stream(3), windows.deal(&x.lambda).unwrap(), out, false).unwrap();
    let at = windows.positions(&x.m).unwrap();
    let pairs = [prg_gather(&stream(3), &at, out).unwrap(), unpack_gather(&bytes, out, &at).unwrap()];
    let parts = join(&pairs.map(|pairs| windows.eval(&x.m, &pairs).unwrap()), out);
    let lambda = truncate_words(&x.lambda, shift).unwrap();
    let m = truncate_words(&x.m, shift).unwrap();
    let size = Wire { m, lambda, halves: [vec![], vec![]] };
    let thresholds: Vec<u64> = (1..parts.len()).map(|w| 1 << (3 * w)).collect();
    select(&size, &Wire::new(seed ^ 1, &parts, out), &thresholds, k - shift, digits, out, seed ^ 2)[0]
}

/// Both servers' shares of `y_0 + sum [x >= tau_w] y_w`, joined, through the bits' round.
fn select(x: &Wire, y: &Wire, thresholds: &[u64], k: u32, digits: &[u8], out: u32, seed: u8) -> Vec<u64> {
    let (n, d, thr) = (x.m.len(), digits.len(), thresholds.len());
    let tables = split_bits(seed, &window_tables(&x.lambda, k, digits).unwrap(), 64);
    let bits = [0, 1].map(|p| window_digits(PARTIES[p], &x.m, thresholds, &tables[p], k, digits).unwrap());
    let alpha = random(seed ^ 1, n * thr, 2 * d as u32 - 1);
    let opened = xor_words(&xor_words(&bits[0], &bits[1]).unwrap(), &alpha).unwrap();
    let dealt = split(seed ^ 2, &window_dealer(&alpha, &y.lambda, d, thr).unwrap(), out);
    let share = |p: usize| window_select(PARTIES[p], &opened, &y.m, &y.halves[p], &dealt[p], d, thr).unwrap();
    join(&[share(0), share(1)], out)
}

fn check(x: &Wire, values: &[u64], thresholds: &[u64], k: u32, digits: &[u8], seed: u8) {
    let y = random(seed ^ 8, values.len() * (thresholds.len() + 1), 24);
    let found = select(x, &Wire::new(seed ^ 9, &y, 24), thresholds, k, digits, 24, seed);
    let rows = values.iter().zip(y.chunks_exact(thresholds.len() + 1));
    let expected: Vec<u64> = rows.map(|(v, y)| plain::select(signed(*v, k), thresholds, y) & prg::mask(24)).collect();
    assert_eq!(found, expected);
}

proptest! {
    /// Values and thresholds in the middle half of the circle: no difference comes near its far end.
    #[test]
    fn equals_plain(digits in proptest::collection::vec(3u8..=11, 1..=5), n in 1usize..6, thr in 0usize..4, seed: u8) {
        let k = digits.iter().copied().map(u32::from).sum();
        let values = random(seed ^ 5, n, k - 2);
        let thresholds = random(seed ^ 7, thr, k - 2);
        check(&Wire::new(seed ^ 6, &values, k), &values, &thresholds, k, &digits, seed);
    }

    /// Digits that are equal, or one apart, decide by later digits.
    #[test]
    fn near_ties(digits in proptest::collection::vec(3u8..=4, 2..=5), delta in -3i64..=3, tau in 8u64..16, seed: u8) {
        let k = digits.iter().copied().map(u32::from).sum::<u32>();
        let tau = tau << (k - 6);
        let lambda = [edges(k), random(seed, 20, k)].concat();
        let values = vec![tau.wrapping_add(delta as u64); lambda.len()];
        check(&Wire::masked(&values, lambda, seed ^ 1, k), &values, &[tau, tau + 1], k, &digits, seed);
    }

    /// The whole gate on sums over the range, whatever the mask.
    #[test]
    fn ln_approximates(exponent in 18.1f64..58.9, seed: u8) {
        let v = libm::exp2(exponent) as u64;
        let ln = signed(through(&windows(), v, 60, SHIFT, &DIGITS, 24, seed), 24) as f64 / 131_072.0;
        let exact = libm::log(v as f64) - 38.0 * core::f64::consts::LN_2;
        prop_assert!((ln - exact).abs() < 0.011, "{ln} {exact}");
    }

    /// A norm's root over a range of 2^24, in eight windows from cell 16 to 128 each.
    #[test]
    fn rsqrt_approximates(exponent in 20.0f64..43.9, seed: u8) {
        let at = WindowShape { count: 8, f: 10, step: 3, w: 7, t: 6, dmin: 8 };
        let windows = Windows::norm(at, 30, &NormFunction::new(9, 512, 1e-5, -1, 1.0).unwrap()).unwrap();
        let v = libm::exp2(exponent) as u64;
        let r = through(&windows, v, 46, 20, &[9, 9, 8], 50, seed) as f64 / libm::exp2(30.0);
        let exact = 1.0 / libm::sqrt(v as f64 / libm::exp2(18.0) / 512.0 + 1e-5);
        prop_assert!((r / exact - 1.0).abs() < 0.002, "{r} {exact}");
    }
}

#[test]
fn sizes_at_every_threshold_under_every_edge_of_the_mask() {
    let near = |tau: &u64| [tau - 1, *tau, tau + 1];
    for v in thresholds().iter().flat_map(near).chain([0, 1, (1 << 41) - (1 << 31) - 1]) {
        let lambdas = edges(WIDTH);
        let values = vec![v; lambdas.len()];
        check(&Wire::masked(&values, lambdas, 7, WIDTH), &values, &thresholds(), WIDTH, &DIGITS, 11);
    }
}

/// Five bits in three digits: every value of the range under every mask.
#[test]
fn exhaustive() {
    for lambda in 0..32u64 {
        let values: Vec<u64> = (0..12).collect();
        let x = Wire::masked(&values, vec![lambda; 12], 1, 5);
        check(&x, &values, &values, 5, &[3, 1, 1], lambda as u8);
    }
}

#[test]
fn numbers_of_monomials() {
    assert_eq!([1, 2, 3, 4, 5].map(|d| window_monomials(d).unwrap()), [1, 4, 10, 22, 46]);
    assert!(window_monomials(0).is_err() && window_monomials(6).is_err());
}

/// The wire format of the products: a change here breaks recorded tapes.
#[test]
fn order_of_the_products() {
    // D = 2, bits lt0 lt1 eq0: lt0, lt1, eq0, lt1 eq0; then times the mask of y_1.
    let cases = [(0b001, [1, 0, 0, 0]), (0b110, [0, 1, 1, 1]), (0b100, [0, 0, 1, 0])];
    for (alpha, bits) in cases {
        let times = bits.map(|bit| bit * 5);
        assert_eq!(window_dealer(&[alpha], &[9, 5], 2, 1).unwrap(), [bits, times].concat());
    }
}

#[test]
fn refuses_bad_arguments() {
    let p = Party::FIRST;
    for (k, digits) in [(42, &[11, 11, 10, 9][..]), (12, &[12]), (1, &[]), (6, &[1, 1, 1, 1, 1, 1])] {
        assert!(window_tables(&[1], k, digits).is_err(), "{k} {digits:?}");
    }
    assert!(window_digits(p, &[1], &[0], &[], WIDTH, &DIGITS).is_err());
    assert!(window_dealer(&[1, 2], &[1], 4, 2).is_err());
    assert!(window_dealer(&[1, 2, 3], &[1, 2, 3], 4, 2).is_err());
    assert!(window_select(p, &[1], &[1, 2], &[1, 2], &[0; 43], 4, 1).is_err());
    assert!(window_select(p, &[1], &[1, 2], &[1], &[0; 44], 4, 1).is_err());
    assert!(window_select(p, &[1], &[1, 2, 3], &[1, 2, 3], &[0; 44], 4, 1).is_err());
    assert!(windows().eval(&[1], &[1]).is_err());
    let log = |count| Windows::log(WindowShape { count, f: 9, step: 3, w: 6, t: 6, dmin: 4 }, 17, 38);
    assert!(log(0).is_err());
    assert!(log(15).is_ok());
    assert!(log(16).is_err(), "beyond a word");
}
