use super::monomials::Monomials;
use crate::error::{Result, ensure_len, ensure_words};
use crate::party::Party;

/// The products of the masks of every comparison's bits, then the same times the mask of its `y_w`: `2 x n x thr x
/// products` words. `alpha` is `n x thr`, `lambda` the mask of y, `n x (thr + 1)`.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together or for a number of digits that does not exist.
pub fn window_dealer(alpha: &[u64], lambda: &[u64], d: usize, thr: usize) -> Result<Vec<u64>> {
    let monomials = Monomials::of(d)?;
    let parts = thr.saturating_add(1);
    let n = lambda.len() / parts;
    ensure_len("lambda", lambda, n * parts)?;
    ensure_len("alpha", alpha, n * thr)?;
    let count = ensure_words(alpha.len(), 2 * monomials.sets.len())?;
    let mut words = Vec::with_capacity(count);
    for alpha in alpha {
        words.extend(monomials.sets.iter().map(|set| u64::from(set & !alpha == 0)));
    }
    let masks = lambda.chunks_exact(parts).flat_map(|row| &row[1..]);
    for (i, mask) in masks.enumerate() {
        let from = i * monomials.sets.len();
        for at in from..from + monomials.sets.len() {
            words.push(words[at].wrapping_mul(*mask));
        }
    }
    Ok(words)
}

/// Shares of `y_0 + sum_w (1 - n_w) y_w` of each element. `opened` are the comparisons' masked bits (`n x thr`), `m` and
/// `half` the wire y (`n x (thr + 1)`), `dealt` the shares of [`window_dealer`]'s words in their order.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together or for a number of digits that does not exist.
#[allow(clippy::too_many_arguments)] // The wires of one step.
pub fn window_select(
    party: Party,
    opened: &[u64],
    m: &[u64],
    half: &[u64],
    dealt: &[u64],
    d: usize,
    thr: usize,
) -> Result<Vec<u64>> {
    let monomials = Monomials::of(d)?;
    let products = monomials.sets.len();
    let parts = thr.saturating_add(1);
    let n = m.len() / parts;
    ensure_len("m", m, n * parts)?;
    ensure_len("half", half, m.len())?;
    ensure_len("opened", opened, n * thr)?;
    ensure_len("dealt", dealt, ensure_words(opened.len(), 2 * products)?)?;
    let (masks, times) = dealt.split_at(dealt.len() / 2);
    let y = |at: usize| party.public(m[at]).wrapping_sub(half[at]);
    let share = |i: usize| {
        let first = i * parts;
        (0..thr).fold(y(first), |sum, w| {
            let (at, wire) = (i * thr + w, first + w + 1);
            let terms = &monomials.coefficients[opened[at] as usize & (monomials.coefficients.len() - 1)];
            let range = at * products..(at + 1) * products;
            let below = terms[1..].iter().zip(&masks[range.clone()]).zip(&times[range]).fold(
                y(wire).wrapping_mul(terms[0]),
                |sum, ((factor, mask), product)| {
                    sum.wrapping_add(factor.wrapping_mul(m[wire].wrapping_mul(*mask).wrapping_sub(*product)))
                },
            );
            sum.wrapping_add(y(wire)).wrapping_sub(below)
        })
    };
    Ok((0..n).map(share).collect())
}
