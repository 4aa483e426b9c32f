/// `sum v^2` of each row.
pub(crate) fn sum_squares(v: &[u64], rows: usize) -> Vec<u64> {
    let cols = v.len() / rows;
    (0..rows).map(|r| (0..cols).fold(0u64, |sum, c| sum.wrapping_add(v[r * cols + c].wrapping_pow(2)))).collect()
}
