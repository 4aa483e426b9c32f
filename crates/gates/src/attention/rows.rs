//! The layout (row, head, j) of a step's scores.

use crate::error::{Error, Result, ensure, ensure_len, ensure_words};
use crate::party::Party;

/// Scores of `rows` rows at positions `pos ..`, of all heads.
#[derive(Clone, Copy)]
pub(crate) struct Scores {
    rows: usize,
    heads: usize,
    pos: usize,
}

impl Scores {
    /// Fails when they are too many for one call.
    pub(crate) fn new(rows: usize, heads: usize, pos: usize) -> Result<Self> {
        let last = pos.checked_add(rows.max(1)).ok_or_else(|| Error::Argument("pos is too large".into()))?;
        ensure_words(ensure_words(rows, heads)?, last)?;
        Ok(Self { rows, heads, pos })
    }

    /// How many scores.
    pub(crate) fn count(self) -> usize {
        self.heads * (self.rows * (self.pos + 1) + self.rows * self.rows.saturating_sub(1) / 2)
    }

    /// How many rows of heads.
    pub(crate) fn groups(self) -> usize {
        self.rows * self.heads
    }

    /// Where each row's and head's scores stand, in order.
    pub(crate) fn ranges(self) -> impl Iterator<Item = core::ops::Range<usize>> {
        let lengths =
            (self.pos + 1..=self.pos + self.rows).flat_map(move |length| (0..self.heads).map(move |_| length));
        lengths.scan(0, |end, length| {
            let start = *end;
            *end += length;
            Some(start..*end)
        })
    }
}

/// The sum over j of every row and head: `rows x heads`.
///
/// # Errors
/// `E_ARGUMENT` for another number of shares.
pub fn sum_scores(shares: &[u64], rows: usize, heads: usize, pos: usize) -> Result<Vec<u64>> {
    let scores = Scores::new(rows, heads, pos)?;
    ensure_len("shares", shares, scores.count())?;
    Ok(scores.ranges().map(|at| shares[at].iter().fold(0u64, |sum, share| sum.wrapping_add(*share))).collect())
}

/// Shares of `s 2^f - log`, the last (`rows x heads`) for every j; s is a wire with halves.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together.
#[allow(clippy::too_many_arguments)] // The wires of one step and their shape.
pub fn shift_scores(
    party: Party,
    m_s: &[u64],
    half_s: &[u64],
    log: &[u64],
    rows: usize,
    heads: usize,
    pos: usize,
    f: u32,
) -> Result<Vec<u64>> {
    let scores = Scores::new(rows, heads, pos)?;
    ensure_len("mS", m_s, scores.count())?;
    ensure_len("halfS", half_s, m_s.len())?;
    ensure_len("log", log, scores.groups())?;
    ensure(f < 64, "f must be below 64")?;
    let mut shares = Vec::with_capacity(m_s.len());
    for (at, log) in scores.ranges().zip(log) {
        let wires = m_s[at.clone()].iter().zip(&half_s[at]);
        shares.extend(wires.map(|(m, half)| (party.public(*m).wrapping_sub(*half) << f).wrapping_sub(*log)));
    }
    Ok(shares)
}
