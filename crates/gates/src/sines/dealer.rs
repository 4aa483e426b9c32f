use super::Sines;
use crate::error::{Result, ensure_words};

impl Sines {
    /// Of every element, for every sine of order k: `cos(k w lambda)`, then `sin(k w lambda)`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when that is too many words for one call.
    pub fn deal(&self, lambda: &[u64]) -> Result<Vec<u64>> {
        let mut words = Vec::with_capacity(ensure_words(lambda.len(), self.words())?);
        for lambda in lambda {
            for at in self.multiples(*lambda) {
                let (sin, cos) = self.rounded[at];
                words.extend([cos, sin]);
            }
        }
        Ok(words)
    }
}
