use super::Sines;
use crate::error::{Result, ensure_len};

impl Sines {
    /// Shares of the gate, less a half, at the sum of the factors' scales: `sum a sin(k w m) c - a cos(k w m) s`, where
    /// `dealt` are the shares of [`deal`](Self::deal)'s words.
    ///
    /// # Errors
    /// `E_ARGUMENT` for another number of dealt words.
    pub fn eval(&self, m: &[u64], dealt: &[u64]) -> Result<Vec<u64>> {
        ensure_len("dealt", dealt, m.len().saturating_mul(self.words()))?;
        let rounded = |value: f64| libm::round(value) as i64 as u64;
        let share = |(m, dealt): (&u64, &[u64])| {
            let sines = self.multiples(*m).zip(&self.coefficients).zip(dealt.chunks_exact(2));
            sines.fold(0u64, |sum, ((at, a), pair)| {
                let (sin, cos) = self.circle[at];
                let term = rounded(a * sin).wrapping_mul(pair[0]).wrapping_sub(rounded(a * cos).wrapping_mul(pair[1]));
                sum.wrapping_add(term)
            })
        };
        Ok(m.iter().zip(dealt.chunks_exact(self.words())).map(share).collect())
    }
}
