use super::LiftShape;
use crate::error::{Result, ensure_len};
use crate::lift::Piece;
use crate::party::Party;

/// Shares of `(lift(x) + plus) lift(y)`: `[p = 0] C_x C_y + C_x (e_y B_y - A_y) + C_y (e_x B_x - A_x) + A_x A_y - e_y A_x B_y - e_x
/// B_x A_y + e_x e_y B_x B_y`, where `plus` is added to `C_x`. `dealt` are the shares of
/// [`lift_product_dealer`](crate::lift_product_dealer)'s words.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together, or for a lift that does not exist.
pub fn lift_product_server(
    party: Party,
    m_x: &[u64],
    of_x: LiftShape,
    m_y: &[u64],
    of_y: LiftShape,
    plus: u64,
    dealt: &[u64],
) -> Result<Vec<u64>> {
    let (first, second) = (Piece::new(of_x.k, of_x.f)?, Piece::new(of_y.k, of_y.f)?);
    let count = m_x.len();
    ensure_len("mY", m_y, count)?;
    ensure_len("dealt", dealt, count.saturating_mul(8))?;
    let share = |i: usize| {
        let ((cx, ex), (cy, ey)) = (first.public(m_x[i]), second.public(m_y[i]));
        let cx = cx.wrapping_add(plus);
        let [ax, bx, ay, by, aa, ab, ba, bb] = core::array::from_fn(|part| dealt[part * count + i]);
        let mixed =
            cx.wrapping_mul((ey & by).wrapping_sub(ay)).wrapping_add(cy.wrapping_mul((ex & bx).wrapping_sub(ax)));
        let rest = aa.wrapping_sub(ey & ab).wrapping_sub(ex & ba).wrapping_add(ex & ey & bb);
        party.public(cx.wrapping_mul(cy)).wrapping_add(mixed).wrapping_add(rest)
    };
    Ok((0..count).map(share).collect())
}

/// Shares of `lift(x)^2`: `[p = 0] C C + 2 C (e B - A) + A A - 2 e A B + e B B`. `dealt` are the shares of
/// [`lift_square_dealer`](crate::lift_square_dealer)'s words.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together, or for a lift that does not exist.
pub fn lift_square_server(party: Party, m: &[u64], of_x: LiftShape, dealt: &[u64]) -> Result<Vec<u64>> {
    let piece = Piece::new(of_x.k, of_x.f)?;
    let count = m.len();
    ensure_len("dealt", dealt, count.saturating_mul(5))?;
    let share = |i: usize| {
        let (c, e) = piece.public(m[i]);
        let [a, b, aa, ab, bb] = core::array::from_fn(|part| dealt[part * count + i]);
        let mixed = c.wrapping_mul((e & b).wrapping_sub(a)).wrapping_sub(e & ab);
        let rest = aa.wrapping_add(e & bb);
        party.public(c.wrapping_mul(c)).wrapping_add(mixed.wrapping_mul(2)).wrapping_add(rest)
    };
    Ok((0..count).map(share).collect())
}
