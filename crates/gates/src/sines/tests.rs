use super::{Gate, Sines};
use crate::suite::{Wire, edges, join, random, signed, split};
use proptest::prelude::*;

/// `width, scale, sines`: periods of 16, 32 and 64.
const SHAPES: [[u32; 3]; 3] = [[12, 8, 5], [13, 8, 8], [14, 8, 14]];
const GATES: [(Gate, &str); 3] = [(Gate::Silu, "silu"), (Gate::Gelu, "gelu"), (Gate::GeluTanh, "gelu_tanh")];
const OPENED: u32 = 24;

fn run(sines: &Sines, x: &Wire, seed: u8) -> Vec<u64> {
    let dealt = split(seed, &sines.deal(&x.lambda).unwrap(), OPENED);
    join(&[0, 1].map(|p: usize| sines.eval(&x.m, &dealt[p]).unwrap()), OPENED)
}

fn check(x: &Wire, values: &[u64], seed: u8) {
    for [width, scale, count] in SHAPES {
        let low = |words: &[u64]| words.iter().map(|word| word & prg::mask(width)).collect::<Vec<_>>();
        let x = Wire::masked(&low(values), low(&x.lambda), seed, width);
        for (gate, name) in GATES {
            let sines = Sines::new(gate, width, scale, count, 12, 10).unwrap();
            let text = plain::sines::Sines::new(plain::sines::Gate::named(name).unwrap(), width, scale, count, 12, 10);
            for (i, got) in run(&sines, &x, seed).into_iter().enumerate() {
                assert_eq!(got, text.at(values[i] & prg::mask(width), x.lambda[i]) & prg::mask(OPENED), "{name} {i}");
            }
        }
    }
}

proptest! {
    #[test]
    fn equals_plain(count in 1usize..6, seed: u8) {
        let values = random(seed, count, 14);
        check(&Wire::new(seed ^ 1, &values, 14), &values, seed ^ 2);
    }

    /// Within the part of the period that it is for, whatever the mask.
    #[test]
    fn approximates(x in -9.0f64..9.0, seed: u8) {
        let sines = Sines::new(Gate::Silu, 13, 8, 6, 12, 10).unwrap();
        let units = libm::rint(x * 256.0) as i64 as u64 & prg::mask(13);
        let got = signed(run(&sines, &Wire::new(seed, &[units], 13), seed ^ 1)[0], OPENED) as f64 / 4_194_304.0;
        let expected = 0.5 * libm::tanh(x / 2.0);
        prop_assert!((got - expected).abs() < 4e-3, "{got} {expected}");
    }
}

#[test]
fn edges_of_values_and_masks() {
    for value in edges(14) {
        let lambda = edges(14);
        let values = vec![value; lambda.len()];
        check(&Wire::masked(&values, lambda, 3, 14), &values, 4);
    }
}

/// Coefficients of the logistic function are known: `4 pi / (P sinh(pi w))`.
#[test]
fn coefficients_are_those_of_the_function() {
    let sines = Sines::new(Gate::Silu, 13, 8, 6, 0, 10).unwrap();
    for (i, a) in sines.coefficients.iter().enumerate() {
        let w = core::f64::consts::TAU * (2 * i + 1) as f64 / 32.0;
        let expected = 4.0 * core::f64::consts::PI / 32.0 / libm::sinh(core::f64::consts::PI * w);
        assert!((a - expected).abs() < 1e-6, "{a} {expected}");
    }
}

#[test]
fn refuses_bad_arguments() {
    assert!("relu".parse::<Gate>().is_err());
    for [width, scale, count, public, dealt] in
        [[3, 2, 1, 1, 1], [21, 8, 1, 1, 1], [12, 13, 1, 1, 1], [12, 8, 0, 1, 1], [12, 8, 513, 1, 1], [12, 8, 1, 25, 1]]
    {
        assert!(Sines::new(Gate::Silu, width, scale, count, public, dealt).is_err());
    }
    let sines = Sines::new(Gate::Silu, 12, 8, 3, 12, 10).unwrap();
    assert!(sines.eval(&[1], &[0; 5]).is_err());
    assert_eq!(sines.eval(&[], &[]).unwrap(), [] as [u64; 0]);
}
