use super::{Cells, value};
use crate::error::{Result, ensure, ensure_words};
use core::f64::consts::LN_2;

/// Entries never exceed `2^52`: those of larger secrets, which would not fit the ring times their factor, are cut off.
const CAP_BITS: u32 = 52;
/// Nats by which an argument must miss a bound before its exp is not computed: far more than any rounding.
const MARGIN: f64 = 0.125;

/// The masked tables, `n x C` entries `E = round(min(exp((D 2^b - lambda_lo) / 2^14 + half) 2^q, 2^52))`, by the cell
/// that `m` shows; `b` is `cell_bits`, `half` half a cell in value, and `D` the secret's cell, from `dtop - C` to
/// `dtop - 1`.
///
/// # Errors
/// `E_ARGUMENT` for a `q` above 52, a `dtop` above the number of cells, a wire or cells that do not exist, or too many
/// elements for one call.
pub fn exp_dealer(lambda: &[u64], width: u32, cell_bits: u32, q: u32, dtop: u32) -> Result<Vec<u64>> {
    let cells = Cells::new(width, cell_bits)?;
    let count = cells.count();
    ensure(q <= CAP_BITS && dtop as usize <= count, "an exp table has q <= 52 and dtop within its cells")?;
    let entry = Entry::new(q, cells.half());
    let mut words = vec![0; ensure_words(lambda.len(), count)?];
    for (table, lambda) in words.chunks_exact_mut(count).zip(lambda) {
        let (shift, low) = cells.split(*lambda);
        for (d, top) in (0..count).map(|d| (d, d < dtop as usize)) {
            let cell = d as i64 - if top { 0 } else { count as i64 };
            table[(d + shift) % count] = entry.at((cell << cell_bits) - low as i64);
        }
    }
    Ok(words)
}

/// An entry as a function of its argument in units, without exp where the result is certain.
struct Entry {
    unit: f64,
    half: f64,
    zero_below: f64,
    cap_above: f64,
}

impl Entry {
    fn new(q: u32, half: f64) -> Self {
        Self {
            unit: libm::ldexp(1.0, q as i32),
            half,
            zero_below: -f64::from(q + 1) * LN_2 - MARGIN,
            cap_above: f64::from(CAP_BITS - q) * LN_2 + MARGIN,
        }
    }

    #[inline]
    fn at(&self, units: i64) -> u64 {
        let x = value(units) + self.half;
        if x < self.zero_below {
            return 0;
        }
        if x > self.cap_above {
            return 1 << CAP_BITS;
        }
        libm::round((libm::exp(x) * self.unit).min(libm::ldexp(1.0, CAP_BITS as i32))) as u64
    }
}
