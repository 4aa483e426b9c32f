use super::cache::Heads;
use super::rows::Scores;
use crate::error::{Result, ensure, ensure_len, ensure_words};
use crate::party::Party;

/// Masked rows as one server keeps them, keys or values: for every row the two factors that its products need,
/// `A = [p = 0] m - half` and `B = m`, so that the share of a product `x y` is `m_x A - half_x B + gamma`.
pub struct MaskedCache {
    party: Party,
    /// Records are A, then B, of one head's vector.
    heads: Heads,
    dim: usize,
}

impl MaskedCache {
    /// For `capacity` rows of `heads` vectors of `dim` words.
    ///
    /// # Errors
    /// `E_ARGUMENT` for no heads, no dimensions, or too many words.
    pub fn new(party: Party, heads: usize, dim: usize, capacity: usize) -> Result<Self> {
        Ok(Self { party, heads: Heads::new(heads, ensure_words(dim, 2)?, capacity)?, dim })
    }

    /// Appends whole rows of a wire.
    ///
    /// # Errors
    /// `E_ARGUMENT` for parts of rows, halves of another length, or more than the capacity.
    pub fn append(&mut self, m: &[u64], half: &[u64]) -> Result<()> {
        let (width, dim, party) = (self.width(), self.dim, self.party);
        let rows = m.len() / width;
        ensure_len("m", m, rows * width)?;
        ensure_len("half", half, m.len())?;
        self.heads.append(rows, |row, head, words| {
            let from = row * width + head * dim;
            let (m, half) = (&m[from..][..dim], &half[from..][..dim]);
            words.extend(m.iter().zip(half).map(|(m, half)| party.public(*m).wrapping_sub(*half)));
            words.extend(m);
        })
    }

    /// Shares of the scores of the last `rows` rows, (row, head, j), less the head's centre. `m_q` and `half_q` are
    /// `rows x d`, `gamma` the share of [`MaskCache::scores`](crate::MaskCache::scores).
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together or there are fewer rows.
    pub fn scores(&self, m_q: &[u64], half_q: &[u64], rows: usize, gamma: &[u64], centers: &[u64]) -> Result<Vec<u64>> {
        let heads = self.heads.count();
        let scores = Scores::new(rows, heads, self.heads.start(rows)?)?;
        ensure_len("mQ", m_q, ensure_words(rows, self.width())?)?;
        ensure_len("halfQ", half_q, m_q.len())?;
        ensure_len("gamma", gamma, scores.count())?;
        ensure(centers.len() == heads, "there must be one centre a head")?;
        let mut shares = Vec::with_capacity(gamma.len());
        let queries = m_q.chunks_exact(self.dim).zip(half_q.chunks_exact(self.dim));
        for (index, (at, (m, half))) in scores.ranges().zip(queries).enumerate() {
            let center = self.party.public(centers[index % heads]);
            let keys = self.heads.records(index % heads, at.len()).chunks_exact(2 * self.dim);
            let share = |(key, gamma): (&[u64], &u64)| product(m, half, key).wrapping_add(*gamma).wrapping_sub(center);
            shares.extend(keys.zip(&gamma[at]).map(share));
        }
        Ok(shares)
    }

    /// Shares of `sum_j p V` of the last `rows` rows, `rows x d`. `m_p` and `half_p` are (row, head, j), `gamma` the
    /// share of [`MaskCache::weighted`](crate::MaskCache::weighted).
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together or there are fewer rows.
    pub fn weighted(&self, m_p: &[u64], half_p: &[u64], rows: usize, gamma: &[u64]) -> Result<Vec<u64>> {
        let heads = self.heads.count();
        let scores = Scores::new(rows, heads, self.heads.start(rows)?)?;
        ensure_len("mP", m_p, scores.count())?;
        ensure_len("halfP", half_p, m_p.len())?;
        ensure_len("gamma", gamma, ensure_words(rows, self.width())?)?;
        let mut shares = gamma.to_vec();
        for (index, (at, sums)) in scores.ranges().zip(shares.chunks_exact_mut(self.dim)).enumerate() {
            let values = self.heads.records(index % heads, at.len()).chunks_exact(2 * self.dim);
            for (value, (m, half)) in values.zip(m_p[at.clone()].iter().zip(&half_p[at])) {
                accumulate(sums, *m, *half, value);
            }
        }
        Ok(shares)
    }

    /// Forgets all rows but the first `length`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when there are fewer.
    pub fn truncate(&mut self, length: usize) -> Result<()> {
        self.heads.truncate(length)
    }

    /// Rows.
    #[must_use]
    pub fn length(&self) -> usize {
        self.heads.length()
    }

    /// Bytes allocated for rows.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.heads.bytes()
    }

    fn width(&self) -> usize {
        self.heads.count() * self.dim
    }
}

/// `sum m A - half B` over a record's vector.
#[inline]
fn product(m: &[u64], half: &[u64], record: &[u64]) -> u64 {
    let (a, b) = record.split_at(m.len());
    let terms = m.iter().zip(half).zip(a.iter().zip(b));
    terms.fold(0, |sum, ((m, half), (a, b))| sum.wrapping_add(m.wrapping_mul(*a)).wrapping_sub(half.wrapping_mul(*b)))
}

/// Adds `m A - half B` of a record's vector.
#[inline]
fn accumulate(sums: &mut [u64], m: u64, half: u64, record: &[u64]) {
    let (a, b) = record.split_at(sums.len());
    for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
        *sum = sum.wrapping_add(m.wrapping_mul(*a)).wrapping_sub(half.wrapping_mul(*b));
    }
}
