//! Docs/protocol.md section 2, RSQRT and LN of one window, as they stand there.

/// `f, w, t, dmin, scale`.
pub(crate) type Parameters = [u32; 5];

pub(crate) fn mean_square(v: f64, f: u32, s6: u32, d_model: u32) -> f64 {
    v.max(1.0) * libm::exp2(f64::from(f) - 2.0 * f64::from(s6)) / f64::from(d_model) + 1e-5
}

pub(crate) fn ln(v: f64, f: u32) -> f64 {
    libm::log(v.max(1.0) * libm::exp2(f64::from(f) - 38.0))
}

/// `P0(D) + z P1(D)` of a wire.
pub(crate) fn table(m: u64, lambda: u64, parameters: Parameters, function: impl Fn(f64) -> f64) -> u64 {
    let [f, w, t, dmin, scale] = parameters;
    let cell = 2f64.powi(t as i32);
    let (m, lambda) = (m >> f, lambda >> f);
    let d = ((m >> t) as i64 - (lambda >> t) as i64).rem_euclid(1 << w);
    let d = if d < i64::from(dmin) { d + (1 << w) } else { d };
    let at = |cells: f64| function((d as f64 + cells) * cell);
    let unit = 2f64.powi(scale as i32);
    let p1 = libm::round((at(1.0) - at(-1.0)) / (2.0 * cell) * unit) as i64;
    let p0 = libm::round((at(1.0) + at(-1.0) + 2.0 * at(0.0)) / 4.0 * unit) as i64;
    let z = (m % (1 << t)) as i64 - (lambda % (1 << t)) as i64;
    p0.wrapping_add(z.wrapping_mul(p1)) as u64
}
