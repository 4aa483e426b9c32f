//! Causal attention of the rows of one sequence, head by head.

use crate::Matrix;
use crate::rows::softmax;

/// Rows whose scores are computed together: each block skips the keys after it.
const BLOCK: usize = 64;

/// What is told of the scores of each row and head: their log-sum-exp, the least and the largest.
pub const SCORE_FACTS: usize = 3;

/// Heads of queries, and those of keys and values, as many or fewer: each serves as many queries' heads, which follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Heads {
    /// Of queries.
    pub count: usize,
    /// Of keys and values.
    pub kv: usize,
    /// Columns of one.
    pub dim: usize,
}

/// Each row's mean of the values up to its own position, weighted by the softmax of its scores `q k`.
///
/// `q` is `rows x (count dim)` and scaled; `k` and `v` are `n x (kv dim)`, of which the last `rows` stand where `q` does. Columns
/// of a head are neighbours. `facts` is `rows x count x SCORE_FACTS`, or empty where nobody asks. The result is as large as `q`.
///
/// # Panics
/// When a length is another, or `count` is no multiple of `kv`.
#[must_use]
pub fn attend(q: &[f32], k: &[f32], v: &[f32], heads: Heads, facts: &mut [f64]) -> Vec<f32> {
    let (d, dkv) = (heads.count * heads.dim, heads.kv * heads.dim);
    assert_eq!(k.len(), v.len(), "float: keys and values");
    assert!(q.len().is_multiple_of(d) && k.len().is_multiple_of(dkv), "float: whole rows");
    assert!(heads.count.is_multiple_of(heads.kv), "float: whole groups of heads");
    let (rows, n) = (q.len() / d, k.len() / dkv);
    assert!(rows <= n, "float: a row has no key");
    assert!(facts.is_empty() || facts.len() == rows * heads.count * SCORE_FACTS, "float: facts of scores");
    let mut out = vec![0.0; q.len()];
    for kv in 0..heads.kv {
        let part = |rows: &[f32]| columns(rows, dkv, kv * heads.dim, heads.dim);
        let keys = Matrix::from_linear(n, heads.dim, &part(k));
        let values = Matrix::from_rows(n, heads.dim, &part(v));
        let group = heads.count / heads.kv;
        for head in kv * group..(kv + 1) * group {
            attend_head(q, (&keys, &values), heads, head, facts, &mut out);
        }
    }
    out
}

/// One head's part of all rows.
fn attend_head(
    q: &[f32],
    (keys, values): (&Matrix, &Matrix),
    heads: Heads,
    head: usize,
    facts: &mut [f64],
    out: &mut [f32],
) {
    let Heads { count: all, dim, .. } = heads;
    let d = all * dim;
    let (rows, n) = (q.len() / d, keys.cols());
    for from in (0..rows).step_by(BLOCK) {
        let count = BLOCK.min(rows - from);
        let end = n - rows + from + count;
        let queries = columns(&q[from * d..(from + count) * d], d, head * dim, dim);
        let mut scores = keys.mul_part(&queries, count, dim, end);
        for (row, scores) in scores.chunks_exact_mut(end).enumerate() {
            let (seen, unseen) = scores.split_at_mut(end - count + row + 1);
            unseen.fill(0.0);
            let (least, largest) = extremes(seen);
            let told = [softmax(seen), f64::from(least), f64::from(largest)];
            if let Some(to) = facts.chunks_exact_mut(SCORE_FACTS).nth((from + row) * all + head) {
                to.copy_from_slice(&told);
            }
        }
        let means = values.mul_part(&scores, count, end, dim);
        for (row, mean) in means.chunks_exact(dim).enumerate() {
            let at = (from + row) * d + head * dim;
            out[at..at + dim].copy_from_slice(mean);
        }
    }
}

/// Columns `from .. from + count` of rows of `width` values.
fn columns(rows: &[f32], width: usize, from: usize, count: usize) -> Vec<f32> {
    rows.chunks_exact(width).flat_map(|row| &row[from..from + count]).copied().collect()
}

fn extremes(x: &[f32]) -> (f32, f32) {
    x.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(least, largest), v| (least.min(*v), largest.max(*v)))
}
