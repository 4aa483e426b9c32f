/// LN of the text for a window that is right: `y_0` and those `y_w` of which `v` reaches the threshold.
pub(crate) fn select(v: i64, thresholds: &[u64], y: &[u64]) -> u64 {
    let reached = thresholds.iter().zip(&y[1..]).filter(|(tau, _)| v >= **tau as i64);
    reached.fold(y[0], |sum, (_, y)| sum.wrapping_add(*y))
}
