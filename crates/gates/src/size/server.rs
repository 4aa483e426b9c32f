use super::{LARGEST, STEPS, step};
use crate::error::{Result, ensure_len};
use crate::party::Party;

/// Shares of Zn. `z` are the public bits (`n x 20`), `m12` and `half12` the wire Z12, `dealt` the shares of
/// [`size_dealer`](crate::size_dealer)'s words in their order.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together.
pub fn size_normalise(party: Party, z: &[u64], m12: &[u64], half12: &[u64], dealt: &[u64]) -> Result<Vec<u64>> {
    let n = m12.len();
    ensure_len("half12", half12, n)?;
    let (beta, product) = parts(z, dealt, n)?;
    let share = |i: usize| {
        let x = party.public(m12[i]).wrapping_sub(half12[i]);
        (1..=STEPS).fold(x.wrapping_mul(LARGEST), |sum, j| {
            let at = i * STEPS + j - 1;
            let masked = m12[i].wrapping_mul(beta[at]).wrapping_sub(product[at]);
            let bit = if z[at] & 1 == 1 { x.wrapping_sub(masked) } else { masked };
            sum.wrapping_add(bit.wrapping_mul(step(j)))
        })
    };
    Ok((0..n).map(share).collect())
}

/// Shares of `n = sum b_j` of each of `count` elements.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together.
pub fn size_count(party: Party, z: &[u64], dealt: &[u64], count: usize) -> Result<Vec<u64>> {
    let (beta, _) = parts(z, dealt, count)?;
    let bit = |(z, beta): (&u64, &u64)| if z & 1 == 1 { party.public(1).wrapping_sub(*beta) } else { *beta };
    let rows = z.chunks_exact(STEPS).zip(beta.chunks_exact(STEPS));
    Ok(rows.map(|(z, beta)| z.iter().zip(beta).map(bit).fold(0, u64::wrapping_add)).collect())
}

/// The dealt words' two parts.
fn parts<'a>(z: &[u64], dealt: &'a [u64], n: usize) -> Result<(&'a [u64], &'a [u64])> {
    ensure_len("z", z, n.saturating_mul(STEPS))?;
    ensure_len("dealt", dealt, z.len().saturating_mul(2))?;
    Ok(dealt.split_at(z.len()))
}
