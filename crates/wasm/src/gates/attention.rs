//! Cached wires and rows of scores. Elements are in the order (row, head, j), `j = 0 ..= pos + row`.

use super::{coded, party};
use crate::error::Result;
use wasm_bindgen::prelude::*;

/// A server's cached keys or values of one layer.
#[wasm_bindgen]
pub struct MaskedCache {
    cache: gates::MaskedCache,
}

#[wasm_bindgen]
impl MaskedCache {
    /// Room for `capacity` rows of `heads` vectors of `headDim`; memory is taken as rows come.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a shape that does not fit.
    #[wasm_bindgen(constructor)]
    pub fn new(
        p: u32,
        heads: usize,
        #[wasm_bindgen(js_name = headDim)] head_dim: usize,
        capacity: usize,
    ) -> Result<Self> {
        Ok(Self { cache: coded(gates::MaskedCache::new(party(p)?, heads, head_dim, capacity))? })
    }

    /// Appends whole rows of a wire.
    ///
    /// # Errors
    /// `E_ARGUMENT` for parts of rows, halves of another length, or more rows than the capacity.
    pub fn append(&mut self, m: &[u64], half: &[u64]) -> Result<()> {
        coded(self.cache.append(m, half))
    }

    /// Shares of the scores of the last `rows` rows, less the head's centre; one centre a head.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together or there are fewer rows.
    pub fn scores(
        &self,
        #[wasm_bindgen(js_name = mQ)] m_q: &[u64],
        #[wasm_bindgen(js_name = halfQ)] half_q: &[u64],
        rows: usize,
        gamma: &[u64],
        centers: &[u64],
    ) -> Result<Vec<u64>> {
        coded(self.cache.scores(m_q, half_q, rows, gamma, centers))
    }

    /// Shares of the outputs of the last `rows` rows, `rows x d`: rows of this cache weighted by a wire of scores.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together or there are fewer rows.
    pub fn weighted(
        &self,
        #[wasm_bindgen(js_name = mP)] m_p: &[u64],
        #[wasm_bindgen(js_name = halfP)] half_p: &[u64],
        rows: usize,
        gamma: &[u64],
    ) -> Result<Vec<u64>> {
        coded(self.cache.weighted(m_p, half_p, rows, gamma))
    }

    /// Forgets all rows but the first `n`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when there are fewer.
    pub fn truncate(&mut self, n: usize) -> Result<()> {
        coded(self.cache.truncate(n))
    }

    /// Bytes allocated for rows.
    pub fn bytes(&self) -> usize {
        self.cache.bytes()
    }

    /// Rows.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.cache.length()
    }
}

/// The dealer's masks of the same rows.
#[wasm_bindgen]
pub struct MaskCache {
    cache: gates::MaskCache,
}

#[wasm_bindgen]
impl MaskCache {
    /// Room for `capacity` rows of `heads` vectors of `headDim`; memory is taken as rows come.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a shape that does not fit.
    #[wasm_bindgen(constructor)]
    pub fn new(heads: usize, #[wasm_bindgen(js_name = headDim)] head_dim: usize, capacity: usize) -> Result<Self> {
        Ok(Self { cache: coded(gates::MaskCache::new(heads, head_dim, capacity))? })
    }

    /// Appends the masks of whole rows.
    ///
    /// # Errors
    /// `E_ARGUMENT` for parts of rows or more than the capacity.
    pub fn append(&mut self, lambda: &[u64]) -> Result<()> {
        coded(self.cache.append(lambda))
    }

    /// To deal for the scores of the last `rows` rows.
    ///
    /// # Errors
    /// `E_ARGUMENT` when `lambdaQ` has another length or there are fewer rows.
    pub fn scores(&self, #[wasm_bindgen(js_name = lambdaQ)] lambda_q: &[u64], rows: usize) -> Result<Vec<u64>> {
        coded(self.cache.scores(lambda_q, rows))
    }

    /// To deal for the outputs of the last `rows` rows, `rows x d`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when `lambdaP` has another length or there are fewer rows.
    pub fn weighted(&self, #[wasm_bindgen(js_name = lambdaP)] lambda_p: &[u64], rows: usize) -> Result<Vec<u64>> {
        coded(self.cache.weighted(lambda_p, rows))
    }

    /// Forgets all rows but the first `n`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when there are fewer.
    pub fn truncate(&mut self, n: usize) -> Result<()> {
        coded(self.cache.truncate(n))
    }

    /// Bytes allocated for rows.
    pub fn bytes(&self) -> usize {
        self.cache.bytes()
    }

    /// Rows.
    #[wasm_bindgen(getter)]
    pub fn length(&self) -> usize {
        self.cache.length()
    }
}

/// The sum over j of every row and head: `rows x heads`.
///
/// # Errors
/// `E_ARGUMENT` for another number of shares.
#[wasm_bindgen(js_name = sumScores)]
pub fn sum_scores(shares: &[u64], rows: usize, heads: usize, pos: usize) -> Result<Vec<u64>> {
    coded(gates::sum_scores(shares, rows, heads, pos))
}

/// Shares of `s 2^f - log`, the last (`rows x heads`) for every j.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together.
#[wasm_bindgen(js_name = shiftScores)]
#[allow(clippy::too_many_arguments)] // The wires of one step and their shape.
pub fn shift_scores(
    p: u32,
    #[wasm_bindgen(js_name = mS)] m_s: &[u64],
    #[wasm_bindgen(js_name = halfS)] half_s: &[u64],
    #[wasm_bindgen(js_name = logShare)] log: &[u64],
    rows: usize,
    heads: usize,
    pos: usize,
    f: u32,
) -> Result<Vec<u64>> {
    coded(gates::shift_scores(party(p)?, m_s, half_s, log, rows, heads, pos, f))
}
