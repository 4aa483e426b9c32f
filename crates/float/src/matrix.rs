//! A weight matrix in packed panels.

use crate::{pair_by_panel, row_by_panel};
use core::ops::Range;

/// Columns in a panel: four vectors of running sums.
pub(crate) const LANES: usize = 16;
/// One row of one panel.
pub(crate) type Lane = [f32; LANES];
/// Rows of `x` that go through all panels before the next ones do: they stay in a near cache.
const BLOCK: usize = 64;

/// A matrix of `rows` inputs by `cols` outputs, for products `x W`.
///
/// Each output is one running sum over the inputs in their order, however many rows `x` has.
///
/// ```
/// let w = float::Matrix::from_linear(3, 2, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// assert_eq!(w.mul(&[1.0, 10.0], 1), [21.0, 43.0, 65.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Matrix {
    rows: usize,
    cols: usize,
    lanes: Vec<Lane>,
}

impl Matrix {
    /// From the layout of Hugging Face's `Linear`: `outputs x inputs`, row-major, so that `mul` gives `x values^T`.
    ///
    /// # Panics
    /// When the number of values is another.
    #[must_use]
    pub fn from_linear(outputs: usize, inputs: usize, values: &[f32]) -> Self {
        assert_eq!(values.len(), outputs * inputs, "float: values of a matrix");
        let mut matrix = Self::zeros(inputs, outputs);
        for (output, row) in values.chunks_exact(inputs.max(1)).enumerate() {
            let start = output / LANES * inputs;
            for (lane, value) in matrix.lanes[start..start + inputs].iter_mut().zip(row) {
                lane[output % LANES] = *value;
            }
        }
        matrix
    }

    /// From the layout of the product itself: `inputs x outputs`, row-major.
    ///
    /// # Panics
    /// When the number of values is another.
    #[must_use]
    pub fn from_rows(inputs: usize, outputs: usize, values: &[f32]) -> Self {
        assert_eq!(values.len(), outputs * inputs, "float: values of a matrix");
        let mut matrix = Self::zeros(inputs, outputs);
        for (panel, lanes) in matrix.lanes.chunks_exact_mut(inputs.max(1)).enumerate() {
            for (lane, row) in lanes.iter_mut().zip(values.chunks_exact(outputs)) {
                // The zip stops at the matrix's edge and leaves the padding zero.
                lane.iter_mut().zip(&row[panel * LANES..]).for_each(|(a, b)| *a = *b);
            }
        }
        matrix
    }

    /// Inputs.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Outputs.
    #[must_use]
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// `x W`: `x` is `t x rows`, the result `t x cols`, both row-major.
    ///
    /// # Panics
    /// When `x` has another length.
    #[must_use]
    pub fn mul(&self, x: &[f32], t: usize) -> Vec<f32> {
        self.mul_part(x, t, self.rows, self.cols)
    }

    /// `x W + b`, one bias an output.
    ///
    /// # Panics
    /// When `x` or `bias` has another length.
    #[must_use]
    pub fn mul_biased(&self, x: &[f32], t: usize, bias: &[f32]) -> Vec<f32> {
        assert_eq!(bias.len(), self.cols, "float: length of a bias");
        let mut y = self.mul(x, t);
        for row in y.chunks_exact_mut(bias.len().max(1)) {
            row.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
        }
        y
    }

    /// `x W` with the first `rows` inputs and the first `cols` outputs alone.
    pub(crate) fn mul_part(&self, x: &[f32], t: usize, rows: usize, cols: usize) -> Vec<f32> {
        assert_eq!(x.len(), t * rows, "float: length of x");
        assert!(rows <= self.rows && cols <= self.cols, "float: a part of a matrix");
        let mut y = vec![0.0; t * cols];
        if rows == 0 || cols == 0 {
            return y;
        }
        for (x, y) in x.chunks(BLOCK * rows).zip(y.chunks_mut(BLOCK * cols)) {
            for (index, panel) in self.lanes.chunks_exact(self.rows).take(cols.div_ceil(LANES)).enumerate() {
                let from = index * LANES;
                block_by_panel(x, &panel[..rows], y, cols, from..cols.min(from + LANES));
            }
        }
        y
    }

    fn zeros(rows: usize, cols: usize) -> Self {
        Self { rows, cols, lanes: vec![[0.0; LANES]; rows * cols.div_ceil(LANES)] }
    }
}

/// Some rows of `x` by one panel, to its columns of `y`, which has `cols` of them.
fn block_by_panel(x: &[f32], panel: &[Lane], y: &mut [f32], cols: usize, to: Range<usize>) {
    let rows = panel.len();
    let width = to.len();
    for (x, y) in x.chunks(2 * rows).zip(y.chunks_mut(2 * cols)) {
        if let Some((x0, x1)) = x.split_at_checked(rows).filter(|(_, x1)| !x1.is_empty()) {
            let [y0, y1] = pair_by_panel(x0, x1, panel);
            y[to.clone()].copy_from_slice(&y0[..width]);
            y[cols + to.start..cols + to.end].copy_from_slice(&y1[..width]);
        } else {
            y[to.clone()].copy_from_slice(&row_by_panel(x, panel)[..width]);
        }
    }
}
