use super::cache::Heads;
use super::rows::Scores;
use crate::error::{Result, ensure_len, ensure_words};

/// The masks of the rows that the servers keep in a [`MaskedCache`](crate::MaskedCache).
pub struct MaskCache {
    heads: Heads,
    dim: usize,
}

impl MaskCache {
    /// For `capacity` rows of `heads` vectors of `dim` words.
    ///
    /// # Errors
    /// `E_ARGUMENT` for no heads, no dimensions, or too many words.
    pub fn new(heads: usize, dim: usize, capacity: usize) -> Result<Self> {
        Ok(Self { heads: Heads::new(heads, dim, capacity)?, dim })
    }

    /// Appends the masks of whole rows.
    ///
    /// # Errors
    /// `E_ARGUMENT` for parts of rows or more than the capacity.
    pub fn append(&mut self, lambda: &[u64]) -> Result<()> {
        let (width, dim) = (self.width(), self.dim);
        let rows = lambda.len() / width;
        ensure_len("lambda", lambda, rows * width)?;
        self.heads.append(rows, |row, head, words| words.extend(&lambda[row * width + head * dim..][..dim]))
    }

    /// For the scores of the last `rows` rows: the products `lambda_q lambda_k` of every (row, head, j).
    ///
    /// # Errors
    /// `E_ARGUMENT` when `lambda_q` has another length or there are fewer rows.
    pub fn scores(&self, lambda_q: &[u64], rows: usize) -> Result<Vec<u64>> {
        let pos = self.heads.start(rows)?;
        ensure_len("lambdaQ", lambda_q, ensure_words(rows, self.width())?)?;
        let scores = Scores::new(rows, self.heads.count(), pos)?;
        let mut gamma = Vec::with_capacity(scores.count());
        for (index, q) in lambda_q.chunks_exact(self.dim).enumerate() {
            let (row, head) = (index / self.heads.count(), index % self.heads.count());
            let keys = self.heads.records(head, pos + row + 1);
            gamma.extend(keys.chunks_exact(self.dim).map(|key| ring::dot(q, key)));
        }
        Ok(gamma)
    }

    /// For the outputs of the last `rows` rows: `sum_j lambda_p lambda_v`, `rows x d`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when `lambda_p` has another length or there are fewer rows.
    pub fn weighted(&self, lambda_p: &[u64], rows: usize) -> Result<Vec<u64>> {
        let scores = Scores::new(rows, self.heads.count(), self.heads.start(rows)?)?;
        ensure_len("lambdaP", lambda_p, scores.count())?;
        let mut gamma = Vec::with_capacity(rows * self.width());
        for (index, at) in scores.ranges().enumerate() {
            let values = self.heads.records(index % self.heads.count(), at.len());
            gamma.extend(ring::weighted_rows(&lambda_p[at], values, self.dim));
        }
        Ok(gamma)
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
