//! Section 2: functions of one wire.

use crate::word;

/// Geometry of a table.
#[derive(Clone, Copy, Debug)]
pub struct Cells {
    /// Dropped bits.
    pub f: u32,
    /// Bits of the cell's number.
    pub w: u32,
    /// Bits inside a cell.
    pub t: u32,
    /// First cell of the window.
    pub dmin: u64,
}

/// A piecewise linear function of the wire, at a scale; `function` is of `v >> f`.
fn tabulated(v: u64, l: u64, at: Cells, scale: u32, function: impl Fn(f64) -> f64) -> u64 {
    let Cells { f, w, t, dmin } = at;
    let width = f + w + t;
    let m = ((u128::from(v) + u128::from(l)) % (1 << width)) as u64 >> f;
    let l = l >> f;
    let size = 1i128 << w;
    let d = (i128::from(m >> t) - i128::from(l >> t)).rem_euclid(size) as u64;
    let cell = if d < dmin { d + (1 << w) } else { d };
    let inside = 1u64 << t;
    let z = i128::from(m % inside) - i128::from(l % inside);
    let step = inside as f64;
    let x = cell as f64 * step;
    let one = libm::exp2(f64::from(scale));
    let (middle, after, before) = (function(x), function(x + step), function(x - step));
    let p1 = libm::round((after - before) / (2.0 * step) * one) as i128;
    let p0 = libm::round((after + before + 2.0 * middle) / 4.0 * one) as i128;
    word(p0 + z * p1)
}

/// RSQRT of a sum of squares of `d_model` values with `s6` fractional bits each.
#[must_use]
pub fn rsqrt(v: u64, l: u64, at: Cells, sr: u32, s6: u32, d_model: f64) -> u64 {
    let unit = libm::exp2(f64::from(at.f) - 2.0 * f64::from(s6)) / d_model;
    tabulated(v, l, at, sr, |x| 1.0 / libm::sqrt(f64::max(x, 1.0) * unit + 1e-5))
}

/// `ln_i` of Z, scale 17: near ln only if Z lies in window `i`.
#[must_use]
pub fn ln(v: u64, l: u64, i: u32) -> u64 {
    let f = 9 + 3 * i;
    let at = Cells { f, w: 6, t: 6, dmin: 4 };
    tabulated(v, l, at, 17, |x| libm::log(f64::max(x, 1.0) * libm::exp2(f64::from(f) - 38.0)))
}

/// EXP of a wire of scale 14 and width `k`, scale `p + q`, with cells of `2^b` units.
#[must_use]
pub fn exp(v: u64, l: u64, k: u32, b: u32, p: u32, q: u32, dtop: u64) -> u64 {
    let (unit, cells) = (1u64 << b, 1u64 << (k - b));
    let half = unit as f64 / 2.0 / 16384.0;
    let m = v.wrapping_add(l) % (1 << k);
    let factor = libm::round(libm::exp((m % unit) as f64 / 16384.0 - half) * libm::exp2(f64::from(p)));
    let d = ((m >> b) + cells - (l >> b)) % cells;
    let cell = if d < dtop { d as f64 } else { d as f64 - cells as f64 };
    let x = (cell * unit as f64 - (l % unit) as f64) / 16384.0 + half;
    let entry = libm::round(f64::min(libm::exp(x) * libm::exp2(f64::from(q)), libm::exp2(52.0)));
    (factor as u64).wrapping_mul(entry as u64)
}
