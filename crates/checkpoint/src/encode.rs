//! Floats as the bytes of a tensor.

use crate::Error;
use half::{bf16, f16};

/// The bytes of values as type `F32`, `F16` or `BF16` (safetensors' names), rounded to nearest, ties to even.
///
/// # Errors
/// When the type is another, a value is not finite, or rounds to infinity.
pub fn encode(values: &[f32], dtype: &str) -> Result<Vec<u8>, Error> {
    let one = narrowed(dtype)?;
    if let Some(at) = values.iter().position(|value| !one(*value).is_finite()) {
        let why = if values[at].is_finite() { format!("too large for {dtype}") } else { "not finite".into() };
        return Err(Error(format!("value {at} is {}: {why}", values[at])));
    }
    Ok(match dtype {
        "F16" => values.iter().flat_map(|value| f16::from_f32(*value).to_le_bytes()).collect(),
        "BF16" => values.iter().flat_map(|value| bf16::from_f32(*value).to_le_bytes()).collect(),
        _ => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
    })
}

/// How many of the values type `dtype` does not hold exactly.
///
/// # Errors
/// When the type is none of those of [`encode`].
pub fn count_rounded(values: &[f32], dtype: &str) -> Result<usize, Error> {
    let one = narrowed(dtype)?;
    Ok(values.iter().filter(|value| one(**value).to_bits() != value.to_bits()).count())
}

/// What a value becomes in a type.
fn narrowed(dtype: &str) -> Result<fn(f32) -> f32, Error> {
    match dtype {
        "F32" => Ok(|value| value),
        "F16" => Ok(|value| f16::from_f32(value).to_f32()),
        "BF16" => Ok(|value| bf16::from_f32(value).to_f32()),
        _ => Err(Error(format!("tensors are written as F32, F16 or BF16, not as {dtype}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{count_rounded, encode};
    use crate::decode;

    const VALUES: [f32; 4] = [1.5, -0.0, 0.1, 65504.0];

    #[test]
    fn what_is_held_exactly_comes_back() {
        for (dtype, rounded) in [("F32", 0), ("F16", 1), ("BF16", 2)] {
            let back = decode(&encode(&VALUES, dtype).unwrap(), dtype).unwrap();
            let changed = back.iter().zip(VALUES).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
            assert_eq!((changed, count_rounded(&VALUES, dtype).unwrap()), (rounded, rounded), "{dtype}");
        }
    }

    #[test]
    fn refusals() {
        assert!(
            encode(&[1.0, 70000.0], "F16").unwrap_err().to_string().contains("value 1 is 70000: too large for F16")
        );
        assert!(encode(&[f32::NAN], "F32").unwrap_err().to_string().contains("not finite"));
        assert!(encode(&[1.0], "F64").is_err());
        assert!(count_rounded(&[1.0], "F64").is_err());
    }
}
