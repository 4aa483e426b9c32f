use super::{MaskCache, MaskedCache, plain, shift_scores, sum_scores};
use crate::mask_words;
use crate::suite::{PARTIES, Wire, join, random, split};
use proptest::collection::vec;
use proptest::prelude::*;

const CAPACITY: usize = 12;

/// What is cached, in which order, and what attends to it.
#[derive(Clone, Debug)]
struct Ragged {
    dim: usize,
    /// How many heads there are.
    count: usize,
    /// Jobs: heads and positions.
    cached: (Vec<u32>, Vec<u32>),
    /// How many jobs are put at a time.
    chunk: usize,
    /// Groups.
    heads: Vec<u32>,
    lengths: Vec<u32>,
}

impl Ragged {
    /// Jobs in the order they are put.
    fn jobs(&self) -> usize {
        self.cached.0.len()
    }

    fn scores(&self) -> usize {
        self.lengths.iter().sum::<u32>() as usize
    }

    /// Caches of the dealer and both servers with the vectors of a wire, `jobs x dim`.
    fn caches(&self, x: &Wire) -> (MaskCache, [MaskedCache; 2]) {
        let mut dealer = MaskCache::new(self.count, self.dim, CAPACITY).unwrap();
        let mut servers = PARTIES.map(|party| MaskedCache::new(party, self.count, self.dim, CAPACITY).unwrap());
        for from in (0..self.jobs()).step_by(self.chunk) {
            let jobs = from..self.jobs().min(from + self.chunk);
            let words = from * self.dim..jobs.end * self.dim;
            let (heads, positions) = (&self.cached.0[jobs.clone()], &self.cached.1[jobs]);
            dealer.put(heads, positions, &x.lambda[words.clone()]).unwrap();
            for (server, half) in servers.iter_mut().zip(&x.halves) {
                server.put(heads, positions, &x.m[words.clone()], &half[words.clone()]).unwrap();
            }
        }
        (dealer, servers)
    }

    /// The vector of a head at a position, of `jobs x dim` values.
    fn vector<'a>(&self, x: &'a [u64], head: u32, position: usize) -> &'a [u64] {
        let mut jobs = self.cached.0.iter().zip(&self.cached.1);
        let k = jobs.position(|(h, p)| (*h, *p as usize) == (head, position)).unwrap();
        &x[k * self.dim..][..self.dim]
    }
}

/// Caches whose heads have a prefix of any length, then a hole and one more; groups of heads within their prefixes.
fn ragged() -> impl Strategy<Value = Ragged> {
    let prefixes = vec(1..CAPACITY as u32, 1..5);
    let groups = vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..7);
    (prefixes, groups, 1usize..9, 1usize..20).prop_flat_map(|(prefixes, groups, dim, chunk)| {
        let beyond = |prefix: u32| (prefix + 1 < CAPACITY as u32).then_some(prefix + 1);
        let jobs: Vec<(u32, u32)> = (0u32..)
            .zip(&prefixes)
            .flat_map(|(head, prefix)| (0..*prefix).chain(beyond(*prefix)).map(move |position| (head, position)))
            .collect();
        let group = |(head, length): &(prop::sample::Index, prop::sample::Index)| {
            let head = head.index(prefixes.len());
            (head as u32, 1 + length.index(prefixes[head] as usize) as u32)
        };
        let (heads, lengths): (Vec<_>, Vec<_>) = groups.iter().map(group).unzip();
        let count = prefixes.len();
        Just(jobs).prop_shuffle().prop_map(move |jobs| {
            let (heads, lengths, cached) = (heads.clone(), lengths.clone(), jobs.into_iter().unzip());
            Ragged { dim, count, cached, chunk, heads, lengths }
        })
    })
}

