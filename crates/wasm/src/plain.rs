//! The values of the protocol, for the fixed-point twin.

use crate::error::{Result, argument, ensure, ensure_len, ensure_width};
use plain::attention::{self, Groups};
use plain::functions::{self, Cells, Norm};
use plain::rotation::rotated;
use plain::sines::{Gate, Sines};
use plain::{reduce, rounding};
use wasm_bindgen::prelude::*;

fn each(v: &[u64], l: &[u64], f: impl Fn(u64, u64) -> u64) -> Result<Vec<u64>> {
    ensure_len("masks", l.len(), Some(v.len()))?;
    Ok(v.iter().zip(l).map(|(v, l)| f(*v, *l)).collect())
}

/// Each value mod `2^width`.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64.
#[wasm_bindgen(js_name = plainReduce)]
pub fn plain_reduce(v: &[u64], width: u32) -> Result<Vec<u64>> {
    ensure_width(width)?;
    Ok(v.iter().map(|v| reduce(*v, width)).collect())
}

/// `a + b`, element by element.
///
/// # Errors
/// `E_ARGUMENT` for arrays of different lengths.
#[wasm_bindgen(js_name = plainAdd)]
pub fn plain_add(a: &[u64], b: &[u64]) -> Result<Vec<u64>> {
    each(a, b, u64::wrapping_add)
}

/// TR of wires of width `k` by `f`.
///
/// # Errors
/// `E_ARGUMENT` for widths or lengths that do not fit.
#[wasm_bindgen(js_name = plainTruncate)]
pub fn plain_truncate(v: &[u64], l: &[u64], k: u32, f: u32) -> Result<Vec<u64>> {
    ensure_width(k)?;
    ensure(f < k, "the shift must be below the width")?;
    each(v, l, |v, l| rounding::truncate(v, l, k, f))
}

/// lift of wires of width `k` by `f`.
///
/// # Errors
/// `E_ARGUMENT` for widths or lengths that do not fit.
#[wasm_bindgen(js_name = plainLift)]
pub fn plain_lift(v: &[u64], l: &[u64], k: u32, f: u32) -> Result<Vec<u64>> {
    ensure_width(k)?;
    ensure(f + 2 <= k, "the shift must leave two bits")?;
    each(v, l, |v, l| rounding::lift(v, l, k, f))
}

/// GE of wires of width `k`: for each wire, one bit for every threshold.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64.
#[wasm_bindgen(js_name = plainAtLeast)]
pub fn plain_at_least(v: &[u64], thresholds: &[u64], k: u32) -> Result<Vec<u64>> {
    ensure_width(k)?;
    Ok(v.iter().flat_map(|v| thresholds.iter().map(move |tau| rounding::at_least(*v, *tau, k))).collect())
}

/// Sum of squares of each of `rows` rows.
#[wasm_bindgen(js_name = plainSumSquares)]
pub fn plain_sum_squares(x: &[u64], rows: usize) -> Vec<u64> {
    let square_sum = |row: &[u64]| row.iter().fold(0u64, |sum, x| sum.wrapping_add(x.wrapping_mul(*x)));
    x.chunks(x.len() / rows.max(1)).map(square_sum).collect()
}

/// Each row of `x` times one element of `r`.
#[wasm_bindgen(js_name = plainScaleRows)]
pub fn plain_scale_rows(r: &[u64], x: &[u64]) -> Vec<u64> {
    let cols = x.len() / r.len().max(1);
    x.iter().enumerate().map(|(i, x)| x.wrapping_mul(r[i / cols])).collect()
}

/// Vectors of one head each, turned by their positions.
///
/// # Errors
/// `E_ARGUMENT` when `v` is not a vector for each position, or vectors have fewer values than pairs.
#[wasm_bindgen(js_name = plainRotate)]
pub fn plain_rotate(v: &[u64], positions: &[u32], frequencies: &[f32], bits: u32) -> Result<Vec<u64>> {
    let dim = v.len().checked_div(positions.len()).unwrap_or(0);
    ensure_len("v", v.len(), positions.len().checked_mul(dim))?;
    ensure(v.is_empty() || 2 * frequencies.len() <= dim, "a vector has fewer values than its pairs")?;
    ensure(bits <= 30, "a cosine has at most 30 bits")?;
    let vectors = v.chunks_exact(dim.max(1)).zip(positions);
    Ok(vectors.flat_map(|(vector, position)| rotated(vector, *position, frequencies, bits)).collect())
}

/// RSQRT: `factor` times the mean square to the power of `power` halves.
///
/// # Errors
/// `E_ARGUMENT` for arrays of different lengths.
#[wasm_bindgen(js_name = plainNorm)]
#[allow(clippy::too_many_arguments)] // the plan's own names
pub fn plain_norm(
    v: &[u64],
    l: &[u64],
    f: u32,
    w: u32,
    t: u32,
    dmin: u32,
    scale: u32,
    s6: u32,
    d: f64,
    eps: f64,
    power: i32,
    factor: f64,
) -> Result<Vec<u64>> {
    let at = Cells { f, w, t, dmin: u64::from(dmin) };
    let norm = Norm { s6, d_model: d, eps };
    each(v, l, |v, l| functions::power(v, l, at, scale, norm, power, factor))
}

