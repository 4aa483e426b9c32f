//! Cached wires and groups of scores: group `g` attends to positions `0 .. lengths[g]`, at least one, of the cached head
//! `heads[g]`. Elements are in the order (group, j).

use super::dealt::{Dealt, dealt};
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
    /// Room for `capacity` positions of `heads` vectors of `headDim`; memory is taken as they come.
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

    /// Keeps vectors of a wire, `jobs x headDim`: vector `k` is that of head `heads[k]` at `positions[k]`. Positions may
    /// be filled in any order.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head or position that does not exist, and for one that
    /// is filled. Nothing is kept then.
    pub fn put(&mut self, heads: &[u32], positions: &[u32], m: &[u64], half: &[u64]) -> Result<()> {
        coded(self.cache.put(heads, positions, m, half))
    }

    /// Shares of the scores of groups, less the group's centre: `centers` is this server's share of one word a group, `mQ`
    /// and `halfQ` are `groups x headDim`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
    pub fn scores(
        &self,
        #[wasm_bindgen(js_name = mQ)] m_q: &[u64],
        #[wasm_bindgen(js_name = halfQ)] half_q: &[u64],
        heads: &[u32],
        lengths: &[u32],
        gamma: Dealt,
        centers: &[u64],
    ) -> Result<Vec<u64>> {
        coded(self.cache.scores(m_q, half_q, heads, lengths, &gamma.into_words(), centers))
    }

    /// Shares of the outputs of groups, `groups x headDim`: vectors of this cache weighted by a wire of scores.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
    pub fn weighted(
        &self,
        #[wasm_bindgen(js_name = mP)] m_p: &[u64],
        #[wasm_bindgen(js_name = halfP)] half_p: &[u64],
        heads: &[u32],
        lengths: &[u32],
        gamma: Dealt,
    ) -> Result<Vec<u64>> {
        coded(self.cache.weighted(m_p, half_p, heads, lengths, &gamma.into_words()))
    }

    /// The holes of a head below `length`, ascending.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a head that does not exist or a length beyond the capacity.
    pub fn missing(&self, head: u32, length: u32) -> Result<Vec<u32>> {
        coded(self.cache.missing(head, length))
    }

    /// Forgets the positions from `n` on, of all heads.
    pub fn truncate(&mut self, n: usize) {
        self.cache.truncate(n);
    }

    /// Bytes allocated for vectors.
    pub fn bytes(&self) -> usize {
        self.cache.bytes()
    }
}

/// The dealer's masks of the same vectors.
#[wasm_bindgen]
pub struct MaskCache {
    cache: gates::MaskCache,
}

#[wasm_bindgen]
impl MaskCache {
    /// Room for `capacity` positions of `heads` vectors of `headDim`; memory is taken as they come.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a shape that does not fit.
    #[wasm_bindgen(constructor)]
    pub fn new(heads: usize, #[wasm_bindgen(js_name = headDim)] head_dim: usize, capacity: usize) -> Result<Self> {
        Ok(Self { cache: coded(gates::MaskCache::new(heads, head_dim, capacity))? })
    }

    /// Keeps the masks of vectors, `jobs x headDim`: vector `k` is that of head `heads[k]` at `positions[k]`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head or position that does not exist, and for one that
    /// is filled. Nothing is kept then.
    pub fn put(&mut self, heads: &[u32], positions: &[u32], lambda: &[u64]) -> Result<()> {
        coded(self.cache.put(heads, positions, lambda))
    }

    /// To deal for the scores of groups; `lambdaQ` is `groups x headDim`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
    pub fn scores(
        &self,
        #[wasm_bindgen(js_name = lambdaQ)] lambda_q: &[u64],
        heads: &[u32],
        lengths: &[u32],
    ) -> Result<Dealt> {
        dealt(self.cache.scores(lambda_q, heads, lengths))
    }

    /// To deal for the outputs of groups, `groups x headDim`.
    ///
    /// # Errors
    /// `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
    pub fn weighted(
        &self,
        #[wasm_bindgen(js_name = lambdaP)] lambda_p: &[u64],
        heads: &[u32],
        lengths: &[u32],
    ) -> Result<Dealt> {
        dealt(self.cache.weighted(lambda_p, heads, lengths))
    }

    /// The holes of a head below `length`, ascending.
    ///
    /// # Errors
    /// `E_ARGUMENT` for a head that does not exist or a length beyond the capacity.
    pub fn missing(&self, head: u32, length: u32) -> Result<Vec<u32>> {
        coded(self.cache.missing(head, length))
    }

    /// Forgets the positions from `n` on, of all heads.
    pub fn truncate(&mut self, n: usize) {
        self.cache.truncate(n);
    }

    /// Bytes allocated for vectors.
    pub fn bytes(&self) -> usize {
        self.cache.bytes()
    }
}

/// The sum over j of every group.
///
/// # Errors
/// `E_ARGUMENT` for another number of shares.
#[wasm_bindgen(js_name = sumScores)]
pub fn sum_scores(shares: &[u64], lengths: &[u32]) -> Result<Vec<u64>> {
    coded(gates::sum_scores(shares, lengths))
}

/// Shares of `s 2^f - log`, the last (one a group) for every j.
///
/// # Errors
/// `E_ARGUMENT` when the lengths do not fit together.
#[wasm_bindgen(js_name = shiftScores)]
pub fn shift_scores(
    p: u32,
    #[wasm_bindgen(js_name = mS)] m_s: &[u64],
    #[wasm_bindgen(js_name = halfS)] half_s: &[u64],
    #[wasm_bindgen(js_name = logShare)] log: &[u64],
    lengths: &[u32],
    f: u32,
) -> Result<Vec<u64>> {
    coded(gates::shift_scores(party(p)?, m_s, half_s, log, lengths, f))
}
