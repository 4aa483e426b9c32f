//! Tensors of GGUF files as floats. Blocks are those of ggml (`ggml-common.h`); every value has the bits that `gguf.quants.dequantize`
//! of Python's `gguf` gives: products and sums of f32 in its order, none fused.

use crate::{Error, decode};
use half::f16;

/// Values of a block of the types without sub-blocks.
const SMALL: usize = 32;
/// Values of a block of the `_K` types.
const LARGE: usize = 256;

/// Values and bytes of one block of a type, by ggml's name; none for a type that [`dequantize`] does not know.
pub fn block(kind: &str) -> Option<(usize, usize)> {
    Some(match kind {
        "F32" => (1, 4),
        "F16" | "BF16" => (1, 2),
        "Q4_0" => (SMALL, 18),
        "Q4_1" => (SMALL, 20),
        "Q5_0" => (SMALL, 22),
        "Q5_1" => (SMALL, 24),
        "Q8_0" => (SMALL, 34),
        "Q4_K" => (LARGE, 144),
        "Q5_K" => (LARGE, 176),
        "Q6_K" => (LARGE, 210),
        _ => return None,
    })
}

/// The values of whole blocks of a type, by ggml's name.
///
/// # Errors
/// When the type is another or the bytes are not whole blocks.
pub fn dequantize(bytes: &[u8], kind: &str) -> Result<Vec<f32>, Error> {
    match kind {
        "F32" | "F16" | "BF16" => decode(bytes, kind),
        "Q4_0" => blocks(bytes, kind, |b: &[u8; 18], out| {
            nibbles(&b[2..], out, |q| scale(b, 0) * (f32::from(q) - 8.0));
        }),
        "Q4_1" => blocks(bytes, kind, |b: &[u8; 20], out| {
            nibbles(&b[4..], out, |q| scale(b, 0) * f32::from(q) + scale(b, 2));
        }),
        "Q5_0" => blocks(bytes, kind, |b: &[u8; 22], out| {
            fives(&b[2..], out, |q| scale(b, 0) * (f32::from(q) - 16.0));
        }),
        "Q5_1" => blocks(bytes, kind, |b: &[u8; 24], out| {
            fives(&b[4..], out, |q| scale(b, 0) * f32::from(q) + scale(b, 2));
        }),
        "Q8_0" => blocks(bytes, kind, |b: &[u8; 34], out| {
            for (value, q) in out.iter_mut().zip(&b[2..]) {
                *value = scale(b, 0) * f32::from(*q as i8);
            }
        }),
        "Q4_K" => blocks(bytes, kind, q4_k),
        "Q5_K" => blocks(bytes, kind, q5_k),
        "Q6_K" => blocks(bytes, kind, q6_k),
        _ => Err(Error(format!("tensors of type {kind} are not supported"))),
    }
}

fn blocks<const N: usize>(bytes: &[u8], kind: &str, one: impl Fn(&[u8; N], &mut [f32])) -> Result<Vec<f32>, Error> {
    let (values, _) = block(kind).unwrap_or_default();
    let (whole, []) = bytes.as_chunks::<N>() else {
        return Err(Error(format!("{} bytes are not whole {kind} blocks of {N}", bytes.len())));
    };
    let mut out = vec![0.0; whole.len() * values];
    for (from, to) in whole.iter().zip(out.chunks_exact_mut(values)) {
        one(from, to);
    }
    Ok(out)
}

/// The half at an offset.
#[inline(never)]
fn scale(block: &[u8], at: usize) -> f32 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f32()
}

/// Low halves of 16 bytes, then the high ones.
fn nibbles(packed: &[u8], out: &mut [f32], value: impl Fn(u8) -> f32) {
    for (i, byte) in packed.iter().enumerate() {
        out[i] = value(byte & 15);
        out[i + packed.len()] = value(byte >> 4);
    }
}

