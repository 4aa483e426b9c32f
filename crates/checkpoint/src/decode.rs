//! The bytes of a tensor as floats.

use crate::Error;
use half::{bf16, f16};

/// The values of a tensor of type `F32`, `F16` or `BF16` (safetensors' names), each converted exactly.
///
/// # Errors
/// When the type is another or the bytes are not whole values.
pub fn decode(bytes: &[u8], dtype: &str) -> Result<Vec<f32>, Error> {
    match dtype {
        "F32" => values(bytes, f32::from_le_bytes),
        "F16" => values(bytes, |b| f16::from_le_bytes(b).to_f32()),
        "BF16" => values(bytes, |b| bf16::from_le_bytes(b).to_f32()),
        _ => {
            Err(Error(format!("tensors of type {dtype} are not supported: convert the checkpoint to F32, F16 or BF16")))
        }
    }
}

fn values<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f32) -> Result<Vec<f32>, Error> {
    match bytes.as_chunks::<N>() {
        (chunks, []) => Ok(chunks.iter().map(|chunk| value(*chunk)).collect()),
        _ => Err(Error(format!("a tensor of {} bytes does not hold whole values of {N} bytes", bytes.len()))),
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn the_three_types() {
        assert_eq!(decode(&[0, 0, 0xc0, 0x3f], "F32"), Ok(vec![1.5]));
        assert_eq!(decode(&[0, 0x3e, 1, 0], "F16"), Ok(vec![1.5, 2f32.powi(-24)]));
        assert_eq!(decode(&[0xc0, 0x3f], "BF16"), Ok(vec![1.5]));
    }

    #[test]
    fn refusals() {
        assert!(decode(&[0; 4], "I8").unwrap_err().to_string().contains("I8"));
        assert!(decode(&[0; 5], "F16").is_err());
    }
}