proptest! {
    #[test]
    fn scores_equal_plain(at in ragged(), width in 1u32..=64, seed: u8) {
        let Ragged { dim, heads, lengths, .. } = &at;
        let (k, q) = (random(seed, at.jobs() * dim, width), random(seed ^ 1, heads.len() * dim, width));
        let centers = random(seed ^ 2, heads.len(), width);
        let [wk, wq] = [Wire::new(seed ^ 3, &k, width), Wire::new(seed ^ 4, &q, width)];
        let (dealer, servers) = at.caches(&wk);
        let gamma = split(seed ^ 5, &dealer.scores(&wq.lambda, heads, lengths).unwrap(), width);
        let center = split(seed ^ 6, &centers, width);
        let shares = [0, 1].map(|p| {
            servers[p].scores(&wq.m, &wq.halves[p], heads, lengths, &gamma[p], &center[p]).unwrap()
        });
        let expected = plain::scores(&q, &|head, j| at.vector(&k, head, j), &centers, heads, lengths);
        prop_assert_eq!(join(&shares, width), mask_words(&expected, width).unwrap());
    }

    #[test]
    fn weighted_equals_plain(at in ragged(), width in 1u32..=64, seed: u8) {
        let Ragged { dim, heads, lengths, .. } = &at;
        let (v, p) = (random(seed, at.jobs() * dim, width), random(seed ^ 1, at.scores(), width));
        let [wv, wp] = [Wire::new(seed ^ 3, &v, width), Wire::new(seed ^ 4, &p, width)];
        let (dealer, servers) = at.caches(&wv);
        let gamma = split(seed ^ 5, &dealer.weighted(&wp.lambda, heads, lengths).unwrap(), width);
        let shares = [0, 1].map(|i| {
            servers[i].weighted(&wp.m, &wp.halves[i], heads, lengths, &gamma[i]).unwrap()
        });
        let expected = plain::weighted(&p, &|head, j| at.vector(&v, head, j), *dim, heads, lengths);
        prop_assert_eq!(join(&shares, width), mask_words(&expected, width).unwrap());
    }

    #[test]
    fn sums_and_broadcasts(lengths in vec(1u32..9, 0..7), seed: u8) {
        let count = lengths.iter().sum::<u32>() as usize;
        let (s, log) = (random(seed, count, 21), random(seed ^ 1, lengths.len(), 24));
        let wire = Wire::new(seed ^ 3, &s, 21);
        let logs = split(seed ^ 4, &log, 24);
        let shares = [0, 1].map(|p| {
            shift_scores(PARTIES[p], &wire.m, &wire.halves[p], &logs[p], &lengths, 3).unwrap()
        });
        let (mut expected, mut sums) = (Vec::new(), Vec::new());
        for (length, log) in lengths.iter().zip(&log) {
            let group = &s[expected.len()..][..*length as usize];
            expected.extend(group.iter().map(|s| (s << 3).wrapping_sub(*log)));
            sums.push(group.iter().sum::<u64>());
        }
        prop_assert_eq!(join(&shares, 24), mask_words(&expected, 24).unwrap());
        prop_assert_eq!(sum_scores(&s, &lengths).unwrap(), sums);
    }

    #[test]
    fn holes_are_listed_and_not_read(at in ragged(), seed: u8) {
        let (dealer, [server, _]) = at.caches(&Wire::new(seed, &random(seed, at.jobs() * at.dim, 64), 64));
        for head in 0..at.count as u32 {
            let jobs = at.cached.0.iter().zip(&at.cached.1);
            let filled: Vec<u32> = jobs.filter(|(h, _)| **h == head).map(|(_, position)| *position).collect();
            let holes: Vec<u32> = (0..CAPACITY as u32).filter(|position| !filled.contains(position)).collect();
            prop_assert_eq!(&dealer.missing(head, CAPACITY as u32).unwrap(), &holes);
            prop_assert_eq!(&server.missing(head, CAPACITY as u32).unwrap(), &holes);
            prop_assert_eq!(server.missing(head, holes[0]).unwrap(), vec![0; 0]);
            let (q, length) = (vec![0; at.dim], holes[0] + 1);
            let error = dealer.scores(&q, &[head], &[length]).unwrap_err().to_string();
            prop_assert_eq!(error, format!("E_ARGUMENT: position {} of head {head} is a hole: put it first", holes[0]));
            let p = vec![0; length as usize];
            prop_assert!(dealer.weighted(&p, &[head], &[length]).is_err());
            prop_assert!(server.scores(&q, &q, &[head], &[length], &p, &[0]).is_err());
            prop_assert!(server.weighted(&p, &p, &[head], &[length], &q).is_err());
        }
    }
}