/// SINES of wires of `width` bits and a scale.
///
/// # Errors
/// `E_ARGUMENT` for arrays of different lengths, or a gate that does not exist.
#[wasm_bindgen(js_name = plainSines)]
#[allow(clippy::too_many_arguments)] // the plan's own names
pub fn plain_sines(
    v: &[u64],
    l: &[u64],
    gate: &str,
    width: u32,
    scale: u32,
    count: u32,
    #[wasm_bindgen(js_name = publicBits)] public_bits: u32,
    #[wasm_bindgen(js_name = dealtBits)] dealt_bits: u32,
) -> Result<Vec<u64>> {
    let gate = Gate::named(gate).ok_or_else(|| argument("there is no such gate"))?;
    let sines = Sines::new(gate, width, scale, count, public_bits, dealt_bits);
    each(v, l, |v, l| sines.at(v, l))
}

/// `ln_i` of Z.
///
/// # Errors
/// `E_ARGUMENT` for arrays of different lengths or a window that does not exist.
#[wasm_bindgen(js_name = plainLn)]
pub fn plain_ln(v: &[u64], l: &[u64], window: u32) -> Result<Vec<u64>> {
    ensure(window < 14, "there are 14 windows")?;
    each(v, l, |v, l| functions::ln(v, l, window))
}

/// EXP of a wire of `width` bits with cells of `2^cellBits` units.
///
/// # Errors
/// `E_ARGUMENT` for arrays of different lengths, a `width` outside 21 to 28, or a `cellBits` outside 14 to 18.
#[wasm_bindgen(js_name = plainExp)]
pub fn plain_exp(
    v: &[u64],
    l: &[u64],
    width: u32,
    #[wasm_bindgen(js_name = cellBits)] cell_bits: u32,
    p: u32,
    q: u32,
    dtop: u32,
) -> Result<Vec<u64>> {
    ensure((14..=18).contains(&cell_bits), "a cell of exp has 14 to 18 bits")?;
    ensure((21..=28).contains(&width), "the argument of exp has 21 to 28 bits")?;
    each(v, l, |v, l| functions::exp(v, l, width, cell_bits, p, q, u64::from(dtop)))
}

/// Checks that `groups` are of `count` heads, and that `cached`, rows of `count * dim` words, has the positions that they
/// attend to.
fn ensure_groups(groups: Groups, cached: &[u64], count: usize, dim: usize) -> Result<()> {
    ensure_len("heads", groups.heads.len(), Some(groups.lengths.len()))?;
    ensure(groups.heads.iter().all(|head| (*head as usize) < count), "there is no such head")?;
    let positions = cached.len().checked_div(count * dim).unwrap_or(0);
    let longest = groups.lengths.iter().max().map_or(0, |length| *length as usize);
    ensure(longest <= positions, "a group attends to positions that are not cached")
}

/// Fails unless there is an element for every position of every group.
fn ensure_scores(name: &str, len: usize, lengths: &[u32]) -> Result<()> {
    let scores = lengths.iter().map(|length| u64::from(*length)).sum::<u64>();
    ensure_len(name, len, usize::try_from(scores).ok())
}

/// Scores of groups, less their centres, one a group. `keys` are rows of `width` words, `q` is `groups x dim`.
///
/// # Errors
/// `E_ARGUMENT` for lengths, heads or positions that do not fit.
#[wasm_bindgen(js_name = plainScores)]
pub fn plain_scores(
    q: &[u64],
    keys: &[u64],
    centers: &[u64],
    heads: &[u32],
    lengths: &[u32],
    width: usize,
    dim: usize,
) -> Result<Vec<u64>> {
    let groups = Groups { heads, lengths };
    ensure(dim > 0 && width.is_multiple_of(dim), "the width must be whole heads")?;
    ensure_groups(groups, keys, width / dim, dim)?;
    ensure_len("centers", centers.len(), Some(lengths.len()))?;
    ensure_len("q", q.len(), lengths.len().checked_mul(dim))?;
    Ok(attention::scores(q, keys, centers, width, groups))
}

/// Sums over positions, one a group.
///
/// # Errors
/// `E_ARGUMENT` for another number of values.
#[wasm_bindgen(js_name = plainSums)]
pub fn plain_sums(values: &[u64], lengths: &[u32]) -> Result<Vec<u64>> {
    ensure_scores("values", values.len(), lengths)?;
    Ok(attention::sums(values, lengths))
}

/// `s 2^3 - ln`, with one ln a group.
///
/// # Errors
/// `E_ARGUMENT` for lengths that do not fit.
#[wasm_bindgen(js_name = plainShifted)]
pub fn plain_shifted(s: &[u64], ln: &[u64], lengths: &[u32]) -> Result<Vec<u64>> {
    ensure_scores("s", s.len(), lengths)?;
    ensure_len("ln", ln.len(), Some(lengths.len()))?;
    Ok(attention::shifted(s, ln, lengths))
}

/// `p V` of groups, `groups x dim`. `values` are rows of `width` words.
///
/// # Errors
/// `E_ARGUMENT` for lengths, heads or positions that do not fit.
#[wasm_bindgen(js_name = plainWeighted)]
pub fn plain_weighted(
    p: &[u64],
    values: &[u64],
    heads: &[u32],
    lengths: &[u32],
    width: usize,
    dim: usize,
) -> Result<Vec<u64>> {
    let groups = Groups { heads, lengths };
    ensure(dim > 0 && width.is_multiple_of(dim), "the width must be whole heads")?;
    ensure_groups(groups, values, width / dim, dim)?;
    ensure_scores("p", p.len(), lengths)?;
    Ok(attention::weighted(p, values, width, dim, groups))
}
