//! Rows of `heads` vectors, kept head by head, so that a product with one head streams contiguous memory.

use crate::error::{Result, ensure, ensure_words};

/// The rows of all heads; of one head, `length` records of `width` words.
pub(crate) struct Heads {
    vectors: Vec<Vec<u64>>,
    width: usize,
    length: usize,
    capacity: usize,
}

impl Heads {
    /// Room for `capacity` rows, taken as they come.
    pub(crate) fn new(heads: usize, width: usize, capacity: usize) -> Result<Self> {
        ensure(heads > 0 && width > 0, "a cache needs at least one head and one dimension")?;
        ensure_words(ensure_words(heads, width)?, capacity)?;
        Ok(Self { vectors: vec![Vec::new(); heads], width, length: 0, capacity })
    }

    pub(crate) fn count(&self) -> usize {
        self.vectors.len()
    }

    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Bytes allocated for rows.
    pub(crate) fn bytes(&self) -> usize {
        self.vectors.iter().map(|vectors| vectors.capacity() * size_of::<u64>()).sum()
    }

    /// The first `length` records of a head.
    pub(crate) fn records(&self, head: usize, length: usize) -> &[u64] {
        &self.vectors[head][..length * self.width]
    }

    /// Appends `rows` rows; `record(row, head, buffer)` appends one record of `width` words.
    pub(crate) fn append(&mut self, rows: usize, record: impl Fn(usize, usize, &mut Vec<u64>)) -> Result<()> {
        ensure(rows <= self.capacity - self.length, "the cache is full")?;
        self.length += rows;
        let needed = self.length * self.width;
        for (head, words) in self.vectors.iter_mut().enumerate() {
            if needed > words.capacity() {
                // Doubled as Vec does, but never beyond the capacity.
                let target = needed.max(words.capacity() * 2).min(self.capacity * self.width);
                words.reserve_exact(target - words.len());
            }
            (0..rows).for_each(|row| record(row, head, words));
        }
        Ok(())
    }

    /// Forgets all rows but the first `length`.
    pub(crate) fn truncate(&mut self, length: usize) -> Result<()> {
        ensure(length <= self.length, "the cache has fewer rows than are to be kept")?;
        self.length = length;
        self.vectors.iter_mut().for_each(|vectors| vectors.truncate(length * self.width));
        Ok(())
    }

    /// Position of the first of the last `rows` rows.
    pub(crate) fn start(&self, rows: usize) -> Result<usize> {
        ensure(rows <= self.length, "there are fewer rows in the cache than in this step")?;
        Ok(self.length - rows)
    }
}
