use super::{LiftShape, lift_product_dealer, lift_product_server, lift_square_dealer, lift_square_server};
use crate::lift::plain::lift;
use crate::party::Party;
use crate::suite::{PARTIES, Wire, edges, join, random, split};
use proptest::prelude::*;

/// `width, shift` of both factors, the public constant and the width of the result.
type Case = ([u32; 2], [u32; 2], u64, u32);

fn shape([k, f]: [u32; 2]) -> LiftShape {
    LiftShape { k, f }
}

/// Shares joined against the value from the text; each factor is its values and its masks.
fn check(x: [&[u64]; 2], y: [&[u64]; 2], (of_x, of_y, plus, width): Case, seed: u8) {
    let wx = Wire::masked(x[0], x[1].to_vec(), seed, of_x[0]);
    let wy = Wire::masked(y[0], y[1].to_vec(), seed, of_y[0]);
    let (sx, sy) = (shape(of_x), shape(of_y));
    let dealt = split(seed, &lift_product_dealer(x[1], sx, y[1], sy).unwrap(), width);
    let shares = [0, 1].map(|p| lift_product_server(PARTIES[p], &wx.m, sx, &wy.m, sy, plus, &dealt[p]).unwrap());
    let squared = split(seed, &lift_square_dealer(x[1], sx).unwrap(), width);
    let squares = [0, 1].map(|p| lift_square_server(PARTIES[p], &wx.m, sx, &squared[p]).unwrap());
    for (i, (got, square)) in join(&shares, width).into_iter().zip(join(&squares, width)).enumerate() {
        let first = lift(x[0][i], x[1][i], of_x[0], of_x[1]);
        let second = lift(y[0][i], y[1][i], of_y[0], of_y[1]);
        assert_eq!(got, first.wrapping_add(plus).wrapping_mul(second) & prg::mask(width), "element {i}");
        assert_eq!(square, first.wrapping_mul(first) & prg::mask(width), "element {i} squared");
    }
}

proptest! {
    #[test]
    fn equals_plain(n in 1usize..9, k in [2u32..=64, 2u32..=64], f in [0u32..62, 0u32..62], plus: u64, width in 1u32..=64, seed: u8) {
        let of = [0, 1].map(|i: usize| [k[i], f[i].min(k[i] - 2)]);
        let x = [0, 1].map(|i| random(seed ^ i, n, k[0]));
        let y = [2, 3].map(|i| random(seed ^ i, n, k[1]));
        check([&x[0], &x[1]], [&y[0], &y[1]], (of[0], of[1], plus, width), seed ^ 4);
    }
}

#[test]
fn edges_of_values_and_masks() {
    for x in edges(32) {
        for y in edges(29) {
            let lambda: Vec<(u64, u64)> =
                edges(32).into_iter().flat_map(|a| edges(29).into_iter().map(move |b| (a, b))).collect();
            let masks =
                [lambda.iter().map(|pair| pair.0).collect(), lambda.iter().map(|pair| pair.1).collect::<Vec<_>>()];
            let (xs, ys) = (vec![x; lambda.len()], vec![y; lambda.len()]);
            check([&xs, &masks[0]], [&ys, &masks[1]], ([32, 9], [29, 0], 1 << 9, 51), 5);
        }
    }
}

#[test]
fn refuses_bad_arguments() {
    let (p, good, bad) = (Party::FIRST, shape([20, 2]), shape([20, 19]));
    assert!(lift_product_dealer(&[1], good, &[1, 2], good).is_err());
    assert!(lift_product_dealer(&[1], bad, &[1], good).is_err());
    assert!(lift_product_dealer(&[1], good, &[1], bad).is_err());
    assert!(lift_square_dealer(&[1], bad).is_err());
    assert!(lift_product_server(p, &[1], good, &[1, 2], good, 0, &[0; 8]).is_err());
    assert!(lift_product_server(p, &[1], good, &[1], good, 0, &[0; 7]).is_err());
    assert!(lift_square_server(p, &[1], good, &[0; 4]).is_err());
    assert_eq!(lift_product_server(p, &[], good, &[], good, 0, &[]).unwrap(), [] as [u64; 0]);
}