/// Rows of two heads of three words at all positions.
fn rows(positions: core::ops::Range<u32>) -> Ragged {
    let heads: Vec<u32> = positions.clone().flat_map(|_| [0, 1]).collect();
    let cached = (heads.clone(), positions.clone().flat_map(|position| [position; 2]).collect());
    let lengths = positions.flat_map(|position| [position + 1; 2]).collect();
    Ragged { dim: 3, count: 2, cached, chunk: CAPACITY, heads, lengths }
}

#[test]
fn truncated_positions_are_put_again() {
    let at = rows(0..5);
    let old = Wire::new(1, &random(2, 5 * 6, 64), 64);
    let new = Wire::new(3, &random(4, 5 * 6, 64), 64);
    let (mut dealer, mut servers) = at.caches(&old);
    let (heads, positions) = (&at.cached.0, &at.cached.1);
    dealer.truncate(0);
    dealer.put(heads, positions, &new.lambda).unwrap();
    for (server, half) in servers.iter_mut().zip(&new.halves) {
        let bytes = server.bytes();
        server.truncate(7);
        assert_eq!(server.missing(0, 7).unwrap(), [5, 6]);
        server.truncate(2);
        assert_eq!(server.missing(1, 5).unwrap(), [2, 3, 4]);
        server.truncate(0);
        server.put(heads, positions, &new.m, half).unwrap();
        assert_eq!(server.bytes(), bytes);
    }
    let (fresh, [fresh0, fresh1]) = Ragged { chunk: 1, ..at.clone() }.caches(&new);
    let Ragged { heads, lengths, .. } = rows(3..5);
    let (q, gamma) = (random(5, 12, 64), random(6, 18, 64));
    assert_eq!(dealer.scores(&q, &heads, &lengths).unwrap(), fresh.scores(&q, &heads, &lengths).unwrap());
    for (server, fresh) in servers.iter().zip([fresh0, fresh1]) {
        let run = |cache: &MaskedCache| cache.scores(&q, &q, &heads, &lengths, &gamma, &[7, 8, 9, 6]).unwrap();
        assert_eq!(run(server), run(&fresh));
    }
}

#[test]
fn truncation_keeps_holes_and_puts_fill_them() {
    let mut cache = MaskCache::new(2, 1, CAPACITY).unwrap();
    cache.put(&[0, 1, 0, 0], &[4, 3, 0, 2], &[40, 130, 0, 20]).unwrap();
    cache.truncate(3);
    assert_eq!(cache.missing(0, 5).unwrap(), [1, 3, 4]);
    assert_eq!(cache.missing(1, 4).unwrap(), [0, 1, 2, 3]);
    cache.put(&[0, 0], &[3, 1], &[31, 11]).unwrap();
    assert_eq!(cache.scores(&[1], &[0], &[4]).unwrap(), [0, 11, 20, 31]);
}

#[test]
fn memory_is_bounded_by_the_capacity() {
    let mut cache = MaskCache::new(1, 1, 5).unwrap();
    for position in 0..5 {
        cache.put(&[0], &[position], &[0]).unwrap();
        assert!(cache.bytes() <= 5 * 8);
    }
}