/// Four bytes with the fifth bits of 32 values, then their nibbles.
fn fives(packed: &[u8], out: &mut [f32], value: impl Fn(u8) -> f32) {
    let (high, low) = packed.split_at(4);
    let bit = |i: usize| (high[i / 8] >> (i % 8) & 1) << 4;
    for (i, byte) in low.iter().enumerate() {
        out[i] = value(byte & 15 | bit(i));
        out[i + low.len()] = value(byte >> 4 | bit(i + low.len()));
    }
}

/// Scale and minimum, of six bits each, of sub-block `i` of eight.
fn scale_and_min(packed: &[u8], i: usize) -> (f32, f32) {
    let (scale, min) = if i < 4 {
        (packed[i] & 0x3f, packed[i + 4] & 0x3f)
    } else {
        let low = packed[i + 4];
        (low & 0x0f | packed[i - 4] >> 2 & 0x30, low >> 4 | packed[i] >> 2 & 0x30)
    };
    (f32::from(scale), f32::from(min))
}

/// `d`, `dmin`, packed scales and minima, 128 bytes of nibbles.
fn q4_k(b: &[u8; 144], out: &mut [f32]) {
    k_blocks(&b[..16], &b[16..], |_, _| 0, out);
}

/// As [`q4_k`], with 32 bytes of fifth bits before the nibbles: bit `i` belongs to sub-block `i`.
fn q5_k(b: &[u8; 176], out: &mut [f32]) {
    k_blocks(&b[..16], &b[48..], |sub, i| (b[16 + i] >> sub & 1) << 4, out);
}

/// Sub-blocks of 32; two that follow each other have the low and the high halves of the same bytes.
fn k_blocks(head: &[u8], low: &[u8], high: impl Fn(usize, usize) -> u8, out: &mut [f32]) {
    for (sub, values) in out.chunks_exact_mut(32).enumerate() {
        let (factor, min) = scale_and_min(&head[4..], sub);
        let (d, m) = (scale(head, 0) * factor, scale(head, 2) * min);
        for (i, value) in values.iter_mut().enumerate() {
            let q = low[sub / 2 * 32 + i] >> (sub % 2 * 4) & 15 | high(sub, i);
            *value = d * f32::from(q) - m;
        }
    }
}

/// 128 bytes of low halves, 64 of upper pairs of bits, 16 scales of sub-blocks of 16, `d`.
fn q6_k(b: &[u8; 210], out: &mut [f32]) {
    let (low, high, scales) = (&b[..128], &b[128..192], &b[192..208]);
    for (i, value) in out.iter_mut().enumerate() {
        let (half, within) = (i / 128, i % 128);
        let nibble = low[half * 64 + within % 64] >> (within / 64 * 4) & 15;
        let pair = high[half * 32 + within % 32] >> (within / 32 * 2) & 3;
        let d = scale(b, 208) * f32::from(scales[i / 16] as i8);
        *value = d * (f32::from(nibble | pair << 4) - 32.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{block, dequantize};
    use half::f16;

    const KINDS: [&str; 11] = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"];

    #[test]
    fn blocks_are_whole() {
        for kind in KINDS {
            let (values, bytes) = block(kind).unwrap();
            assert_eq!(dequantize(&vec![0; 3 * bytes], kind).unwrap().len(), 3 * values, "{kind}");
            assert!(dequantize(&vec![0; 3 * bytes + 1], kind).is_err(), "{kind}");
        }
        assert!(dequantize(&[0; 84], "Q2_K").unwrap_err().to_string().contains("Q2_K"));
        assert_eq!(block("Q2_K"), None);
    }

    /// By hand: d = 2, m = 1, the first value 15 of the first byte's low half, value 16 its high half 0.
    #[test]
    fn a_block_of_q4_1() {
        let mut bytes = vec![0; 20];
        bytes[..2].copy_from_slice(&f16::from_f32(2.0).to_le_bytes());
        bytes[2..4].copy_from_slice(&f16::from_f32(1.0).to_le_bytes());
        bytes[4] = 0x0f;
        let values = dequantize(&bytes, "Q4_1").unwrap();
        assert_eq!((values[0], values[1], values[16]), (31.0, 1.0, 1.0));
    }
}
