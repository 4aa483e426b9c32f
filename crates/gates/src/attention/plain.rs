//! Causal attention products, element by element, from vectors by (head, position).

/// The vector of a head at a position.
pub(crate) type Vectors<'a> = &'a dyn Fn(u32, usize) -> &'a [u64];

/// `sum_i q k - center` in the order (group, j); `q` is `groups x dim`, `centers` one a group.
pub(crate) fn scores(q: &[u64], keys: Vectors, centers: &[u64], heads: &[u32], lengths: &[u32]) -> Vec<u64> {
    let mut result = Vec::new();
    for g in 0..heads.len() {
        for j in 0..lengths[g] as usize {
            let key = keys(heads[g], j);
            let products = (0..key.len()).map(|i| q[g * key.len() + i].wrapping_mul(key[i]));
            result.push(products.fold(0, u64::wrapping_add).wrapping_sub(centers[g]));
        }
    }
    result
}

/// `sum_j p v`, `groups x dim`.
pub(crate) fn weighted(p: &[u64], values: Vectors, dim: usize, heads: &[u32], lengths: &[u32]) -> Vec<u64> {
    let mut result = Vec::new();
    let mut from = 0;
    for g in 0..heads.len() {
        let products = |i| (0..lengths[g] as usize).map(move |j| p[from + j].wrapping_mul(values(heads[g], j)[i]));
        result.extend((0..dim).map(|i| products(i).fold(0, u64::wrapping_add)));
        from += lengths[g] as usize;
    }
    result
}
