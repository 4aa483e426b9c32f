//! Records by head and position, kept head by head, so that a product with one head streams contiguous memory. Positions
//! are filled in any order; one that is not filled is a hole, which is never read.

use crate::error::{Error, Result, ensure, ensure_len, ensure_words};

/// The records of one head.
#[derive(Clone, Default)]
struct Head {
    /// Zeros at holes.
    words: Vec<u64>,
    /// Which positions have a record; those beyond are holes.
    filled: Vec<bool>,
}

impl Head {
    fn holes(&self, length: usize) -> impl Iterator<Item = usize> {
        (0..length).filter(|position| !self.filled.get(*position).is_some_and(|filled| *filled))
    }

    /// Room for `positions` records of `width` words, of at most `capacity` ever.
    fn grow(&mut self, positions: usize, width: usize, capacity: usize) {
        if positions <= self.filled.len() {
            return;
        }
        let needed = positions * width;
        if needed > self.words.capacity() {
            // Doubled as Vec does, but never beyond the capacity.
            let target = needed.max(self.words.capacity() * 2).min(capacity * width);
            self.words.reserve_exact(target - self.words.len());
        }
        self.words.resize(needed, 0);
        self.filled.resize(positions, false);
    }
}

/// The records of all heads, of `width` words each.
pub(crate) struct Store {
    heads: Vec<Head>,
    width: usize,
    capacity: usize,
}

impl Store {
    /// Room for `capacity` positions, taken as they come.
    pub(crate) fn new(heads: usize, width: usize, capacity: usize) -> Result<Self> {
        ensure(heads > 0 && width > 0, "a cache needs at least one head and one dimension")?;
        ensure_words(ensure_words(heads, width)?, capacity)?;
        Ok(Self { heads: vec![Head::default(); heads], width, capacity })
    }

    pub(crate) fn heads(&self) -> usize {
        self.heads.len()
    }

    /// Bytes allocated for records.
    pub(crate) fn bytes(&self) -> usize {
        self.heads.iter().map(|head| head.words.capacity() * size_of::<u64>()).sum()
    }

    /// Job `k` fills a hole: `record(k, words)` writes the record of head `heads[k]` at `positions[k]`. All or nothing.
    pub(crate) fn put(&mut self, heads: &[u32], positions: &[u32], record: impl Fn(usize, &mut [u64])) -> Result<()> {
        ensure_len("positions", positions, heads.len())?;
        let jobs = || heads.iter().zip(positions).map(|(head, position)| (*head as usize, *position as usize));
        for (head, position) in jobs() {
            let head = self.heads.get(head).ok_or_else(no_head)?;
            ensure(position < self.capacity, "the position is beyond the capacity")?;
            ensure(head.filled.get(position) != Some(&true), "the position is filled: truncate first")?;
        }
        let mut sorted: Vec<_> = jobs().collect();
        sorted.sort_unstable();
        ensure(sorted.windows(2).all(|pair| pair[0] != pair[1]), "a position is put twice")?;
        // The last of each head first, so that memory is taken once.
        for (head, position) in sorted.into_iter().rev() {
            self.heads[head].grow(position + 1, self.width, self.capacity);
        }
        for (k, (head, position)) in jobs().enumerate() {
            let head = &mut self.heads[head];
            head.filled[position] = true;
            record(k, &mut head.words[position * self.width..][..self.width]);
        }
        Ok(())
    }

    /// For every group the records of its head, as many as its length.
    pub(crate) fn records(&self, heads: &[u32], lengths: &[u32]) -> Result<Vec<&[u64]>> {
        ensure_len("heads", heads, lengths.len())?;
        heads.iter().zip(lengths).map(|(head, length)| self.first(*head as usize, *length as usize)).collect()
    }

    fn first(&self, head: usize, length: usize) -> Result<&[u64]> {
        let records = self.heads.get(head).ok_or_else(no_head)?;
        match records.holes(length).next() {
            None => Ok(&records.words[..length * self.width]),
            Some(hole) => Err(Error::Argument(format!("position {hole} of head {head} is a hole: put it first"))),
        }
    }

    /// The holes of a head below `length`, ascending.
    pub(crate) fn missing(&self, head: u32, length: u32) -> Result<Vec<u32>> {
        let head = self.heads.get(head as usize).ok_or_else(no_head)?;
        ensure(length as usize <= self.capacity, "the length is beyond the capacity")?;
        Ok(head.holes(length as usize).map(|position| position as u32).collect())
    }

    /// Forgets the positions from `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        for head in &mut self.heads {
            head.filled.truncate(length);
            head.words.truncate(head.filled.len() * self.width);
        }
    }
}

fn no_head() -> Error {
    Error::Argument("there is no such head".into())
}
