use super::{STEPS, plain, size_count, size_dealer, size_normalise};
use crate::party::Party;
use crate::suite::{PARTIES, Wire, join, random, split};
use crate::xor_words;
use proptest::prelude::*;

fn check(bits: &[u64], values: &[u64], seed: u8) {
    let n = values.len();
    let beta = random(seed, n * STEPS, 1);
    let z = xor_words(bits, &beta).unwrap();
    let z12 = Wire::new(seed ^ 1, values, 52);
    let dealt = split(seed ^ 2, &size_dealer(&beta, &z12.lambda).unwrap(), 52);
    let normalised = [0, 1].map(|p| size_normalise(PARTIES[p], &z, &z12.m, &z12.halves[p], &dealt[p]).unwrap());
    let count = [0, 1].map(|p| size_count(PARTIES[p], &z, &dealt[p], n).unwrap());
    let expected: Vec<(u64, u64)> = bits.chunks(STEPS).zip(values).map(|(bits, v)| plain::size(bits, *v)).collect();
    let (values, counts): (Vec<u64>, Vec<u64>) = expected.into_iter().unzip();
    assert_eq!(join(&normalised, 52), crate::mask_words(&values, 52).unwrap());
    assert_eq!(join(&count, 52), counts);
}

proptest! {
    #[test]
    fn equals_plain(n in 1usize..6, seed: u8) {
        check(&random(seed ^ 4, n * STEPS, 1), &random(seed ^ 5, n, 52), seed);
    }
}

#[test]
fn a_number_of_any_size_is_normalised() {
    for bits in 0..=STEPS {
        let thermometer: Vec<u64> = (0..STEPS).map(|j| u64::from(j < bits)).collect();
        check(&thermometer, &[123], bits as u8);
        assert_eq!(plain::size(&thermometer, 5), (5 << (2 * (STEPS - bits)), bits as u64));
    }
}

#[test]
fn refuses_bad_arguments() {
    let p = Party::FIRST;
    assert!(size_dealer(&[0; 19], &[1]).is_err());
    assert!(size_normalise(p, &[0; 20], &[1], &[1], &[0; 39]).is_err());
    assert!(size_normalise(p, &[0; 20], &[1], &[], &[0; 40]).is_err());
    assert!(size_normalise(p, &[0; 21], &[1], &[1], &[0; 42]).is_err());
    assert!(size_count(p, &[0; 20], &[0; 40], 2).is_err());
}
