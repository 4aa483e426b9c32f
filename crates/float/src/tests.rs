use crate::{
    Heads, Matrix, Rotation, SCORE_FACTS, attend, dot, fat_relu, gelu, gelu_tanh, layer_norm, log_sum_exp, relu,
    relu_squared, rms_norm, rotate, row_peaks, row_peaks_without, rows_dot, scalar, silu, softmax_rows, weighted_rows,
};
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
    fn rows_in_blocks_are_rows_alone(t in 60usize..140, seed: u32) {
        let (w, x) = (values(5 * 20, seed), values(t * 5, !seed));
        let w = Matrix::from_rows(5, 20, &w);
        let alone: Vec<f32> = x.chunks(5).flat_map(|x| w.mul(x, 1)).collect();
        prop_assert_eq!(bits(&w.mul(&x, t)), bits(&alone));
        let bias = values(20, seed ^ 3);
        let biased: Vec<f32> = alone.iter().enumerate().map(|(i, y)| y + bias[i % 20]).collect();
        prop_assert_eq!(bits(&w.mul_biased(&x, t, &bias)), bits(&biased));
    }

    #[test]
    fn attention_by_definition(
        cached in 0usize..5,
        rows in 1usize..80,
        (kv, group) in (1usize..4, 1usize..4),
        dim in 1usize..20,
        seed: u32,
    ) {
        let (count, n) = (kv * group, cached + rows);
        let (d, dkv, heads) = (count * dim, kv * dim, Heads { count, kv, dim });
        let (q, k, v) = (values(rows * d, seed), values(n * dkv, seed ^ 1), values(n * dkv, seed ^ 2));
        let mut facts = vec![0.0; rows * count * SCORE_FACTS];
        let out = attend(&q, &k, &v, heads, &mut facts);
        for (i, facts) in facts.chunks(SCORE_FACTS).enumerate() {
            let (row, head) = (i / count, i % count);
            let at = head * dim;
            let vector = |rows: &[f32], from: usize| -> Vec<f64> {
                rows[from..from + dim].iter().map(|v| f64::from(*v)).collect()
            };
            let of = |cached: &[f32], key: usize| vector(cached, key * dkv + head / group * dim);
            let query = vector(&q, row * d + at);
            let scores: Vec<f64> = (0..=cached + row)
                .map(|key| query.iter().zip(of(&k, key)).map(|(q, k)| q * k).sum())
                .collect();
            let sum: f64 = scores.iter().map(|s| s.exp()).sum();
            prop_assert!((facts[0] - sum.ln()).abs() < 1e-5);
            prop_assert!((facts[1] - scores.iter().copied().fold(f64::INFINITY, f64::min)).abs() < 1e-5);
            prop_assert!((facts[2] - scores.iter().copied().fold(f64::NEG_INFINITY, f64::max)).abs() < 1e-5);
            for j in 0..dim {
                let mean: f64 = scores.iter().enumerate().map(|(key, s)| s.exp() / sum * of(&v, key)[j]).sum();
                prop_assert!((f64::from(out[row * d + at + j]) - mean).abs() < 1e-5);
            }
        }
        prop_assert_eq!(bits(&attend(&q, &k, &v, heads, &mut [])), bits(&out));
    }

    #[test]
    fn peaks_by_definition(rows in 0usize..5, cols in 1usize..30, from in 0usize..30, seed: u32) {
        let (x, bias, from) = (values(rows * cols, seed), values(cols, !seed), from.min(cols));
        let most = |values: &mut dyn Iterator<Item = f32>| values.fold(0.0, |most: f32, v| most.max(v.abs()));
        let part: Vec<f32> = x.chunks(cols).map(|row| most(&mut row[from..].iter().copied())).collect();
        let less: Vec<f32> = x.chunks(cols).map(|row| most(&mut row.iter().zip(&bias).map(|(v, b)| v - b))).collect();
        prop_assert_eq!(bits(&row_peaks(&x, cols, from..cols)), bits(&part));
        prop_assert_eq!(bits(&row_peaks_without(&x, &bias)), bits(&less));
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
fn peaks_keep_what_is_not_finite() {
    assert!(row_peaks(&[1.0, f32::NAN, f32::INFINITY], 3, 0..3)[0].is_nan());
    assert!(row_peaks(&[f32::NEG_INFINITY, 1.0], 2, 0..2)[0].is_infinite());
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

#[test]
fn rms_norms_pieces_of_rows() {
    let mut x = [9.0, 3.0, 4.0, -1.0, 1.0, 8.0];
    rms_norm(&mut x, 6, (1, 2), &[1.0, 2.0], 0.5);
    let scale = |a: f32, b: f32| 1.0 / (f32::midpoint(a * a, b * b) + 0.5).sqrt();
    let expected = [9.0, 3.0 * scale(3.0, 4.0), 8.0 * scale(3.0, 4.0), -scale(1.0, 1.0), 2.0 * scale(1.0, 1.0), 8.0];
    for (got, expected) in x.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-6, "{got} {expected}");
    }
}

#[test]
fn rotation_turns_pairs_of_the_first_heads() {
    // Two heads of five values, two pairs each, then a value head; at positions 0 and 3.
    let x: Vec<f32> = (0..30).map(|i| i as f32 / 10.0).collect();
    let mut turned = x.clone();
    rotate(&mut turned, &[0, 3], 2, 5, Rotation { frequencies: &[0.5, 0.25], factor: 2.0 });
    for (row, position) in [(0, 0.0f32), (1, 3.0)] {
        for head in 0..3 {
            let at = 15 * row + 5 * head;
            for i in 0..2 {
                let (a, b) = (x[at + i], x[at + i + 2]);
                let (sin, cos) = (position * [0.5, 0.25][i]).sin_cos();
                let expected = if head < 2 { (2.0 * (a * cos - b * sin), 2.0 * (b * cos + a * sin)) } else { (a, b) };
                assert!((turned[at + i] - expected.0).abs() < 1e-5 && (turned[at + i + 2] - expected.1).abs() < 1e-5);
            }
            assert_eq!(turned[at + 4].to_bits(), x[at + 4].to_bits());
        }
    }
}

#[test]
fn activations_have_known_values() {
    type Known = (fn(&mut [f32]), [f32; 4]);
    let functions: [Known; 6] = [
        (relu, [0.0, 0.0, 1.0, 3.0]),
        (|x| fat_relu(x, 1.0), [0.0, 0.0, 0.0, 3.0]),
        (relu_squared, [0.0, 0.0, 1.0, 9.0]),
        (silu, [-0.238_405_84, 0.0, 0.731_058_6, 2.857_722_3]),
        (gelu, [-0.045_500_264, 0.0, 0.841_344_7, 2.995_950_3]),
        (gelu_tanh, [-0.045_402_307, 0.0, 0.841_192, 2.996_362_6]),
    ];
    for (function, expected) in functions {
        let mut x = [-2.0, 0.0, 1.0, 3.0];
        function(&mut x);
        for (got, expected) in x.iter().zip(expected) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }
}
