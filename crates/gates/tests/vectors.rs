//! Digests of results for fixed inputs, which `tests/gates-kernels.test.ts` computes through WebAssembly too: all
//! parties must have the same bits, whatever they run on. `UPDATE_VECTORS=1 cargo test -p gates --test vectors` writes
//! them anew.

use gates::{
    FunctionTable, Gate, LiftShape, NormFunction, Sines, WindowShape, Windows, compare_monomials, compare_tables,
    exp_dealer, exp_positions, exp_server, lift_product_dealer, lift_square_dealer, rotate, scale_lift_dealer,
    window_dealer, window_tables,
};
use std::fmt::Write as _;

/// In the binary, because a WASI runner has no files.
const EXPECTED: &str = include_str!("vectors.json");

fn input(part: u8, count: usize, width: u32) -> Vec<u64> {
    let words = prg::Stream::new(&[1; 32], &[part; 12]).words(0, count);
    words.into_iter().map(|word| word & prg::mask(width)).collect()
}

/// FNV-1a over words.
fn digest(words: &[u64]) -> u64 {
    words.iter().fold(0xcbf2_9ce4_8422_2325, |hash, word| (hash ^ word).wrapping_mul(0x0100_0000_01b3))
}

/// Of 32 pairs, as most models have them.
fn frequencies() -> Vec<f32> {
    (0..32).map(|i| libm::pow(10_000.0, -f64::from(i) / 32.0) as f32).collect()
}

fn results() -> gates::Result<Vec<(&'static str, Vec<u64>)>> {
    let scores = input(1, 2000, 21);
    let positions = exp_positions(&scores, 21, 16)?.into_iter().map(u64::from).collect();
    Ok(vec![
        ("exp1 dealer", exp_dealer(&scores, 21, 16, 28, 16)?),
        ("exp2 dealer", exp_dealer(&scores, 21, 16, 13, 2)?),
        ("exp server", exp_server(&scores, &input(2, 2000, 64), 21, 16, 10)?),
        ("exp positions", positions),
        (
            "ln dealer",
            Windows::log(WindowShape { count: 14, f: 9, step: 3, w: 6, t: 6, dmin: 4 }, 17, 38)?
                .deal(&input(3, 50, 60))?,
        ),
        (
            "rsqrt dealer",
            FunctionTable::norm(14, 9, 6, 3, 24, &NormFunction::new(9, 768, 1e-5, -1, 1.0)?)?.deal(&input(4, 9, 29))?,
        ),
        ("compare tables", compare_tables(&input(5, 800, 16), 16, &[4, 4, 4, 3])?),
        ("compare monomials", compare_monomials(&input(5, 800, 16), &input(6, 800, 7), 16, 4, 1)?),
        ("window tables", window_tables(&input(7, 40, 42), 42, &[11, 11, 10, 10])?),
        ("window dealer", window_dealer(&input(8, 520, 7), &input(8, 560, 24), 4, 13)?),
        (
            "square dealer",
            FunctionTable::norm(14, 9, 6, 3, 20, &NormFunction::new(9, 768, 1e-6, -2, 1.0)?)?.deal(&input(4, 9, 29))?,
        ),
        (
            "rms dealer",
            FunctionTable::norm(14, 9, 6, 3, 20, &NormFunction::new(9, 768, 1e-6, 1, 0.03)?)?.deal(&input(4, 9, 29))?,
        ),
        ("silu dealer", Sines::new(Gate::Silu, 13, 8, 6, 12, 10)?.deal(&input(11, 100, 13))?),
        ("gelu server", Sines::new(Gate::Gelu, 13, 8, 10, 12, 10)?.eval(&input(11, 100, 13), &input(12, 2000, 24))?),
        (
            "gelu tanh server",
            Sines::new(Gate::GeluTanh, 14, 8, 20, 12, 10)?.eval(&input(13, 50, 14), &input(12, 2000, 24))?,
        ),
        (
            "lift product dealer",
            lift_product_dealer(
                &input(10, 400, 34),
                LiftShape { k: 34, f: 12 },
                &input(14, 400, 30),
                LiftShape { k: 30, f: 0 },
            )?,
        ),
        ("lift square dealer", lift_square_dealer(&input(10, 400, 34), LiftShape { k: 34, f: 12 })?),
        ("scale lift dealer", scale_lift_dealer(&input(9, 4, 64), &input(10, 400, 34), 34, 12)?),
        ("rotate", rotate(&input(11, 256, 64), &[0, 1, 511, 32767], &frequencies(), 12)?),
    ])
}

#[test]
fn results_have_not_changed() {
    let mut json = String::from("{\n");
    let results = results().unwrap();
    for (i, (name, words)) in results.iter().enumerate() {
        let comma = if i + 1 < results.len() { "," } else { "" };
        writeln!(json, "  \"{name}\": \"{:x}\"{comma}", digest(words)).unwrap();
    }
    json.push_str("}\n");
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        return std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors.json"), &json).unwrap();
    }
    assert_eq!(json, EXPECTED);
}
