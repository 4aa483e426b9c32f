/// EXP as docs/protocol.md section 2 writes it, modulo 2^64.
pub(crate) fn exp(m: u64, lambda: u64, p: u32, q: u32, dtop: i64) -> u64 {
    let two = |bits: u32| (1u64 << bits) as f64;
    let factor = libm::round(libm::exp((m % 65536) as f64 / two(14) - 2.0) * two(p));
    let d = ((m >> 16) as i64 - (lambda >> 16) as i64).rem_euclid(32);
    let d = if d < dtop { d } else { d - 32 };
    let argument = (d as f64 * 65536.0 - (lambda % 65536) as f64) / two(14) + 2.0;
    let entry = libm::round((libm::exp(argument) * two(q)).min(two(52)));
    (factor as u64).wrapping_mul(entry as u64)
}
