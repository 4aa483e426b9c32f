//! Section 3, rows 7-14: causal attention over values, in the order (group, position).

/// Who attends to what in one step: group `g` is a query over the positions `0..lengths[g]` of the cached head `heads[g]`.
#[derive(Clone, Copy, Debug)]
pub struct Groups<'a> {
    /// Heads of keys and values.
    pub heads: &'a [u32],
    /// Numbers of positions.
    pub lengths: &'a [u32],
}

impl Groups<'_> {
    /// `(group, head, position)` of every element.
    fn elements(self) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..self.heads.len()).flat_map(move |g| {
            let positions = 0..self.lengths[g] as usize;
            positions.map(move |j| (g, self.heads[g] as usize, j))
        })
    }
}

/// Where a head's vector begins in the rows of all heads.
fn at(position: usize, head: usize, width: usize, dim: usize) -> usize {
    position * width + head * dim
}

/// Row 7: `sum_i q_i k_i - center`; `q` is groups x dim, `centers` one a group, `keys` rows of `width` words, of all positions.
#[must_use]
pub fn scores(q: &[u64], keys: &[u64], centers: &[u64], width: usize, groups: Groups) -> Vec<u64> {
    let dim = q.len() / groups.heads.len().max(1);
    let score = |(g, head, j): (usize, usize, usize)| {
        let mut sum = 0u64.wrapping_sub(centers[g]);
        for i in 0..dim {
            sum = sum.wrapping_add(q[g * dim + i].wrapping_mul(keys[at(j, head, width, dim) + i]));
        }
        sum
    };
    groups.elements().map(score).collect()
}

/// Row 8: sums over positions, one a group.
#[must_use]
pub fn sums(values: &[u64], lengths: &[u32]) -> Vec<u64> {
    let mut values = values.iter();
    let mut sum = |length: &u32| values.by_ref().take(*length as usize).fold(0u64, |a, b| a.wrapping_add(*b));
    lengths.iter().map(&mut sum).collect()
}

/// Row 11: `s 2^3 - ln`, with one ln a group.
#[must_use]
pub fn shifted(s: &[u64], ln: &[u64], lengths: &[u32]) -> Vec<u64> {
    let spread = ln.iter().zip(lengths).flat_map(|(ln, length)| core::iter::repeat_n(ln, *length as usize));
    s.iter().zip(spread).map(|(s, ln)| s.wrapping_mul(8).wrapping_sub(*ln)).collect()
}

/// Row 14: `sum_j p_j v_j`, groups x dim; `values` are rows of `width` words, of all positions.
#[must_use]
pub fn weighted(p: &[u64], values: &[u64], width: usize, dim: usize, groups: Groups) -> Vec<u64> {
    let mut out = vec![0u64; groups.heads.len() * dim];
    for ((g, head, j), p) in groups.elements().zip(p) {
        for i in 0..dim {
            let product = p.wrapping_mul(values[at(j, head, width, dim) + i]);
            out[g * dim + i] = out[g * dim + i].wrapping_add(product);
        }
    }
    out
}
