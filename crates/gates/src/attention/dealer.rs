use super::groups::Groups;
use super::store::Store;
use crate::error::{Result, ensure_len, ensure_words};

/// The masks of the vectors that the servers keep in a [`MaskedCache`](crate::MaskedCache).
pub struct MaskCache {
    store: Store,
    dim: usize,
}

impl MaskCache {
    /// For `capacity` positions of `heads` vectors of `dim` words.
    ///
    /// # Errors
    /// `E_ARGUMENT` for no heads, no dimensions, or too many words.
    pub fn new(heads: usize, dim: usize, capacity: usize) -> Result<Self> {
        Ok(Self { store: Store::new(heads, dim, capacity)?, dim })
    }

    /// Keeps the masks of vectors, `jobs x dim`: vector `k` is that of head `heads[k]` at `positions[k]`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head or position that does not exist, and for one that
    /// is filled. Nothing is kept then.
    pub fn put(&mut self, heads: &[u32], positions: &[u32], lambda: &[u64]) -> Result<()> {
        let dim = self.dim;
        ensure_len("lambda", lambda, ensure_words(heads.len(), dim)?)?;
        self.store.put(heads, positions, |k, record| record.copy_from_slice(&lambda[k * dim..][..dim]))
    }

    /// For the scores of groups: the products `lambda_q lambda_k` of every (group, j); `lambda_q` is `groups x dim`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
    pub fn scores(&self, lambda_q: &[u64], heads: &[u32], lengths: &[u32]) -> Result<Vec<u64>> {
        let groups = Groups::new(lengths)?;
        let keys = self.store.records(heads, lengths)?;
        ensure_len("lambdaQ", lambda_q, ensure_words(groups.count(), self.dim)?)?;
        let mut gamma = Vec::with_capacity(groups.scores());
        for (q, keys) in lambda_q.chunks_exact(self.dim).zip(keys) {
            gamma.extend(keys.iter().map(|key| ring::dot(q, key)));
        }
        Ok(gamma)
    }

    /// For the outputs of groups: `sum_j lambda_p lambda_v`, `groups x dim`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
    pub fn weighted(&self, lambda_p: &[u64], heads: &[u32], lengths: &[u32]) -> Result<Vec<u64>> {
        let groups = Groups::new(lengths)?;
        let values = self.store.records(heads, lengths)?;
        ensure_len("lambdaP", lambda_p, groups.scores())?;
        let mut gamma = Vec::with_capacity(ensure_words(groups.count(), self.dim)?);
        for (at, values) in groups.ranges().zip(values) {
            let mut weights = &lambda_p[at];
            let mut sums = vec![0; self.dim];
            for page in values.pages() {
                let (own, rest) = weights.split_at(page.len() / self.dim);
                weights = rest;
                for (sum, part) in sums.iter_mut().zip(ring::weighted_rows(own, page, self.dim)) {
                    *sum = u64::wrapping_add(*sum, part);
                }
            }
            gamma.extend(sums);
        }
        Ok(gamma)
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
