//! Fixed point: from floats to words, and shifts of shares.

use core::fmt;

/// Weights must be below this in absolute value once scaled: beyond it, sums over rows leave the formats of the plan.
pub const WEIGHT_LIMIT: f64 = (1u64 << 40) as f64;

/// A value that is no number or does not fit the fixed-point format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RangeError {
    /// Where it stands in the input.
    pub index: usize,
    /// The scale it was converted to.
    pub scale: u32,
}

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the value at index {} is not finite or not below 2^40 at scale {}", self.index, self.scale)
    }
}

impl core::error::Error for RangeError {}

/// `round(value * 2^scale)`, half to even, as words in two's complement.
///
/// # Errors
/// [`RangeError`] for the first value that is not finite or reaches [`WEIGHT_LIMIT`] after scaling.
///
/// # Panics
/// When the scale is above 63.
pub fn quantise(values: &[f32], scale: u32) -> Result<Vec<u64>, RangeError> {
    assert!(scale < 64, "ring: scale must be below 64");
    // Exact: a float times a power of two in double precision.
    let unit = (1u64 << scale) as f64;
    values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let scaled = f64::from(*value) * unit;
            // Also false for a NaN.
            if scaled.abs() < WEIGHT_LIMIT {
                Ok(scaled.round_ties_even() as i64 as u64)
            } else {
                Err(RangeError { index, scale })
            }
        })
        .collect()
}

/// `(word mod 2^width) >> f` for each word: how a wire of `width` bits, or its mask, is truncated and reduced.
///
/// # Panics
/// When `width` is not in `1 ..= 64` or `f` is not below it.
pub fn shift_right(words: &mut [u64], width: u32, f: u32) {
    let mask = prg::mask(width);
    assert!(f < width, "ring: a shift leaves at least one bit");
    for word in words {
        *word = (*word & mask) >> f;
    }
}
