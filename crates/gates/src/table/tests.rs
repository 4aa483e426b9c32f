use super::plain::{self, Parameters};
use super::{FunctionTable, NormFunction};
use crate::suite::{Wire, edges, join, random, split, stream};
use crate::{deal_remainder, prg_gather, unpack_gather};
use proptest::prelude::*;

const RSQRT: Parameters = [14, 9, 6, 3, 24];
const LOG: Parameters = [24, 6, 6, 4, 17];
const POINT: u32 = 38;
const SIX: u32 = 9;
const MODEL: u32 = 768;
const EPS: f64 = 1e-5;

type Case = (FunctionTable, Parameters, fn(f64) -> f64);

fn tables() -> [Case; 4] {
    let [f, w, t, dmin, scale] = RSQRT;
    let norm = |power| NormFunction::new(SIX, MODEL, EPS, power, 1.0).unwrap();
    let rsqrt = FunctionTable::norm(f, w, t, dmin, scale, &norm(-1)).unwrap();
    let square = FunctionTable::norm(f, w, t, dmin, scale, &norm(-2)).unwrap();
    let rms = FunctionTable::norm(f, w, t, dmin, scale, &NormFunction::new(SIX, MODEL, EPS, 1, 0.03).unwrap()).unwrap();
    let [f, w, t, dmin, scale] = LOG;
    let log = FunctionTable::log(f, w, t, dmin, scale, POINT).unwrap();
    [
        (rsqrt, RSQRT, |v| 1.0 / libm::sqrt(plain::mean_square(v, 14, SIX, MODEL))),
        (square, RSQRT, |v| 1.0 / plain::mean_square(v, 14, SIX, MODEL)),
        (rms, RSQRT, |v| 0.03 * libm::sqrt(plain::mean_square(v, 14, SIX, MODEL))),
        (log, LOG, |v| plain::ln(v, 24)),
    ]
}

/// Both servers' shares, joined: the dealt table crosses packed, as on the tape.
fn run(table: &FunctionTable, x: &Wire, width: u32, seed: u8) -> Vec<u64> {
    let bytes = deal_remainder(&stream(seed), table.deal(&x.lambda).unwrap(), width, false).unwrap();
    let at = table.positions(&x.m).unwrap();
    let pairs = [prg_gather(&stream(seed), &at, width).unwrap(), unpack_gather(&bytes, width, &at).unwrap()];
    join(&pairs.map(|pairs| table.eval(&x.m, &pairs).unwrap()), width)
}

proptest! {
    #[test]
    fn equals_plain(rows in 1usize..5, seed: u8, narrow: bool) {
        for (table, parameters, function) in tables() {
            let width = parameters[0] + parameters[1] + parameters[2];
            let out = if narrow { 24 } else { 64 };
            let x = Wire::new(seed, &random(seed ^ 1, rows, width), width);
            for (i, y) in run(&table, &x, out, seed ^ 2).into_iter().enumerate() {
                let expected = plain::table(x.m[i], x.lambda[i], parameters, function);
                prop_assert_eq!(y, expected & prg::mask(out));
            }
        }
    }

    /// Inside the window the result is the function, to the precision of a piece.
    #[test]
    fn approximates(units in (8u64 << 6)..(64 << 6), seed: u8) {
        let [f, w, t, dmin, scale] = LOG;
        let table = FunctionTable::log(f, w, t, dmin, scale, POINT).unwrap();
        let x = Wire::new(seed, &[units << f], f + w + t);
        let y = run(&table, &x, 64, seed ^ 1)[0] as i64 as f64 / 2f64.powi(17);
        prop_assert!((y - plain::ln(units as f64, f)).abs() < 0.01, "{y}");
    }
}

#[test]
fn first_and_last_cells_under_every_edge_of_the_mask() {
    for (table, parameters, function) in tables() {
        let [f, w, t, dmin, _] = parameters;
        let width = f + w + t;
        let cell = 1u64 << (f + t);
        let first = u64::from(dmin) * cell;
        for v in [0, first.wrapping_sub(1), first, first + cell, prg::mask(width), prg::mask(width) - cell] {
            let lambdas = edges(width);
            let x = Wire::masked(&vec![v & prg::mask(width); lambdas.len()], lambdas, 4, width);
            for (i, y) in run(&table, &x, 64, 5).into_iter().enumerate() {
                assert_eq!(y, plain::table(x.m[i], x.lambda[i], parameters, function));
            }
        }
    }
}

#[test]
fn positions_of_unreduced_words_stay_inside() {
    let table = FunctionTable::log(24, 6, 6, 4, 17, POINT).unwrap();
    assert_eq!(table.positions(&[0, u64::MAX]).unwrap(), [0, 1, 2 * 64 + 126, 2 * 64 + 127]);
    let shares = split(1, &table.deal(&[u64::MAX]).unwrap(), 64);
    assert_eq!(shares[0].len(), 128);
}

#[test]
fn refuses_bad_arguments() {
    let root = NormFunction::new(9, 768, EPS, -1, 1.0).unwrap();
    for [f, w, t, dmin, scale] in
        [[60, 4, 1, 0, 24], [0, 17, 1, 0, 24], [0, 4, 33, 0, 24], [0, 4, 1, 16, 24], [0, 4, 1, 0, 64]]
    {
        assert!(FunctionTable::log(f, w, t, dmin, scale, POINT).is_err());
        assert!(FunctionTable::norm(f, w, t, dmin, scale, &root).is_err());
    }
    assert!(FunctionTable::norm(64, 0, 0, 0, 24, &root).is_err());
    assert!(FunctionTable::norm(14, 9, 6, 3, 63, &root).is_err());
    for (s6, model, eps, power, factor) in [
        (64, 768, EPS, -1, 1.0),
        (9, 0, EPS, -1, 1.0),
        (9, 768, 0.0, -1, 1.0),
        (9, 768, f64::NAN, -1, 1.0),
        (9, 768, EPS, 0, 1.0),
        (9, 768, EPS, 2, 1.0),
        (9, 768, EPS, 1, f64::INFINITY),
    ] {
        assert!(NormFunction::new(s6, model, eps, power, factor).is_err());
    }
    assert!(FunctionTable::log(u32::MAX, 4, 4, 0, 4, POINT).is_err());
    assert!(tables()[0].0.eval(&[1], &[1]).is_err());
}
