/// `1 - msb(v - tau mod 2^k)`.
pub(crate) fn ge(v: u64, tau: u64, k: u32) -> u64 {
    1 - (v.wrapping_sub(tau) >> (k - 1) & 1)
}
