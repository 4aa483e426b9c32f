use super::LiftShape;
use crate::error::{Result, ensure_len};
use crate::lift::Piece;

/// Of two wires, each for all elements: `A_x`, `B_x`, `A_y`, `B_y`, `A_x A_y`, `A_x B_y`, `B_x A_y`, `B_x B_y`: `8 n` words. A
/// and B as for [`lift_dealer`](crate::lift_dealer).
///
/// # Errors
/// `E_ARGUMENT` when the lengths differ, or for a lift that does not exist.
pub fn lift_product_dealer(x: &[u64], of_x: LiftShape, y: &[u64], of_y: LiftShape) -> Result<Vec<u64>> {
    let (first, second) = (Piece::new(of_x.k, of_x.f)?, Piece::new(of_y.k, of_y.f)?);
    ensure_len("lambdaY", y, x.len())?;
    let count = x.len();
    let mut words = vec![0; 8 * count];
    for (i, (x, y)) in x.iter().zip(y).enumerate() {
        let ((ax, bx), (ay, by)) = (first.dealt(*x), second.dealt(*y));
        let all = [ax, bx, ay, by, ax.wrapping_mul(ay), ax.wrapping_mul(by), bx.wrapping_mul(ay), bx.wrapping_mul(by)];
        for (part, word) in all.into_iter().enumerate() {
            words[part * count + i] = word;
        }
    }
    Ok(words)
}

/// Of one wire, each for all elements: A, B, `A A`, `A B`, `B B`: `5 n` words.
///
/// # Errors
/// `E_ARGUMENT` for a lift that does not exist.
pub fn lift_square_dealer(x: &[u64], of_x: LiftShape) -> Result<Vec<u64>> {
    let piece = Piece::new(of_x.k, of_x.f)?;
    let count = x.len();
    let mut words = vec![0; 5 * count];
    for (i, x) in x.iter().enumerate() {
        let (a, b) = piece.dealt(*x);
        for (part, word) in [a, b, a.wrapping_mul(a), a.wrapping_mul(b), b.wrapping_mul(b)].into_iter().enumerate() {
            words[part * count + i] = word;
        }
    }
    Ok(words)
}
