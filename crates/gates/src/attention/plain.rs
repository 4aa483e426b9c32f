//! Causal attention products, triple loops; K and V are `length x d`, the rows are the last ones.

/// `(length, heads, dim)`.
pub(crate) type Shape = (usize, usize, usize);

fn at(x: &[u64], (_, heads, dim): Shape, row: usize, head: usize, i: usize) -> u64 {
    x[(row * heads + head) * dim + i]
}

/// `sum_i q k - center` in the order (row, head, j).
pub(crate) fn scores(q: &[u64], k: &[u64], rows: usize, centers: &[u64], shape: Shape) -> Vec<u64> {
    let (length, _, dim) = shape;
    let mut result = Vec::new();
    for row in 0..rows {
        for (head, center) in centers.iter().enumerate() {
            for j in 0..=length - rows + row {
                let product = |i| at(q, shape, row, head, i).wrapping_mul(at(k, shape, j, head, i));
                result.push((0..dim).map(product).fold(0, u64::wrapping_add).wrapping_sub(*center));
            }
        }
    }
    result
}

/// `sum_j p v`, `rows x d`.
pub(crate) fn weighted(p: &[u64], v: &[u64], rows: usize, shape: Shape) -> Vec<u64> {
    let (length, heads, dim) = shape;
    let mut result = vec![0u64; rows * heads * dim];
    let mut p = p.iter();
    for row in 0..rows {
        for head in 0..heads {
            for j in 0..=length - rows + row {
                let p = *p.next().unwrap();
                for i in 0..dim {
                    let sum = &mut result[(row * heads + head) * dim + i];
                    *sum = sum.wrapping_add(p.wrapping_mul(at(v, shape, j, head, i)));
                }
            }
        }
    }
    result
}
