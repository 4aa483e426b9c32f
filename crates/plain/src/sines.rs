//! Section 2, SINES: the odd part of a gate, made periodic, as a sum of sines.

use crate::word;
use core::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

/// Which function, less a half.
#[derive(Clone, Copy, Debug)]
pub enum Gate {
    /// The logistic function.
    Silu,
    /// The normal distribution.
    Gelu,
    /// The same by its tanh form.
    GeluTanh,
}

impl Gate {
    /// By the name of its activation.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "silu" => Self::Silu,
            "gelu" => Self::Gelu,
            "gelu_tanh" => Self::GeluTanh,
            _ => return None,
        })
    }

    fn less_half(self, x: f64) -> f64 {
        0.5 * match self {
            Self::Silu => libm::tanh(x / 2.0),
            Self::Gelu => libm::erf(x * FRAC_1_SQRT_2),
            Self::GeluTanh => libm::tanh(libm::sqrt(2.0 / PI) * (x + 0.044_715 * x * x * x)),
        }
    }

    /// Half a period later it has the other sign.
    fn periodic(self, x: f64, period: f64) -> f64 {
        let mut sum = self.less_half(x);
        for j in 1..=8 {
            let half = f64::from(j) * period / 2.0;
            let pair = self.less_half(x - half) + self.less_half(x + half);
            sum += if j % 2 == 1 { -pair } else { pair };
        }
        sum
    }
}

/// Points of a period that its coefficients are computed from.
const POINTS: u32 = 4096;

/// The gate of a wire of `width` bits.
#[derive(Clone, Debug)]
pub struct Sines {
    coefficients: Vec<f64>,
    width: u32,
    public_bits: u32,
    dealt_bits: u32,
}

impl Sines {
    /// `count` odd sines; the wire has `width` bits and a scale, so the period is `2^(width - scale)`.
    #[must_use]
    pub fn new(gate: Gate, width: u32, scale: u32, count: u32, public_bits: u32, dealt_bits: u32) -> Self {
        let period = libm::exp2(f64::from(width) - f64::from(scale));
        let coefficient = |k: u32| {
            let mut sum = 0.0;
            for i in 0..POINTS {
                let part = f64::from(i) / f64::from(POINTS);
                sum += gate.periodic(part * period, period) * libm::sin(TAU * (f64::from(k) * part));
            }
            2.0 * sum / f64::from(POINTS)
        };
        let coefficients = (0..count).map(|i| coefficient(2 * i + 1)).collect();
        Self { coefficients, width, public_bits, dealt_bits }
    }

    /// Of a value under a mask, in the 64-bit ring.
    #[must_use]
    pub fn at(&self, v: u64, l: u64) -> u64 {
        let cells = 1u128 << self.width;
        let m = (u128::from(v) + u128::from(l)) % cells;
        let angle = |k: u128, word: u128| TAU * ((k * word % cells) as f64 / cells as f64);
        let rounded = |value: f64, bits: u32| libm::round(value * libm::exp2(f64::from(bits))) as i128;
        let mut sum = 0;
        for (i, a) in self.coefficients.iter().enumerate() {
            let k = 2 * i as u128 + 1;
            let (known, secret) = (angle(k, m), angle(k, u128::from(l) % cells));
            sum += rounded(a * libm::sin(known), self.public_bits) * rounded(libm::cos(secret), self.dealt_bits);
            sum -= rounded(a * libm::cos(known), self.public_bits) * rounded(libm::sin(secret), self.dealt_bits);
        }
        word(sum)
    }
}
