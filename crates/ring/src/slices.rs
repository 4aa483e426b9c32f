//! Products with plain row-major slices: attention over cached rows.

/// The inner product of two vectors.
///
/// # Panics
/// When the lengths differ.
#[must_use]
pub fn dot(a: &[u64], b: &[u64]) -> u64 {
    assert_eq!(a.len(), b.len(), "ring: lengths of a dot product");
    a.iter().zip(b).fold(0, |sum, (a, b)| sum.wrapping_add(a.wrapping_mul(*b)))
}

/// `A x`: the inner product of each row of `a` (`n x h`) with `x` (`h`). With `h = 0`, nothing.
///
/// # Panics
/// When `a` is not whole rows.
#[must_use]
pub fn rows_dot(a: &[u64], x: &[u64]) -> Vec<u64> {
    assert_eq!(a.len() % x.len().max(1), 0, "ring: whole rows");
    a.chunks_exact(x.len().max(1)).map(|row| dot(row, x)).collect()
}

/// `p A`: the sum of the rows of `a` (`n x h`) weighted by `p` (`n`).
///
/// # Panics
/// When `a` is not `n x h`.
#[must_use]
pub fn weighted_rows(p: &[u64], a: &[u64], h: usize) -> Vec<u64> {
    assert_eq!(a.len(), p.len() * h, "ring: shape of the rows");
    let mut sum = vec![0u64; h];
    for (p, row) in p.iter().zip(a.chunks_exact(h.max(1))) {
        for (sum, a) in sum.iter_mut().zip(row) {
            *sum = sum.wrapping_add(p.wrapping_mul(*a));
        }
    }
    sum
}
