//! Causal attention of the rows of one sequence, head by head.

use crate::Matrix;
use crate::rows::softmax;

/// Rows whose scores are computed together: each block skips the keys after it.
const BLOCK: usize = 64;

/// What is told of the scores of each row and head: their log-sum-exp, the least and the largest.
pub const SCORE_FACTS: usize = 3;

/// Each row's mean of the values up to its own position, weighted by the softmax of its scores `q k`.
///
/// `q` is `rows x d` and scaled; `k` and `v` are `n x d`, of which the last `rows` stand where `q` does. Columns of a head are
/// neighbours. `facts` is `rows x heads x SCORE_FACTS`, or empty where nobody asks. The result is `rows x d`.
///
/// # Panics
/// When a length is another, or `d` is no multiple of `heads`.
#[must_use]
pub fn attend(q: &[f32], k: &[f32], v: &[f32], d: usize, heads: usize, facts: &mut [f64]) -> Vec<f32> {
    assert_eq!(k.len(), v.len(), "float: keys and values");
    assert!(q.len().is_multiple_of(d) && k.len().is_multiple_of(d) && q.len() <= k.len(), "float: whole rows");
    assert!(d.is_multiple_of(heads), "float: whole heads");
    let (rows, n, dim) = (q.len() / d, k.len() / d, d / heads);
    assert!(facts.is_empty() || facts.len() == rows * heads * SCORE_FACTS, "float: facts of scores");
    let mut out = vec![0.0; q.len()];
    for head in 0..heads {
        let part = |rows: &[f32]| columns(rows, d, head * dim, dim);
        let keys = Matrix::from_linear(n, dim, &part(k));
        let values = Matrix::from_rows(n, dim, &part(v));
        for from in (0..rows).step_by(BLOCK) {
            let count = BLOCK.min(rows - from);
            let end = n - rows + from + count;
            let mut scores = keys.mul_part(&part(&q[from * d..(from + count) * d]), count, dim, end);
            for (row, scores) in scores.chunks_exact_mut(end).enumerate() {
                let (seen, unseen) = scores.split_at_mut(end - count + row + 1);
                unseen.fill(0.0);
                let (least, largest) = extremes(seen);
                let told = [softmax(seen), f64::from(least), f64::from(largest)];
                if let Some(to) = facts.chunks_exact_mut(SCORE_FACTS).nth((from + row) * heads + head) {
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
    out
}

/// Columns `from .. from + count` of rows of `width` values.
fn columns(rows: &[f32], width: usize, from: usize, count: usize) -> Vec<f32> {
    rows.chunks_exact(width).flat_map(|row| &row[from..from + count]).copied().collect()
}

fn extremes(x: &[f32]) -> (f32, f32) {
    x.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(least, largest), v| (least.min(*v), largest.max(*v)))
}
