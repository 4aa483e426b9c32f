//! Records by head and position, kept head by head, so that a product with one head streams contiguous memory. Positions
//! are filled in any order; one that is not filled is a hole, which is never read. Memory is taken by the page.

use crate::error::{Error, Result, ensure, ensure_len, ensure_words};

/// Positions whose records are allocated together: memory follows what is kept, and is never copied.
const PAGE: usize = if cfg!(test) { 4 } else { 32 };

/// The records of one head.
#[derive(Clone, Default)]
struct Head {
    /// Records of `PAGE` positions each, the last of the capacity of as many as are left; empty where all are holes.
    pages: Vec<Box<[u64]>>,
    /// Which positions have a record; those beyond are holes.
    filled: Vec<bool>,
}

impl Head {
    fn holes(&self, length: usize) -> impl Iterator<Item = usize> {
        (0..length).filter(|position| !self.filled.get(*position).is_some_and(|filled| *filled))
    }

    /// The record of a position below the capacity, of `width` words, from now on filled.
    fn fill(&mut self, position: usize, width: usize, capacity: usize) -> &mut [u64] {
        if self.filled.len() <= position {
            self.filled.resize(position + 1, false);
            self.pages.resize_with(position / PAGE + 1, Box::default);
        }
        self.filled[position] = true;
        let (page, at) = (position / PAGE, position % PAGE);
        let records = &mut self.pages[page];
        if records.is_empty() {
            *records = vec![0; PAGE.min(capacity - page * PAGE) * width].into();
        }
        &mut records[at * width..][..width]
    }
}

/// The first records of a head.
#[derive(Clone, Copy)]
pub(crate) struct Records<'a> {
    pages: &'a [Box<[u64]>],
    length: usize,
    width: usize,
}

impl<'a> Records<'a> {
    /// One after the other.
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [u64]> {
        self.pages().flat_map(move |page| page.chunks_exact(self.width))
    }

    /// As many at a time as lie side by side.
    pub(crate) fn pages(self) -> impl Iterator<Item = &'a [u64]> {
        let words = PAGE * self.width;
        let left = move |page: usize| (self.length * self.width - page * words).min(words);
        self.pages.iter().enumerate().map(move |(i, page)| &page[..left(i)])
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

    /// Bytes allocated for records.
    pub(crate) fn bytes(&self) -> usize {
        self.heads.iter().flat_map(|head| &head.pages).map(|page| size_of_val(&**page)).sum()
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
        for (k, (head, position)) in jobs().enumerate() {
            record(k, self.heads[head].fill(position, self.width, self.capacity));
        }
        Ok(())
    }

    /// For every group the records of its head, as many as its length.
    pub(crate) fn records(&self, heads: &[u32], lengths: &[u32]) -> Result<Vec<Records<'_>>> {
        ensure_len("heads", heads, lengths.len())?;
        heads.iter().zip(lengths).map(|(head, length)| self.first(*head as usize, *length as usize)).collect()
    }

    fn first(&self, head: usize, length: usize) -> Result<Records<'_>> {
        let records = self.heads.get(head).ok_or_else(no_head)?;
        match records.holes(length).next() {
            None => Ok(Records { pages: &records.pages[..length.div_ceil(PAGE)], length, width: self.width }),
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
            head.pages.truncate(head.filled.len().div_ceil(PAGE));
        }
    }
}

fn no_head() -> Error {
    Error::Argument("there is no such head".into())
}
