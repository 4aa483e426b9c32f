//! Largest magnitudes of rows.

use core::ops::Range;

/// The largest magnitude in some columns of each row; NaN where one of them is NaN.
///
/// # Panics
/// When `x` is not whole rows of `cols`, or has not these columns.
#[must_use]
pub fn row_peaks(x: &[f32], cols: usize, part: Range<usize>) -> Vec<f32> {
    assert_eq!(x.len() % cols.max(1), 0, "float: whole rows");
    x.chunks_exact(cols.max(1)).map(|row| peak(row[part.clone()].iter().copied())).collect()
}

/// The same of all columns of `x - bias`, where every row is less the same bias.
///
/// # Panics
/// When `x` is not whole rows of `bias.len()`.
#[must_use]
pub fn row_peaks_without(x: &[f32], bias: &[f32]) -> Vec<f32> {
    assert_eq!(x.len() % bias.len().max(1), 0, "float: whole rows");
    x.chunks_exact(bias.len().max(1)).map(|row| peak(row.iter().zip(bias).map(|(v, bias)| v - bias))).collect()
}

/// Magnitudes are ordered as their bits are, and NaN is above them all.
fn peak(values: impl Iterator<Item = f32>) -> f32 {
    f32::from_bits(values.map(|v| v.abs().to_bits()).max().unwrap_or(0))
}
