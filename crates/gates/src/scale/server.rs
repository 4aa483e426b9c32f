use crate::error::{Result, ensure_len, ensure_rows};
use crate::lift::Piece;
use crate::party::Party;

/// A wire of T scalars as one server holds it.
#[derive(Clone, Copy)]
struct Scalars<'a> {
    m: &'a [u64],
    half: &'a [u64],
}

impl<'a> Scalars<'a> {
    fn new(m: &'a [u64], half: &'a [u64]) -> Result<Self> {
        ensure_len("halfR", half, m.len())?;
        Ok(Self { m, half })
    }

    /// `[p = 0] m - half`: the share of the wire itself, and its `m`.
    fn parts(self, party: Party) -> impl Iterator<Item = (u64, u64)> + use<'a> {
        self.m.iter().zip(self.half).map(move |(m, half)| (*m, party.public(*m).wrapping_sub(*half)))
    }
}

/// Shares of `r lift(u)`: `([p = 0] m_r - half_r) C - m_r a + e m_r b + ra - e rb`. `r` has T elements, u is `T x n`;
/// `dealt` are the shares of [`scale_lift_dealer`](crate::scale_lift_dealer)'s words in their order.
///
/// # Errors
/// `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
pub fn scale_lift_server(
    party: Party,
    m_r: &[u64],
    half_r: &[u64],
    m_u: &[u64],
    dealt: &[u64],
    k: u32,
    f: u32,
) -> Result<Vec<u64>> {
    let piece = Piece::new(k, f)?;
    let r = Scalars::new(m_r, half_r)?;
    let n = ensure_rows("mU", m_u, m_r.len())?;
    let count = m_u.len();
    ensure_len("dealt", dealt, count.saturating_mul(4))?;
    let (plain, scaled) = dealt.split_at(2 * count);
    let ((low, wrap), (scaled_low, scaled_wrap)) = (plain.split_at(count), scaled.split_at(count));
    let mut shares = Vec::with_capacity(count);
    for (row, (m_r, share_r)) in r.parts(party).enumerate() {
        let at = row * n..(row + 1) * n;
        let unwrapped = m_u[at.clone()].iter().zip(&low[at.clone()]).zip(&scaled_low[at.clone()]);
        let wraps = wrap[at.clone()].iter().zip(&scaled_wrap[at]);
        shares.extend(unwrapped.zip(wraps).map(|(((m, a), ra), (b, rb))| {
            let (c, e) = piece.public(*m);
            let factor = (e & b).wrapping_sub(*a);
            let rest = ra.wrapping_sub(e & rb);
            share_r.wrapping_mul(c).wrapping_add(m_r.wrapping_mul(factor)).wrapping_add(rest)
        }));
    }
    Ok(shares)
}

/// Shares of `r x`: `[p = 0] m_r m_x - m_r half_x - half_r m_x + gamma`. `r` has T elements, x and `gamma` are `T x n`.
///
/// # Errors
/// `E_ARGUMENT` when the arrays do not fit together.
pub fn scale_rows_server(
    party: Party,
    m_r: &[u64],
    half_r: &[u64],
    m_x: &[u64],
    half_x: &[u64],
    gamma: &[u64],
) -> Result<Vec<u64>> {
    let r = Scalars::new(m_r, half_r)?;
    let n = ensure_rows("mX", m_x, m_r.len())?;
    ensure_len("halfX", half_x, m_x.len())?;
    ensure_len("gamma", gamma, m_x.len())?;
    let mut shares = Vec::with_capacity(m_x.len());
    for (row, (m_r, share_r)) in r.parts(party).enumerate() {
        let at = row * n..(row + 1) * n;
        let x = m_x[at.clone()].iter().zip(&half_x[at.clone()]).zip(&gamma[at]);
        shares.extend(x.map(|((m, half), gamma)| {
            share_r.wrapping_mul(*m).wrapping_sub(m_r.wrapping_mul(*half)).wrapping_add(*gamma)
        }));
    }
    Ok(shares)
}
