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

/// A norm: its sum of squares is of `d_model` values with `s6` fractional bits each.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    /// Fractional bits of what is squared.
    pub s6: u32,
    /// Values of a row.
    pub d_model: f64,
    /// Added to the mean square.
    pub eps: f64,
}

/// RSQRT: `factor` times the mean square to the power of `halves` halves.
#[must_use]
pub fn power(v: u64, l: u64, at: Cells, scale: u32, norm: Norm, halves: i32, factor: f64) -> u64 {
    let unit = libm::exp2(f64::from(at.f) - 2.0 * f64::from(norm.s6)) / norm.d_model;
    let function = |x: f64| {
        let mean = f64::max(x, 1.0) * unit + norm.eps;
        let root = libm::sqrt(mean);
        factor
            * if halves == -2 {
                1.0 / mean
            } else if halves == -1 {
                1.0 / root
            } else {
                root
            }
    };
    tabulated(v, l, at, scale, function)
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
