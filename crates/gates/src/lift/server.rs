use super::Piece;
use crate::error::{Result, ensure_len};
use crate::party::Party;

/// Shares `[p = 0] C - a + e b` of the lifted wire; `dealt` are the shares of
/// [`lift_dealer`](crate::lift_dealer)'s words in their order.
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2`.
pub fn lift_server(party: Party, m: &[u64], dealt: &[u64], k: u32, f: u32) -> Result<Vec<u64>> {
    let piece = Piece::new(k, f)?;
    ensure_len("dealt", dealt, m.len().saturating_mul(2))?;
    let (a, b) = dealt.split_at(m.len());
    let share = |((m, a), b): ((&u64, &u64), &u64)| {
        let (c, e) = piece.public(*m);
        party.public(c).wrapping_sub(*a).wrapping_add(e & b)
    };
    Ok(m.iter().zip(a).zip(b).map(share).collect())
}
