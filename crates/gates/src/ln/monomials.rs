//! `n = sum_i lt_i prod_(j<i) eq_j` (at most one term is 1) as a polynomial in the masks of the opened bits.
//!
//! Bits are numbered `lt_0 .. lt_(D-1)`, then `eq_0 .. eq_(D-2)`; a product of masks is the set of its factors, a word
//! with those bits set. The dealt products are the non-empty sets that occur, ascending as words.

use crate::error::{Result, ensure};
use std::sync::OnceLock;

/// More would deal more than a kilobyte a comparison.
const MAX_DIGITS: usize = 5;

/// For one number of digits.
pub(crate) struct Monomials {
    /// The dealt products.
    pub(crate) sets: Vec<u64>,
    /// By the opened bits: the public term, then the coefficient of each product.
    pub(crate) coefficients: Vec<Vec<u64>>,
}

/// Products dealt a comparison of `d` digits: 22 for four.
///
/// # Errors
/// `E_ARGUMENT` for no digits or more than five.
pub fn window_monomials(d: usize) -> Result<usize> {
    Ok(Monomials::of(d)?.sets.len())
}

impl Monomials {
    /// Those of `d` digits; made by the first call.
    pub(crate) fn of(d: usize) -> Result<&'static Self> {
        static ALL: [OnceLock<Monomials>; MAX_DIGITS] = [const { OnceLock::new() }; MAX_DIGITS];
        ensure((1..=MAX_DIGITS).contains(&d), "there must be 1 to 5 digits")?;
        Ok(ALL[d - 1].get_or_init(|| Self::new(d)))
    }

    fn new(d: usize) -> Self {
        let terms: Vec<u64> = (0..d).map(|i| ((1 << i) - 1) << d | 1 << i).collect();
        let occurs = |set: &u64| terms.iter().any(|term| set & !term == 0);
        let words = 1u64 << (2 * d - 1);
        let sets: Vec<u64> = (1..words).filter(occurs).collect();
        let all = |u| core::iter::once(&0).chain(&sets).map(|set| coefficient(&terms, *set, u)).collect();
        let coefficients = (0..words).map(all).collect();
        Self { sets, coefficients }
    }
}

/// The coefficient of a product of masks in `sum_terms prod_(s in term) (u_s + (1 - 2 u_s) mask_s)`.
fn coefficient(terms: &[u64], set: u64, u: u64) -> u64 {
    let count = terms.iter().filter(|term| set & !**term == 0 && **term & !set & !u == 0).count() as u64;
    if (set & u).count_ones() % 2 == 1 { count.wrapping_neg() } else { count }
}
