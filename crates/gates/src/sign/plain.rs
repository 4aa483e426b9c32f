/// SGN as docs/protocol.md section 2 writes it.
pub(crate) fn at_least_zero(v: u64, lambda: u64, k: u32, w: u32) -> u64 {
    let (f, two) = (k - w, 2i128);
    let m = (i128::from(v) + i128::from(lambda) - two.pow(f - 1)).rem_euclid(two.pow(k));
    let d = ((m >> f) - (i128::from(lambda) >> f)).rem_euclid(two.pow(w));
    u64::from(d < two.pow(w - 1))
}
