//! The layout (group, j) of a step's scores.

use crate::error::{Result, ensure, ensure_len, ensure_words};
use crate::party::Party;

/// Scores of groups, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Groups<'a> {
    lengths: &'a [u32],
    scores: usize,
}

impl<'a> Groups<'a> {
    /// Fails for a group without scores, and when they are too many for one call.
    pub(crate) fn new(lengths: &'a [u32]) -> Result<Self> {
        ensure(!lengths.contains(&0), "every group must have at least one position")?;
        let scores = lengths.iter().map(|length| u64::from(*length)).sum::<u64>();
        let scores = ensure_words(usize::try_from(scores).unwrap_or(usize::MAX), 1)?;
        Ok(Self { lengths, scores })
    }

    /// How many groups.
    pub(crate) fn count(self) -> usize {
        self.lengths.len()
    }

    /// How many scores.
    pub(crate) fn scores(self) -> usize {
        self.scores
    }

    /// Where each group's scores stand, in order.
    pub(crate) fn ranges(self) -> impl Iterator<Item = core::ops::Range<usize>> {
        self.lengths.iter().scan(0, |end, length| {
            let start = *end;
            *end += *length as usize;
            Some(start..*end)
        })
    }
}

/// The sum over j of every group.
///
/// # Errors
/// `E_ARGUMENT` for another number of shares.
pub fn sum_scores(shares: &[u64], lengths: &[u32]) -> Result<Vec<u64>> {
    let groups = Groups::new(lengths)?;
    ensure_len("shares", shares, groups.scores())?;
    Ok(groups.ranges().map(|at| shares[at].iter().fold(0u64, |sum, share| sum.wrapping_add(*share))).collect())
}

/// Shares of `s 2^f - log`, the last (one a group) for every j; s is a wire with halves.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together.
pub fn shift_scores(
    party: Party,
    m_s: &[u64],
    half_s: &[u64],
    log: &[u64],
    lengths: &[u32],
    f: u32,
) -> Result<Vec<u64>> {
    let groups = Groups::new(lengths)?;
    ensure_len("mS", m_s, groups.scores())?;
    ensure_len("halfS", half_s, m_s.len())?;
    ensure_len("log", log, groups.count())?;
    ensure(f < 64, "f must be below 64")?;
    let mut shares = Vec::with_capacity(m_s.len());
    for (at, log) in groups.ranges().zip(log) {
        let wires = m_s[at.clone()].iter().zip(&half_s[at]);
        shares.extend(wires.map(|(m, half)| (party.public(*m).wrapping_sub(*half) << f).wrapping_sub(*log)));
    }
    Ok(shares)
}
