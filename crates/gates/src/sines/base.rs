//! Coefficients, and the sines of every word of the wire.

use crate::error::{Error, Result, ensure};
use core::f64::consts::{FRAC_1_SQRT_2, PI, TAU};

/// A function from -1/2 to 1/2, odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// `sigma(x) - 1/2`.
    Silu,
    /// `Phi(x) - 1/2`, the normal distribution's.
    Gelu,
    /// The tanh form of the same.
    GeluTanh,
}

impl core::str::FromStr for Gate {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "silu" => Ok(Self::Silu),
            "gelu" => Ok(Self::Gelu),
            "gelu_tanh" => Ok(Self::GeluTanh),
            _ => Err(Error::Argument("there is no such gate".into())),
        }
    }
}

impl Gate {
    fn at(self, x: f64) -> f64 {
        match self {
            Self::Silu => 0.5 * libm::tanh(x / 2.0),
            Self::Gelu => 0.5 * libm::erf(x * FRAC_1_SQRT_2),
            Self::GeluTanh => 0.5 * libm::tanh(libm::sqrt(2.0 / PI) * (x + 0.044_715 * x * x * x)),
        }
    }

    /// The sum of its copies half a period apart, of alternating sign.
    fn periodic(self, x: f64, period: f64) -> f64 {
        (1..=COPIES).fold(self.at(x), |sum, j| {
            let away = f64::from(j) * period / 2.0;
            let both = self.at(x - away) + self.at(x + away);
            if j % 2 == 1 { sum - both } else { sum + both }
        })
    }
}

/// Copies on either side that are added: the others are constant within a period.
const COPIES: u32 = 8;
/// Points of a period from which coefficients are computed.
const POINTS: u32 = 4096;

/// A gate as a sum of `count` odd sines, of a wire whose words are one period.
#[derive(Clone, Debug)]
pub struct Sines {
    /// Of every odd sine, times `2^public_bits`.
    pub(super) coefficients: Vec<f64>,
    /// `(sin, cos)` of the angle of every word.
    pub(super) circle: Vec<(f64, f64)>,
    /// The same as words of `dealt_bits` bits below the point.
    pub(super) rounded: Vec<(u64, u64)>,
}

impl Sines {
    /// The wire has `width` bits and a scale; `public_bits` and `dealt_bits` are the scales of the factors.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a width outside 4 to 20, a scale above it, a `count` outside 1 to 512 or factors of more than 24
    /// bits.
    pub fn new(gate: Gate, width: u32, scale: u32, count: u32, public_bits: u32, dealt_bits: u32) -> Result<Self> {
        ensure((4..=20).contains(&width) && scale <= width, "the phase has 4 to 20 bits, and its scale is not more")?;
        ensure((1..=512).contains(&count), "there are 1 to 512 sines")?;
        ensure(public_bits <= 24 && dealt_bits <= 24, "the factors have at most 24 bits")?;
        let period = libm::ldexp(1.0, (width - scale) as i32);
        let values: Vec<f64> =
            (0..POINTS).map(|i| gate.periodic(f64::from(i) / f64::from(POINTS) * period, period)).collect();
        let unit = libm::ldexp(1.0, public_bits as i32);
        let coefficients = (0..count).map(|i| coefficient(&values, 2 * i + 1) * unit).collect();
        let words = 1u32 << width;
        let circle: Vec<(f64, f64)> = (0..words)
            .map(|word| TAU * (f64::from(word) / f64::from(words)))
            .map(|angle| (libm::sin(angle), libm::cos(angle)))
            .collect();
        let one = libm::ldexp(1.0, dealt_bits as i32);
        let fixed = |value: f64| libm::round(value * one) as i64 as u64;
        let rounded = circle.iter().map(|(sin, cos)| (fixed(*sin), fixed(*cos))).collect();
        Ok(Self { coefficients, circle, rounded })
    }

    /// Words dealt for an element.
    #[must_use]
    pub fn words(&self) -> usize {
        2 * self.coefficients.len()
    }

    /// The places on the circle of the odd multiples of a word.
    pub(super) fn multiples(&self, word: u64) -> impl Iterator<Item = usize> + use<'_> {
        let last = self.circle.len() - 1;
        let word = word as usize & last;
        (0..self.coefficients.len()).map(move |i| (2 * i + 1).wrapping_mul(word) & last)
    }
}

/// The coefficient of the sine of order k of a function given at equal steps of a period.
fn coefficient(values: &[f64], k: u32) -> f64 {
    let points = values.len() as f64;
    let sum = values.iter().enumerate().fold(0.0, |sum, (i, value)| {
        let part = i as f64 / points;
        sum + value * libm::sin(TAU * (f64::from(k) * part))
    });
    2.0 * sum / points
}
