//! Products with plain row-major slices: attention over cached rows.

/// Partial sums of a dot product, so that the compiler may use vectors without changing the order.
const PARTS: usize = 8;

/// The inner product of two vectors: eight interleaved partial sums, then their sum from first to last.
///
/// # Panics
/// When the lengths differ.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "float: lengths of a dot product");
    let mut parts = [0.0f32; PARTS];
    for (a, b) in a.chunks(PARTS).zip(b.chunks(PARTS)) {
        for ((part, a), b) in parts.iter_mut().zip(a).zip(b) {
            *part += a * b;
        }
    }
    parts.iter().sum()
}

/// `A x`: the inner product of each row of `a` (`n x h`) with `x` (`h`). With `h = 0`, nothing.
///
/// # Panics
/// When `a` is not whole rows.
#[must_use]
pub fn rows_dot(a: &[f32], x: &[f32]) -> Vec<f32> {
    assert_eq!(a.len() % x.len().max(1), 0, "float: whole rows");
    a.chunks_exact(x.len().max(1)).map(|row| dot(row, x)).collect()
}

/// `p A`: the sum of the rows of `a` (`n x h`) weighted by `p` (`n`), in the order of the rows.
///
/// # Panics
/// When `a` is not `n x h`.
#[must_use]
pub fn weighted_rows(p: &[f32], a: &[f32], h: usize) -> Vec<f32> {
    assert_eq!(a.len(), p.len() * h, "float: shape of the rows");
    let mut sum = vec![0.0; h];
    for (p, row) in p.iter().zip(a.chunks_exact(h.max(1))) {
        sum.iter_mut().zip(row).for_each(|(sum, a)| *sum += p * a);
    }
    sum
}
