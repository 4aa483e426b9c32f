//! Functions of whole rows. Sums run in double precision from first to last.

/// `(x - mean) / sqrt(variance + eps) * gain + bias` for each row of `gain.len()` values, in place.
///
/// # Panics
/// When `x` is not whole rows or `bias` has another length than `gain`.
pub fn layer_norm(x: &mut [f32], gain: &[f32], bias: &[f32], eps: f64) {
    assert_eq!(gain.len(), bias.len(), "float: gain and bias of a norm");
    assert_eq!(x.len() % gain.len().max(1), 0, "float: whole rows");
    for row in x.chunks_exact_mut(gain.len().max(1)) {
        let n = row.len() as f64;
        let mean = row.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
        let variance = row.iter().map(|v| (f64::from(*v) - mean) * (f64::from(*v) - mean)).sum::<f64>() / n;
        let scale = 1.0 / libm::sqrt(variance + eps);
        for ((v, gain), bias) in row.iter_mut().zip(gain).zip(bias) {
            *v = ((f64::from(*v) - mean) * scale) as f32 * gain + bias;
        }
    }
}

/// `x / sqrt(mean(x^2) + eps) * gain` for some columns of each row of `cols` values, in place: `count` pieces of `gain.len()` values
/// from column `from` on, each by itself.
///
/// # Panics
/// When `x` is not whole rows, or has not these columns.
pub fn rms_norm(x: &mut [f32], cols: usize, (from, count): (usize, usize), gain: &[f32], eps: f64) {
    assert_eq!(x.len() % cols.max(1), 0, "float: whole rows");
    assert!(from + count * gain.len() <= cols, "float: columns of a norm");
    for row in x.chunks_exact_mut(cols.max(1)) {
        for piece in row[from..from + count * gain.len()].chunks_exact_mut(gain.len().max(1)) {
            let mean = piece.iter().map(|v| f64::from(*v) * f64::from(*v)).sum::<f64>() / piece.len() as f64;
            let scale = 1.0 / libm::sqrt(mean + eps);
            for (v, gain) in piece.iter_mut().zip(gain) {
                *v = (f64::from(*v) * scale) as f32 * gain;
            }
        }
    }
}

/// The softmax of each row of `cols` values, in place. A row of `-inf` alone becomes NaN.
///
/// # Panics
/// When `x` is not whole rows.
pub fn softmax_rows(x: &mut [f32], cols: usize) {
    assert_eq!(x.len() % cols.max(1), 0, "float: whole rows");
    for row in x.chunks_exact_mut(cols.max(1)) {
        softmax(row);
    }
}

/// The softmax of one row, in place; returns its log-sum-exp.
pub(crate) fn softmax(row: &mut [f32]) -> f64 {
    let top = maximum(row);
    let mut sum = 0.0;
    for v in &mut *row {
        *v = libm::expf(*v - top);
        sum += f64::from(*v);
    }
    for v in row {
        *v = (f64::from(*v) / sum) as f32;
    }
    f64::from(top) + libm::log(sum)
}

/// `ln sum exp(x)`; negative infinity for no values.
#[must_use]
pub fn log_sum_exp(x: &[f32]) -> f64 {
    let top = maximum(x);
    if top == f32::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    let top = f64::from(top);
    top + libm::log(x.iter().map(|v| libm::exp(f64::from(*v) - top)).sum())
}

fn maximum(x: &[f32]) -> f32 {
    x.iter().copied().fold(f32::NEG_INFINITY, f32::max)
}
