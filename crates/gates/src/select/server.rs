use crate::error::{Result, ensure_len};
use crate::party::Party;

/// Shares of `b x`: `z ([p = 0] m - half) + (1 - 2 z) (m beta - beta lambda)`. `z` are public bits, `dealt` the shares
/// of [`select_dealer`](crate::select_dealer)'s words in their order.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together.
pub fn select_server(party: Party, z: &[u64], m: &[u64], half: &[u64], dealt: &[u64]) -> Result<Vec<u64>> {
    ensure_len("m", m, z.len())?;
    ensure_len("half", half, z.len())?;
    ensure_len("dealt", dealt, z.len().saturating_mul(2))?;
    let (beta, product) = dealt.split_at(z.len());
    let wires = z.iter().zip(m.iter().zip(half)).zip(beta.iter().zip(product));
    let shares = wires.map(|((z, (m, half)), (beta, product))| {
        let x = party.public(*m).wrapping_sub(*half);
        let masked = m.wrapping_mul(*beta).wrapping_sub(*product);
        if z & 1 == 1 { x.wrapping_sub(masked) } else { masked }
    });
    Ok(shares.collect())
}
