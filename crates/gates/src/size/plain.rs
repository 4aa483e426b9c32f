/// `(Zn, n)` of one element, as docs/protocol.md section 3, rows 10 and 11.
pub(crate) fn size(bits: &[u64], z12: u64) -> (u64, u64) {
    let power = |exponent: usize| 4i64.pow(exponent as u32);
    let bits = || bits.iter().zip(1..).map(|(bit, j)| (*bit as i64, j));
    let factor = power(20) + bits().map(|(bit, j)| bit * (power(20 - j) - power(21 - j))).sum::<i64>();
    (z12.wrapping_mul(factor as u64), bits().map(|(bit, _)| bit as u64).sum())
}
