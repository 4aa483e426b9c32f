use crate::attention::{Groups, scores, shifted, sums, weighted};
use crate::functions::{Cells, Norm, exp, ln, power};
use crate::rotation::rotated;
use crate::rounding::{at_least, lift, truncate};
use crate::{reduce, signed, word};
use proptest::prelude::*;

proptest! {
    /// The floor, or one more.
    #[test]
    fn truncation_is_within_one_unit(v: u64, l: u64, k in 2u32..=64, f in 0u32..32) {
        prop_assume!(f < k);
        let (v, l) = (reduce(v, k), reduce(l, k));
        let t = truncate(v, l, k, f);
        let floor = reduce(v >> f, k - f);
        prop_assert!(t == floor || t == reduce(floor.wrapping_add(1), k - f));
    }

    #[test]
    fn lifting_keeps_the_sign_and_is_within_one_unit(v: i64, l: u64, k in 8u32..=64, f in 0u32..6) {
        let v = i128::from(v) >> (64 - k + 2);
        let t = signed(lift(reduce(word(v), k), reduce(l, k), k, f), 64);
        prop_assert!(t == v >> f || t == (v >> f) + 1, "{} {}", t, v >> f);
    }

    #[test]
    fn comparison_is_exact(v in -30000i128..30000, tau in 0u64..2000) {
        prop_assert_eq!(at_least(word(v), tau, 20), u64::from(v >= i128::from(tau)));
    }

    /// 0.1 % inside the window, whatever the mask.
    #[test]
    fn reciprocal_roots_are_close(v in (1u64 << 16)..(1 << 22), l: u64) {
        let at = Cells { f: 4, w: 12, t: 6, dmin: 32 };
        let norm = Norm { s6: 7, d_model: 384.0, eps: 1e-5 };
        let r = power(v, reduce(l, 22), at, 17, norm, -1, 1.0) as f64 / 131_072.0;
        let exact = 1.0 / libm::sqrt(v as f64 / 16384.0 / 384.0 + 1e-5);
        prop_assert!((r / exact - 1.0).abs() < 1e-3, "{} {}", r, exact);
    }

    /// Six thousandths of a nat from 8 cells on; two from 16.
    #[test]
    fn logarithms_are_close(cells in 8.0f64..63.0, i in 0u32..13, l: u64) {
        let v = (cells * libm::exp2(f64::from(15 + 3 * i))) as u64;
        let found = signed(ln(v, reduce(l, 60), i), 64) as f64 / 131_072.0;
        let exact = libm::log(v as f64) - 38.0 * core::f64::consts::LN_2;
        prop_assert!((found - exact).abs() < if cells < 16.0 { 6e-3 } else { 2e-3 }, "{} {}", found, exact);
    }

    #[test]
    fn exponentials_are_close(x in -6.0f64..7.0, l: u64) {
        let v = reduce(word(libm::rint(x * 16384.0) as i128), 21);
        for (b, p, q, dtop, error) in [(16, 10, 28, 16, 5e-3), (17, 11, 27, 8, 2e-2)] {
            let e = exp(v, reduce(l, 21), 21, b, p, q, dtop) as f64 / libm::exp2(38.0);
            prop_assert!((e / libm::exp(x) - 1.0).abs() < error);
        }
    }
}

/// Two heads of two words at three positions: head 1 is attended to at all, head 0 at one, and head 1 again at one.
#[test]
fn groups_attend_to_their_own_positions() {
    let cached = [1, 2, 3, 4, 10, 20, 30, 40, 100, 200, 300, 400];
    let groups = Groups { heads: &[1, 0, 1], lengths: &[3, 1, 1] };
    let s = scores(&[1, 1, 2, 0, 0, 1], &cached, &[5, 1, 6], 4, groups);
    assert_eq!(s, [2, 65, 695, 1, word(-2)]);
    assert_eq!(sums(&s, groups.lengths), [762, 1, word(-2)]);
    assert_eq!(shifted(&s, &[6, 8, 0], groups.lengths), [10, 514, 5554, 0, word(-16)]);
    assert_eq!(weighted(&[1, 2, 3, 4, 5], &cached, 4, 2, groups), [963, 1284, 4, 8, 15, 20]);
    let none = Groups { heads: &[], lengths: &[] };
    assert_eq!(scores(&[], &cached, &[], 4, none), [0; 0]);
    assert_eq!(weighted(&[], &cached, 4, 2, none), [0; 0]);
}

/// A pair of (3, 1) at an angle of half a radian, and a value that is not turned.
#[test]
fn pairs_turn_by_position_times_frequency() {
    let one = libm::exp2(20.0);
    let (cos, sin) = (libm::round(libm::cos(0.5) * one) as i128, libm::round(libm::sin(0.5) * one) as i128);
    let turned = rotated(&[3, 1, 7], 2, &[0.25], 20);
    assert_eq!(turned, [word(3 * cos - sin), word(cos + 3 * sin), 7 << 20]);
    assert_eq!(rotated(&[word(-3), 5], 0, &[1.0], 4), [word(-48), 80]);
}
