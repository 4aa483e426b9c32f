/// x where the bit is set.
pub(crate) fn select(bits: &[u64], x: &[u64]) -> Vec<u64> {
    bits.iter().zip(x).map(|(bit, x)| if *bit == 1 { *x } else { 0 }).collect()
}
