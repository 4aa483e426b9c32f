//! What the machine itself can do, to judge products by: how fast memory is read, and how long a multiplication takes.

use crate::panels::{GROUP, Panels};
use crate::word::Word;

impl<W: Word> Panels<W> {
    /// The exclusive or of all words, of words of 48 bits some other function of them: the cheapest pass that reads every byte that a product with one row reads, in as many streams.
    ///
    /// ```
    /// assert_eq!(ring::Panels::<u64>::from_words(1, 3, &[1, 2, 4]).xor_words(), 7);
    /// ```
    #[must_use]
    pub fn xor_words(&self) -> u64 {
        let groups = self.groups(1).map(|(_, group)| match <[_; GROUP]>::try_from(group) {
            Ok(panels) => W::xor_panels(panels),
            Err(rest) => rest.into_iter().fold(0, |all, panel| all ^ W::xor_panels([panel])),
        });
        groups.fold(0, |a, b| a ^ b)
    }
}

/// `x^(2^count)`: as many multiplications, each of which waits for the one before. Squares, because the compiler would
/// turn a chain with one constant factor into fewer multiplications.
///
/// ```
/// assert_eq!(ring::square_chain(3, 4), 3u64.pow(16));
/// ```
#[must_use]
pub fn square_chain(x: u64, count: u32) -> u64 {
    (0..count).fold(x, |x, _| x.wrapping_mul(x))
}
