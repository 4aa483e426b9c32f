//! Between floats and words of a wire's format `(scale, width)`.

use crate::error::{Error, Result, ensure, ensure_width};

/// Words read as signed numbers of `width` bits, divided by `2^scale`.
///
/// # Errors
/// `E_ARGUMENT` for a width outside 1 to 64 or a scale above 63.
pub fn signed_to_float(words: &[u64], width: u32, scale: u32) -> Result<Vec<f32>> {
    ensure_width(width)?;
    let unit = unit(scale)?;
    let up = 64 - width;
    Ok(words.iter().map(|word| ((word << up) as i64 >> up) as f64 / unit).map(|value| value as f32).collect())
}

/// `round(value * 2^scale) mod 2^width`, half to even.
///
/// # Errors
/// `E_RANGE` for a value that is not a number or outside the signed numbers of `width` bits, `E_ARGUMENT` for a width
/// outside 1 to 64 or a scale above 63.
pub fn float_to_words(values: &[f32], scale: u32, width: u32) -> Result<Vec<u64>> {
    ensure_width(width)?;
    let unit = unit(scale)?;
    let limit = libm::ldexp(1.0, width as i32 - 1);
    let mask = prg::mask(width);
    let word = |(index, value): (usize, &f32)| {
        let rounded = libm::rint(f64::from(*value) * unit);
        // False for a NaN.
        if (-limit..limit).contains(&rounded) {
            Ok(rounded as i64 as u64 & mask)
        } else {
            Err(Error::Range(format!("the value at index {index} does not fit {width} bits at scale {scale}")))
        }
    };
    values.iter().enumerate().map(word).collect()
}

fn unit(scale: u32) -> Result<f64> {
    ensure(scale < 64, "scale must be below 64")?;
    Ok(libm::ldexp(1.0, scale as i32))
}

#[cfg(test)]
mod tests {
    use super::{Error, float_to_words, signed_to_float};

    #[test]
    fn rounds_half_to_even_and_back() {
        let words = float_to_words(&[0.5, 1.5, -0.5, -1.5, -8.0, 7.25], 0, 4).unwrap();
        assert_eq!(words, [0, 2, 0, 14, 8, 7]);
        assert_eq!(signed_to_float(&[0, 2, 14, 8, 7], 4, 1).unwrap(), [0.0, 1.0, -1.0, -4.0, 3.5]);
        assert_eq!(
            signed_to_float(&[u64::MAX, 1 << 63], 64, 63).unwrap(),
            [-0.000_000_000_000_000_000_108_420_22, -1.0]
        );
    }

    #[test]
    fn refuses_what_does_not_fit() {
        for value in [8.0, -8.6, f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert!(matches!(float_to_words(&[0.0, value], 0, 4), Err(Error::Range(_))), "{value}");
        }
        assert!(matches!(float_to_words(&[], 64, 4), Err(Error::Argument(_))));
        assert!(matches!(signed_to_float(&[], 65, 0), Err(Error::Argument(_))));
    }
}
