use crate::error::{Result, ensure_len, ensure_rows};
use crate::party::Party;

/// Shares of each row's sum of squares: `[p = 0] sum m^2 - 2 sum m half + gamma`. `m` and `half` are a wire of `rows`
/// rows, `gamma` the share of [`sum_squares_dealer`](crate::sum_squares_dealer).
///
/// # Errors
/// `E_ARGUMENT` when the arrays do not fit together.
pub fn sum_squares_server(party: Party, m: &[u64], half: &[u64], gamma: &[u64], rows: usize) -> Result<Vec<u64>> {
    let cols = ensure_rows("m", m, rows)?;
    ensure_len("half", half, m.len())?;
    ensure_len("gamma", gamma, rows)?;
    if cols == 0 {
        return Ok(gamma.to_vec());
    }
    let share = |((m, half), gamma): ((&[u64], &[u64]), &u64)| {
        let square = party.public(ring::dot(m, m));
        square.wrapping_sub(ring::dot(m, half).wrapping_mul(2)).wrapping_add(*gamma)
    };
    Ok(m.chunks_exact(cols).zip(half.chunks_exact(cols)).zip(gamma).map(share).collect())
}
