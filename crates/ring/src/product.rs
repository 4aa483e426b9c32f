//! `y = x W` for rows of words: one loop for any number of rows, as a group of panels stays in the caches between them.

use crate::lane::LANES;
use crate::panels::{GROUP, Panels};
use crate::word::Word;

impl<W: Word> Panels<W> {
    /// `x W`: `x` is `t x rows`, the result `t x cols`, both row-major.
    ///
    /// # Panics
    /// When `x` has another length.
    #[must_use]
    pub fn mul(&self, x: &[u64], t: usize) -> Vec<u64> {
        assert_eq!(x.len(), t * self.rows(), "ring: length of x");
        let (rows, cols) = (self.rows(), self.cols());
        let x = W::factors(x, rows);
        let mut y = vec![0; t * cols];
        if rows == 0 {
            return y;
        }
        for (first, group) in self.groups(t) {
            for (x, y) in x.chunks_exact(W::width(rows)).zip(y.chunks_exact_mut(cols)) {
                by_group::<W>(x, &group, |panel, sums| {
                    for (y, sum) in y[first + panel * LANES..].iter_mut().zip(sums) {
                        *y = sum & W::MASK;
                    }
                });
            }
        }
        y
    }
}

/// One row of `x` by each panel of a group.
#[inline]
pub(crate) fn by_group<W: Word>(x: &[W::Factor], group: &[&[W::Lane]], mut take: impl FnMut(usize, [u64; LANES])) {
    if let Ok(group) = <[_; GROUP]>::try_from(group) {
        W::row_by_panels(x, group).into_iter().enumerate().for_each(|(panel, sums)| take(panel, sums));
    } else {
        group.iter().enumerate().for_each(|(panel, lanes)| take(panel, W::row_by_panels(x, [*lanes])[0]));
    }
}
