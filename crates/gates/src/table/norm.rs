//! Functions of a norm's mean square.

use crate::error::{Result, ensure};

/// `factor x^(power / 2)` of the mean square `x = v 2^(-2 s6) / d_model + eps`, where v is the opened sum of squares.
#[derive(Clone, Copy, Debug)]
pub struct NormFunction {
    s6: u32,
    d_model: f64,
    eps: f64,
    power: i32,
    factor: f64,
}

impl NormFunction {
    /// `s6` is the scale of what was squared; the reciprocal root has `power` -1, its square -2, the root mean square 1.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another power, an `s6` above 63, an empty row, or an `eps` or `factor` that is not positive.
    pub fn new(s6: u32, d_model: u32, eps: f64, power: i32, factor: f64) -> Result<Self> {
        ensure(s6 < 64 && d_model > 0, "s6 must be below 64 and dModel above 0")?;
        ensure([-2, -1, 1].contains(&power), "the power must be -2, -1 or 1")?;
        ensure(eps > 0.0 && eps.is_finite() && factor > 0.0 && factor.is_finite(), "eps and factor must be positive")?;
        Ok(Self { s6, d_model: f64::from(d_model), eps, power, factor })
    }

    /// The function of `v >> f`.
    pub(super) fn after(self, f: u32) -> impl Fn(f64) -> f64 {
        let unit = libm::ldexp(1.0, f as i32 - 2 * self.s6 as i32);
        move |v| {
            let x = v.max(1.0) * unit / self.d_model + self.eps;
            self.factor
                * match self.power {
                    -2 => 1.0 / x,
                    -1 => 1.0 / libm::sqrt(x),
                    _ => libm::sqrt(x),
                }
        }
    }
}