#[test]
fn memory_is_taken_and_given_back_by_the_page() {
    let mut cache = MaskCache::new(2, 3, 10).unwrap();
    assert_eq!(cache.bytes(), 0);
    for (head, position, words) in [(0, 1, 12), (0, 3, 12), (1, 9, 12 + 6), (0, 4, 24 + 6), (1, 0, 36 + 6)] {
        cache.put(&[head], &[position], &[7; 3]).unwrap();
        assert_eq!(cache.bytes(), 8 * words, "head {head}, position {position}");
    }
    for (length, words) in [(9, 42), (8, 36), (4, 24), (1, 24), (0, 0)] {
        cache.truncate(length);
        assert_eq!(cache.bytes(), 8 * words, "after {length}");
    }
}

#[test]
fn refuses_bad_jobs_and_keeps_nothing_of_them() {
    let x = Wire::new(1, &random(2, 3 * 6, 64), 64);
    let (mut dealer, [mut server, _]) = rows(0..3).caches(&x);
    let bad: [(&str, &[u32], &[u32], usize); 6] = [
        ("filled", &[0, 1], &[3, 2], 6),
        ("put twice", &[0, 1, 0], &[3, 3, 3], 9),
        ("beyond the capacity", &[0, 0], &[3, CAPACITY as u32], 6),
        ("no such head", &[0, 2], &[3, 3], 6),
        ("positions has", &[0, 1], &[3], 6),
        ("elements", &[0], &[3], 2),
    ];
    for (message, heads, positions, words) in bad {
        let words = vec![0; words];
        let errors = [dealer.put(heads, positions, &words), server.put(heads, positions, &words, &words)];
        for error in errors {
            assert!(error.unwrap_err().to_string().contains(message), "{message}");
        }
    }
    assert!(server.put(&[0], &[3], &[0; 3], &[0; 2]).is_err(), "halves");
    for head in [0, 1] {
        assert_eq!(dealer.missing(head, 5).unwrap(), [3, 4]);
        assert_eq!(server.missing(head, 5).unwrap(), [3, 4]);
    }
}

#[test]
fn refuses_bad_arguments() {
    let x = Wire::new(1, &random(2, 4 * 6, 64), 64);
    let (dealer, [server, _]) = rows(0..4).caches(&x);
    let (heads, lengths) = (&[0, 1], &[4, 2]);
    assert!(dealer.scores(&[0; 5], heads, lengths).is_err() && dealer.weighted(&[0; 5], heads, lengths).is_err());
    assert!(dealer.scores(&[0; 6], &[0], lengths).is_err() && dealer.weighted(&[0; 6], &[0, 2], lengths).is_err());
    assert!(dealer.scores(&[0; 6], heads, &[4, 0]).is_err(), "a group without positions");
    assert!(dealer.scores(&[0; 6], heads, &[u32::MAX; 2]).is_err());
    assert!(server.scores(&[0; 6], &[0; 6], heads, lengths, &[0; 6], &[0; 3]).is_err(), "centres");
    assert!(server.scores(&[0; 6], &[0; 6], heads, lengths, &[0; 5], &[0; 2]).is_err());
    assert!(server.scores(&[0; 6], &[0; 5], heads, lengths, &[0; 6], &[0; 2]).is_err());
    assert!(server.scores(&[0; 6], &[0; 6], &[0, 2], lengths, &[0; 6], &[0; 2]).is_err(), "no such head");
    assert!(server.weighted(&[0; 6], &[0; 6], heads, lengths, &[0; 5]).is_err());
    assert!(dealer.missing(2, 1).is_err() && server.missing(0, CAPACITY as u32 + 1).is_err());
    assert!(
        MaskCache::new(0, 3, 4).is_err()
            && MaskCache::new(2, 0, 4).is_err()
            && MaskCache::new(2, 3, usize::MAX).is_err()
    );
    assert!(sum_scores(&[0; 3], &[2]).is_err());
    assert!(sum_scores(&[], &[0]).is_err());
    assert!(sum_scores(&[], &[u32::MAX; 9]).is_err());
    assert!(shift_scores(PARTIES[0], &[0; 2], &[0; 2], &[0; 2], &[2], 3).is_err());
}
