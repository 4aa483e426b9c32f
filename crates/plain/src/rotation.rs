//! Section 3.8: rotation of queries and keys.

use crate::word;

/// Cosine and sine of a position's angle as integers, `bits` below the point; the angle is an f32.
fn turn(position: u32, frequency: f32, bits: u32) -> (i128, i128) {
    let angle = f64::from(position as f32 * frequency);
    let one = libm::exp2(f64::from(bits));
    let fixed = |x: f64| libm::round(x * one) as i128;
    (fixed(libm::cos(angle)), fixed(libm::sin(angle)))
}

/// One head's vector at a position, `bits` finer; value `i` and value `i + frequencies.len()` are a pair.
#[must_use]
pub fn rotated(vector: &[u64], position: u32, frequencies: &[f32], bits: u32) -> Vec<u64> {
    let pairs = frequencies.len();
    let times = |v: u64, factor: i128| v.wrapping_mul(word(factor));
    let mut out: Vec<u64> = vector.iter().map(|v| times(*v, 1 << bits)).collect();
    for (i, frequency) in frequencies.iter().enumerate() {
        let (cos, sin) = turn(position, *frequency, bits);
        let (a, b) = (vector[i], vector[i + pairs]);
        out[i] = times(a, cos).wrapping_sub(times(b, sin));
        out[i + pairs] = times(b, cos).wrapping_add(times(a, sin));
    }
    out
}
