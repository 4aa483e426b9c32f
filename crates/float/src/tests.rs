use crate::{Matrix, dot, layer_norm, log_sum_exp, relu, rows_dot, scalar, softmax_rows, weighted_rows};
use proptest::prelude::*;

fn values(len: usize, seed: u32) -> Vec<f32> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..len).map(|_| next()).collect()
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|v| v.to_bits()).collect()
}

proptest! {
    #[test]
    fn products_are_running_sums(rows in 0usize..40, cols in 0usize..40, t in 0usize..6, seed: u32) {
        let (w, x) = (values(rows * cols, seed), values(t * rows, !seed));
        let expected: Vec<f32> = (0..t * cols)
            .map(|i| (0..rows).fold(0.0, |sum, r| sum + x[i / cols * rows + r] * w[r * cols + i % cols]))
            .collect();
        let transposed: Vec<f32> = (0..rows * cols).map(|i| w[i % rows * cols + i / rows]).collect();
        prop_assert_eq!(bits(&Matrix::from_rows(rows, cols, &w).mul(&x, t)), bits(&expected));
        prop_assert_eq!(bits(&Matrix::from_linear(cols, rows, &transposed).mul(&x, t)), bits(&expected));
    }

    #[test]
    fn loops_equal_the_scalar_ones(rows in 0usize..70, seed: u32) {
        let panel: Vec<[f32; 16]> = values(rows * 16, seed).as_chunks().0.to_vec();
        let (x0, x1) = (values(rows, seed ^ 5), values(rows, seed ^ 9));
        prop_assert_eq!(bits(&crate::row_by_panel(&x0, &panel)), bits(&scalar::row_by_panel(&x0, &panel)));
        let pair = crate::pair_by_panel(&x0, &x1, &panel);
        prop_assert_eq!(bits(&pair[0]), bits(&scalar::row_by_panel(&x0, &panel)));
        prop_assert_eq!(bits(&pair[1]), bits(&scalar::row_by_panel(&x1, &panel)));
    }

    #[test]
    fn slices_agree_with_matrices(n in 1usize..20, h in 1usize..40, seed: u32) {
        let (a, x, p) = (values(n * h, seed), values(h, seed ^ 1), values(n, seed ^ 2));
        let products = Matrix::from_linear(n, h, &a).mul(&x, 1);
        for (got, expected) in rows_dot(&a, &x).iter().zip(products) {
            prop_assert!((got - expected).abs() < 1e-5);
        }
        prop_assert_eq!(bits(&weighted_rows(&p, &a, h)), bits(&Matrix::from_rows(n, h, &a).mul(&p, 1)));
    }

    #[test]
    fn softmax_sums_to_one(cols in 1usize..50, seed: u32) {
        let mut x = values(3 * cols, seed);
        softmax_rows(&mut x, cols);
        for row in x.chunks(cols) {
            prop_assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
    }
}

#[test]
fn norm_by_hand() {
    let mut x = [1.0, 2.0, 3.0, 6.0];
    layer_norm(&mut x, &[1.0, 1.0, 2.0, 1.0], &[0.0, 0.0, 1.0, 0.0], 0.0);
    let s = 3.5f32.sqrt();
    for (got, expected) in x.iter().zip([-2.0 / s, -1.0 / s, 1.0, 3.0 / s]) {
        assert!((got - expected).abs() < 1e-6);
    }
}

#[test]
fn edges() {
    let mut x = [-1.0, 0.0, 2.0];
    relu(&mut x);
    assert_eq!(bits(&x), bits(&[0.0, 0.0, 2.0]));
    assert!((log_sum_exp(&[1000.0, 1000.0]) - (1000.0 + 2f64.ln())).abs() < 1e-12);
    assert!(log_sum_exp(&[]).is_infinite());
    assert!((dot(&[1.0; 9], &[2.0; 9]) - 18.0).abs() < 1e-6);
    let mut masked = [f32::NEG_INFINITY, 0.0];
    softmax_rows(&mut masked, 2);
    assert_eq!(bits(&masked), bits(&[0.0, 1.0]));
}
