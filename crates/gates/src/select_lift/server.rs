use crate::error::{Result, ensure_len};
use crate::lift::Piece;
use crate::lift_server;
use crate::party::Party;

/// Shares of `b lift(x)`: with `y` that of `lift(x)`, `z y + (1 - 2 z) (beta C - beta A + e beta B)`. `z` are the
/// opened bits; `dealt` are the shares of [`select_lift_dealer`](crate::select_lift_dealer)'s words in their order.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
pub fn select_lift_server(party: Party, z: &[u64], m: &[u64], dealt: &[u64], k: u32, f: u32) -> Result<Vec<u64>> {
    let piece = Piece::new(k, f)?;
    let count = m.len();
    ensure_len("z", z, count)?;
    ensure_len("dealt", dealt, count.saturating_mul(5))?;
    let (lifted, masked) = dealt.split_at(2 * count);
    let mut shares = lift_server(party, m, lifted, k, f)?;
    for (i, share) in shares.iter_mut().enumerate() {
        let (c, e) = piece.public(m[i]);
        let [beta, low, wrap] = [0, 1, 2].map(|part| masked[part * count + i]);
        let masked = beta.wrapping_mul(c).wrapping_sub(low).wrapping_add(e & wrap);
        *share = if z[i] & 1 == 1 { share.wrapping_sub(masked) } else { masked };
    }
    Ok(shares)
}
