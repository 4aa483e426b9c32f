//! The committed vectors, which `tests/kernels.test.ts` runs on the WebAssembly too.

use prg::Stream;
use ring::{Panels, pack, quantise, unpack};
use serde_json::Value;

fn vectors(name: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../../../tests/vectors/kernels.json")).expect("JSON");
    all[name].as_array().expect(name).clone()
}

fn number(value: &Value) -> usize {
    value.as_u64().expect("a number") as usize
}

fn bytes(value: &Value) -> Vec<u8> {
    let hex = value.as_str().expect("hex");
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex")).collect()
}

fn words(value: &Value) -> Vec<u64> {
    bytes(value).as_chunks().0.iter().map(|chunk| u64::from_le_bytes(*chunk)).collect()
}

fn key(value: &Value) -> [u8; 32] {
    bytes(value).try_into().expect("32 bytes")
}

#[test]
fn streams() {
    for v in vectors("prg") {
        let stream = Stream::new(&key(&v["key"]), &bytes(&v["nonce"]).try_into().expect("12 bytes"));
        let mask = prg::mask(number(&v["width"]) as u32);
        let got = stream.words(v["first"].as_u64().expect("first"), number(&v["count"]));
        assert_eq!(got.iter().map(|word| word & mask).collect::<Vec<_>>(), words(&v["words"]), "{v}");
    }
}

#[test]
fn packing() {
    for v in vectors("packing") {
        let (width, source, packed) = (number(&v["width"]) as u32, words(&v["words"]), bytes(&v["bytes"]));
        assert_eq!(pack(&source, width), packed, "{v}");
        let low: Vec<u64> = source.iter().map(|word| word & prg::mask(width)).collect();
        assert_eq!(unpack(&packed, width, low.len()), low, "{v}");
    }
}

#[test]
fn products() {
    for v in vectors("product") {
        let (rows, cols, t) = (number(&v["rows"]), number(&v["cols"]), number(&v["t"]));
        let mut matrix = Panels::<u64>::zeros(rows, cols);
        matrix.add_stream(&Stream::new(&key(&v["key"]), &[1; 12]), false);
        let x = Stream::new(&key(&v["key"]), &[2; 12]).words(0, t * rows);
        assert_eq!(matrix.mul(&x, t), words(&v["y"]), "{v}");
    }
}

#[test]
fn quantisation() {
    for v in vectors("quantisation") {
        let values: Vec<f32> =
            v["values"].as_array().expect("values").iter().map(|x| x.as_f64().expect("a number") as f32).collect();
        assert_eq!(quantise(&values, number(&v["scale"]) as u32), Ok(words(&v["words"])), "{v}");
    }
}
