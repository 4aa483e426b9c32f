use crate::error::{Result, ensure_len};
use crate::lift::Piece;
use crate::party::Party;
use crate::scale::scale_lift_server;

/// Shares of `b r lift(u)`. `z` are the opened bits; `dealt` are the shares of
/// [`select_scale_lift_dealer`](crate::select_scale_lift_dealer)'s words in their order.
///
/// # Errors
/// `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
#[allow(clippy::too_many_arguments)] // Three wires.
pub fn select_scale_lift_server(
    party: Party,
    z: &[u64],
    m_r: &[u64],
    half_r: &[u64],
    m_u: &[u64],
    dealt: &[u64],
    k: u32,
    f: u32,
) -> Result<Vec<u64>> {
    let piece = Piece::new(k, f)?;
    let count = m_u.len();
    ensure_len("z", z, count)?;
    ensure_len("dealt", dealt, count.saturating_mul(10))?;
    let (lifted, masked) = dealt.split_at(4 * count);
    let mut shares = scale_lift_server(party, m_r, half_r, m_u, lifted, k, f)?;
    let n = count / m_r.len().max(1);
    let word = |part: usize, i: usize| masked[part * count + i];
    for (i, share) in shares.iter_mut().enumerate() {
        let (m_r, (c, e)) = (m_r[i / n], piece.public(m_u[i]));
        let beta_r = m_r.wrapping_mul(word(0, i)).wrapping_sub(word(1, i));
        let factor = (e & word(3, i)).wrapping_sub(word(2, i));
        let rest = word(4, i).wrapping_sub(e & word(5, i));
        let masked = beta_r.wrapping_mul(c).wrapping_add(m_r.wrapping_mul(factor)).wrapping_add(rest);
        *share = if z[i] & 1 == 1 { share.wrapping_sub(masked) } else { masked };
    }
    Ok(shares)
}
