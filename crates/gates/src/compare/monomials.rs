//! The fixed order of the dealt monomials, and the expansion of `lt` over them.
//!
//! The opened bits of one comparison are numbered `lt_0 .. lt_(D-1)`, then `eq_0 .. eq_(D-2)`; a product of their masks
//! is the set of its factors, a word with those bits set. Order of the dealt bits:
//!
//! 1. the sets of two eq or more, ascending as words;
//! 2. for each `i` ascending, `lt_i` with every non-empty set of `eq_0 .. eq_(i-1)`, these ascending as words;
//! 3. the most significant bit of lambda.

use super::digits::MAX_DIGITS;
use crate::error::{Result, ensure};
use std::sync::OnceLock;

/// What is known of the result once the masked bits `u` are opened.
#[derive(Clone, Copy, Default)]
pub(crate) struct Expansion {
    /// Which dealt bits enter the result's share; always the last.
    pub(crate) monomials: u64,
    /// Which bits of the mask's own half do.
    pub(crate) singles: u64,
    /// The public term.
    pub(crate) constant: u64,
}

/// All of it for one number of digits, by the opened bits or by their masks.
pub(crate) struct Monomials {
    /// Opened bits a comparison.
    pub(crate) opened: u32,
    /// By alpha: the dealt products, without the last bit.
    pub(crate) products: Vec<u64>,
    /// By u.
    pub(crate) expansions: Vec<Expansion>,
    /// Position of the last bit, msb(lambda).
    pub(crate) last: u32,
}

/// Dealt bits a comparison of `d` digits: 16 for four, 38 for five.
///
/// # Errors
/// `E_ARGUMENT` for no digits or more than five.
pub fn monomial_bits(d: usize) -> Result<u32> {
    ensure((1..=MAX_DIGITS).contains(&d), "there must be 1 to 5 digits")?;
    Ok(Monomials::of(d).last + 1)
}

impl Monomials {
    /// Those of `d` digits, 1 to [`MAX_DIGITS`]; made by the first call.
    pub(crate) fn of(d: usize) -> &'static Self {
        static ALL: [OnceLock<Monomials>; MAX_DIGITS] = [const { OnceLock::new() }; MAX_DIGITS];
        ALL[d - 1].get_or_init(|| Self::new(d))
    }

    fn new(d: usize) -> Self {
        let order = order(d);
        let (opened, last) = (2 * d as u32 - 1, order.len() as u32);
        let words = 0..1u64 << opened;
        let products = words.clone().map(|alpha| product_bits(&order, alpha)).collect();
        let expansions = words.map(|u| expansion(d, &order, u)).collect();
        Self { opened, products, expansions, last }
    }

    /// The opened bits of a word, whatever else it holds.
    #[inline]
    pub(crate) fn index(&self, word: u64) -> usize {
        word as usize & ((1 << self.opened) - 1)
    }
}

/// The eq before digit `i`, as a set.
fn before(d: usize, i: usize) -> u64 {
    ((1 << i) - 1) << d
}

/// The non-empty subsets of a set, ascending.
fn subsets(set: u64) -> impl Iterator<Item = u64> {
    (1..=set).filter(move |subset| subset & !set == 0)
}

fn order(d: usize) -> Vec<u64> {
    let equals = subsets(before(d, d - 1)).filter(|set| set.count_ones() >= 2);
    let less = (0..d).flat_map(|i| subsets(before(d, i)).map(move |set| set | 1 << i));
    equals.chain(less).collect()
}

/// Bit `i` is the product over the set `order[i]`.
fn product_bits(order: &[u64], alpha: u64) -> u64 {
    order.iter().enumerate().fold(0, |bits, (i, set)| bits | u64::from(set & !alpha == 0) << i)
}

/// `XOR_i prod_(s in S_i) (u_s ^ alpha_s)` as a function of alpha; `S_i` is `lt_i` and the eq before.
fn expansion(d: usize, order: &[u64], u: u64) -> Expansion {
    let mut result = Expansion { monomials: 1 << order.len(), ..Expansion::default() };
    for factors in (0..d).map(|i| before(d, i) | 1 << i) {
        // The factors that are not masks in a term are opened bits: one that is 0 ends it.
        for masks in subsets(factors).chain([0]).filter(|masks| factors & !masks & !u == 0) {
            match masks.count_ones() {
                0 => result.constant ^= 1,
                1 => result.singles ^= masks,
                _ => result.monomials ^= order.iter().position(|set| *set == masks).map_or(0, |i| 1 << i),
            }
        }
    }
    result
}
