use crate::{MAX_WORDS, Stream, contains, mask};
use proptest::prelude::*;

/// The key stream's bytes from the RFC's block function vectors, as words.
fn words(hex: &str) -> Vec<u64> {
    let bytes: Vec<u8> =
        (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex")).collect();
    bytes.chunks_exact(8).map(|c| u64::from_le_bytes(c.try_into().expect("eight bytes"))).collect()
}

#[test]
fn rfc_8439_block_function() {
    let key = std::array::from_fn(|i| i as u8);
    let nonce = [0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0];
    // Section 2.3.2 has block counter 1: words 8 to 15 of our stream.
    let expected = words(
        "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4ed2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e",
    );
    assert_eq!(Stream::new(&key, &nonce).words(8, 8), expected);
}

#[test]
fn rfc_8439_zero_key() {
    // Appendix A.1, vectors 1 and 2: counters 0 and 1.
    let expected = words(
        "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee65869f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
    );
    assert_eq!(Stream::new(&[0; 32], &[0; 12]).words(0, 16), expected);
}

#[test]
fn the_stream_ends_with_the_counter() {
    let stream = Stream::new(&[7; 32], &[1; 12]);
    assert!(contains(MAX_WORDS - 3, 3) && !contains(MAX_WORDS - 3, 4) && !contains(u64::MAX, 1));
    assert_eq!(stream.words(MAX_WORDS - 9, 9)[1..], stream.words(MAX_WORDS - 8, 8));
}

#[test]
fn masks() {
    assert_eq!([mask(1), mask(40), mask(64)], [1, 0xff_ffff_ffff, u64::MAX]);
}

proptest! {
    #[test]
    fn any_part_equals_the_same_part_of_the_whole(key: [u8; 32], nonce: [u8; 12], first in 0usize..200, count in 0usize..200) {
        let stream = Stream::new(&key, &nonce);
        prop_assert_eq!(&stream.words(0, 400)[first..first + count], stream.words(first as u64, count));
    }

    #[test]
    fn add_and_sub_are_inverse(key: [u8; 32], nonce: [u8; 12], first in 0u64..1 << 34, start: Vec<u64>) {
        let stream = Stream::new(&key, &nonce);
        let mut sum = start.clone();
        stream.add(first, &mut sum);
        let expected: Vec<u64> =
            start.iter().zip(stream.words(first, start.len())).map(|(a, b)| a.wrapping_add(b)).collect();
        prop_assert_eq!(&sum, &expected);
        stream.sub(first, &mut sum);
        prop_assert_eq!(sum, start);
    }

    #[cfg(target_feature = "simd128")]
    #[test]
    fn vectors_equal_scalars(key: [u8; 32], nonce: [u8; 12], counter: u32) {
        let state = crate::state::initial(&key, &nonce);
        prop_assert_eq!(crate::simd::group(&state, counter), crate::scalar::group(&state, counter));
    }
}
