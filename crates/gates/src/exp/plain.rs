/// EXP as docs/protocol.md section 2 writes it, modulo 2^64.
pub(crate) fn exp(m: u64, lambda: u64, k: u32, b: u32, p: u32, q: u32, dtop: i64) -> u64 {
    let (cell, cells, half) = (1u64 << b, 1i64 << (k - b), libm::exp2(f64::from(b) - 15.0));
    let two = |bits: u32| (1u64 << bits) as f64;
    let factor = libm::round(libm::exp((m % cell) as f64 / two(14) - half) * two(p));
    let d = ((m >> b) as i64 - (lambda >> b) as i64).rem_euclid(cells);
    let d = if d < dtop { d } else { d - cells };
    let argument = (d as f64 * cell as f64 - (lambda % cell) as f64) / two(14) + half;
    let entry = libm::round((libm::exp(argument) * two(q)).min(two(52)));
    (factor as u64).wrapping_mul(entry as u64)
}
