use super::groups::Groups;
use super::store::Store;
use crate::error::{Result, ensure_len, ensure_words};
use crate::party::Party;

/// Masked vectors as one server keeps them, keys or values: for each the two factors that its products need,
/// `A = [p = 0] m - half` and `B = m`, so that the share of a product `x y` is `m_x A - half_x B + gamma`.
pub struct MaskedCache {
    party: Party,
    /// Records are A, then B, of one vector.
    store: Store,
    dim: usize,
}

impl MaskedCache {
    /// For `capacity` positions of `heads` vectors of `dim` words.
    ///
    /// # Errors
    /// `E_ARGUMENT` for no heads, no dimensions, or too many words.
    pub fn new(party: Party, heads: usize, dim: usize, capacity: usize) -> Result<Self> {
        Ok(Self { party, store: Store::new(heads, ensure_words(dim, 2)?, capacity)?, dim })
    }

    /// Keeps vectors of a wire, `jobs x dim`: vector `k` is that of head `heads[k]` at `positions[k]`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head or position that does not exist, and for one that
    /// is filled. Nothing is kept then.
    pub fn put(&mut self, heads: &[u32], positions: &[u32], m: &[u64], half: &[u64]) -> Result<()> {
        let (dim, party) = (self.dim, self.party);
        ensure_len("m", m, ensure_words(heads.len(), dim)?)?;
        ensure_len("half", half, m.len())?;
        self.store.put(heads, positions, |k, record| {
            let (m, half) = (&m[k * dim..][..dim], &half[k * dim..][..dim]);
            let (a, b) = record.split_at_mut(dim);
            for (a, (m, half)) in a.iter_mut().zip(m.iter().zip(half)) {
                *a = party.public(*m).wrapping_sub(*half);
            }
            b.copy_from_slice(m);
        })
    }

    /// Shares of the scores of groups, (group, j), less the group's centre. `m_q` and `half_q` are `groups x dim`, `gamma`
    /// the share of [`MaskCache::scores`](crate::MaskCache::scores), `centers` this server's share of one word a group.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
    pub fn scores(
        &self,
        m_q: &[u64],
        half_q: &[u64],
        heads: &[u32],
        lengths: &[u32],
        gamma: &[u64],
        centers: &[u64],
    ) -> Result<Vec<u64>> {
        let groups = Groups::new(lengths)?;
        let keys = self.store.records(heads, lengths)?;
        ensure_len("mQ", m_q, ensure_words(groups.count(), self.dim)?)?;
        ensure_len("halfQ", half_q, m_q.len())?;
        ensure_len("gamma", gamma, groups.scores())?;
        ensure_len("centers", centers, groups.count())?;
        let mut shares = Vec::with_capacity(gamma.len());
        let queries = m_q.chunks_exact(self.dim).zip(half_q.chunks_exact(self.dim));
        for ((at, (m, half)), (keys, center)) in groups.ranges().zip(queries).zip(keys.into_iter().zip(centers)) {
            let share = |(key, gamma): (&[u64], &u64)| product(m, half, key).wrapping_add(*gamma).wrapping_sub(*center);
            shares.extend(keys.iter().zip(&gamma[at]).map(share));
        }
        Ok(shares)
    }

    /// Shares of `sum_j p V` of groups, `groups x dim`. `m_p` and `half_p` are (group, j), `gamma` the share of
    /// [`MaskCache::weighted`](crate::MaskCache::weighted).
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
    pub fn weighted(
        &self,
        m_p: &[u64],
        half_p: &[u64],
        heads: &[u32],
        lengths: &[u32],
        gamma: &[u64],
    ) -> Result<Vec<u64>> {
        let groups = Groups::new(lengths)?;
        let values = self.store.records(heads, lengths)?;
        ensure_len("mP", m_p, groups.scores())?;
        ensure_len("halfP", half_p, m_p.len())?;
        ensure_len("gamma", gamma, ensure_words(groups.count(), self.dim)?)?;
        let mut shares = gamma.to_vec();
        for ((at, values), sums) in groups.ranges().zip(values).zip(shares.chunks_exact_mut(self.dim)) {
            let wires = m_p[at.clone()].iter().zip(&half_p[at]);
            for (value, (m, half)) in values.iter().zip(wires) {
                accumulate(sums, *m, *half, value);
            }
        }
        Ok(shares)
    }

    /// The holes of a head below `length`, ascending.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a head that does not exist or a length beyond the capacity.
    pub fn missing(&self, head: u32, length: u32) -> Result<Vec<u32>> {
        self.store.missing(head, length)
    }

    /// Forgets the positions from `length` on, of all heads.
    pub fn truncate(&mut self, length: usize) {
        self.store.truncate(length);
    }

    /// Bytes allocated for vectors.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.store.bytes()
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
