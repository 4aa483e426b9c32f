/// Every row of `x` times its scalar.
pub(crate) fn scale_rows(r: &[u64], x: &[u64]) -> Vec<u64> {
    let n = x.len() / r.len();
    (0..x.len()).map(|i| r[i / n].wrapping_mul(x[i])).collect()
}
