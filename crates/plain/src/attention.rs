//! Section 3, rows 7-14: causal attention over values, in the order (row, head, position).

/// Sizes of one step's attention.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Rows of the step.
    pub rows: usize,
    /// Heads.
    pub heads: usize,
    /// Width of a head.
    pub dim: usize,
    /// Position of the first row.
    pub start: usize,
}

impl Step {
    /// Positions that a row attends to.
    fn positions(self, row: usize) -> usize {
        self.start + row + 1
    }

    /// Calls `f(row, head, first element, positions)` for every row and head.
    fn each(self, mut f: impl FnMut(usize, usize, usize, usize)) {
        let mut at = 0;
        for row in 0..self.rows {
            for head in 0..self.heads {
                f(row, head, at, self.positions(row));
                at += self.positions(row);
            }
        }
    }
}

/// Row 7: `sum_i q_i k_i - center`; `q` and `keys` are rows of `heads * dim` values, keys of all positions.
#[must_use]
pub fn scores(q: &[u64], keys: &[u64], centers: &[u64], step: Step) -> Vec<u64> {
    let width = step.heads * step.dim;
    let mut out = Vec::new();
    step.each(|row, head, _, positions| {
        for j in 0..positions {
            let mut sum = 0u64.wrapping_sub(centers[head]);
            for i in head * step.dim..(head + 1) * step.dim {
                sum = sum.wrapping_add(q[row * width + i].wrapping_mul(keys[j * width + i]));
            }
            out.push(sum);
        }
    });
    out
}

/// Row 8: sums over positions, `rows x heads`.
#[must_use]
pub fn sums(values: &[u64], step: Step) -> Vec<u64> {
    let mut out = Vec::new();
    step.each(|_, _, at, positions| out.push(values[at..at + positions].iter().fold(0u64, |a, b| a.wrapping_add(*b))));
    out
}

/// Row 11: `s 2^3 - ln`, with ln by (row, head).
#[must_use]
pub fn shifted(s: &[u64], ln: &[u64], step: Step) -> Vec<u64> {
    let mut out = Vec::new();
    step.each(|row, head, at, positions| {
        let i = row * step.heads + head;
        out.extend(s[at..at + positions].iter().map(|s| s.wrapping_mul(8).wrapping_sub(ln[i])));
    });
    out
}

/// Row 14: `sum_j p_j v_j`, `rows x (heads * dim)`.
#[must_use]
pub fn weighted(p: &[u64], values: &[u64], step: Step) -> Vec<u64> {
    let width = step.heads * step.dim;
    let mut out = vec![0u64; step.rows * width];
    step.each(|row, head, at, positions| {
        for j in 0..positions {
            for i in head * step.dim..(head + 1) * step.dim {
                let product = p[at + j].wrapping_mul(values[j * width + i]);
                out[row * width + i] = out[row * width + i].wrapping_add(product);
            }
        }
    });
    out
}
