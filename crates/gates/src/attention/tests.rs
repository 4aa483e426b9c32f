use super::{MaskCache, MaskedCache, plain, shift_scores, sum_scores};
use crate::mask_words;
use crate::suite::{PARTIES, Wire, join, random, split};
use proptest::prelude::*;

/// Caches of the dealer and both servers, filled with `chunks` rows at a time.
fn caches(x: &Wire, heads: usize, dim: usize, chunk: usize) -> (MaskCache, [MaskedCache; 2]) {
    let (d, capacity) = (heads * dim, x.m.len() / (heads * dim));
    let mut dealer = MaskCache::new(heads, dim, capacity).unwrap();
    let mut servers = PARTIES.map(|party| MaskedCache::new(party, heads, dim, capacity).unwrap());
    for from in (0..x.m.len()).step_by(chunk * d) {
        let to = x.m.len().min(from + chunk * d);
        dealer.append(&x.lambda[from..to]).unwrap();
        for (server, half) in servers.iter_mut().zip(&x.halves) {
            server.append(&x.m[from..to], &half[from..to]).unwrap();
        }
    }
    (dealer, servers)
}

fn count(rows: usize, heads: usize, length: usize) -> usize {
    (length - rows + 1..=length).sum::<usize>() * heads
}

prop_compose! {
    /// `rows <= length`, heads, dim, chunk.
    fn shapes()(length in 1usize..12, heads in 1usize..4, dim in 1usize..9, chunk in 1usize..5, part in 0usize..12)
        -> (usize, usize, usize, usize, usize) {
        (length, heads, dim, chunk, part % (length + 1))
    }
}

proptest! {
    #[test]
    fn scores_equal_plain((length, heads, dim, chunk, rows) in shapes(), width in 1u32..=64, seed: u8) {
        let d = heads * dim;
        let (k, q) = (random(seed, length * d, width), random(seed ^ 1, rows * d, width));
        let centers = random(seed ^ 2, heads, width);
        let [wk, wq] = [Wire::new(seed ^ 3, &k, width), Wire::new(seed ^ 4, &q, width)];
        let (dealer, servers) = caches(&wk, heads, dim, chunk);
        let gamma = split(seed ^ 5, &dealer.scores(&wq.lambda, rows).unwrap(), width);
        let shares = [0, 1].map(|p| servers[p].scores(&wq.m, &wq.halves[p], rows, &gamma[p], &centers).unwrap());
        let expected = plain::scores(&q, &k, rows, &centers, (length, heads, dim));
        prop_assert_eq!(join(&shares, width), mask_words(&expected, width).unwrap());
    }

    #[test]
    fn weighted_equals_plain((length, heads, dim, chunk, rows) in shapes(), width in 1u32..=64, seed: u8) {
        let (v, p) = (random(seed, length * heads * dim, width), random(seed ^ 1, count(rows, heads, length), width));
        let [wv, wp] = [Wire::new(seed ^ 3, &v, width), Wire::new(seed ^ 4, &p, width)];
        let (dealer, servers) = caches(&wv, heads, dim, chunk);
        let gamma = split(seed ^ 5, &dealer.weighted(&wp.lambda, rows).unwrap(), width);
        let shares = [0, 1].map(|i| servers[i].weighted(&wp.m, &wp.halves[i], rows, &gamma[i]).unwrap());
        let expected = plain::weighted(&p, &v, rows, (length, heads, dim));
        prop_assert_eq!(join(&shares, width), mask_words(&expected, width).unwrap());
    }

    #[test]
    fn rows_of_different_lengths((length, heads, _, _, rows) in shapes(), seed: u8) {
        let n = count(rows, heads, length);
        let (s, log) = (random(seed, n, 21), random(seed ^ 1, rows * heads, 24));
        let wire = Wire::new(seed ^ 3, &s, 21);
        let logs = split(seed ^ 4, &log, 24);
        let pos = length - rows;
        let shares = [0, 1].map(|p| {
            shift_scores(PARTIES[p], &wire.m, &wire.halves[p], &logs[p], rows, heads, pos, 3).unwrap()
        });
        let mut expected = Vec::new();
        let mut sums = Vec::new();
        for group in 0..rows * heads {
            let from = expected.len();
            for s in &s[from..=from + pos + group / heads] {
                expected.push((s << 3).wrapping_sub(log[group]));
            }
            sums.push(s[from..expected.len()].iter().sum::<u64>());
        }
        prop_assert_eq!(join(&shares, 24), mask_words(&expected, 24).unwrap());
        prop_assert_eq!(sum_scores(&s, rows, heads, pos).unwrap(), sums);
    }
}

#[test]
fn truncated_rows_are_replaced() {
    let old = Wire::new(1, &random(2, 5 * 6, 64), 64);
    let new = Wire::new(3, &random(4, 5 * 6, 64), 64);
    let (mut dealer, mut servers) = caches(&old, 2, 3, 5);
    dealer.truncate(0).unwrap();
    dealer.append(&new.lambda).unwrap();
    for (server, half) in servers.iter_mut().zip(&new.halves) {
        let bytes = server.bytes();
        server.truncate(2).unwrap();
        assert_eq!(server.length(), 2);
        server.truncate(0).unwrap();
        server.append(&new.m, half).unwrap();
        assert_eq!(server.bytes(), bytes);
    }
    let (fresh, [fresh0, fresh1]) = caches(&new, 2, 3, 1);
    let (q, gamma) = (random(5, 12, 64), random(6, 18, 64));
    assert_eq!(dealer.scores(&q, 2).unwrap(), fresh.scores(&q, 2).unwrap());
    for (server, fresh) in servers.iter().zip([fresh0, fresh1]) {
        let run = |cache: &MaskedCache| cache.scores(&q, &q, 2, &gamma, &[7, 8]).unwrap();
        assert_eq!(run(server), run(&fresh));
    }
}

#[test]
fn refuses_bad_arguments() {
    let x = Wire::new(1, &random(2, 4 * 6, 64), 64);
    let (mut dealer, [mut server, _]) = caches(&x, 2, 3, 4);
    assert!(dealer.append(&[0; 6]).is_err() && server.append(&[0; 6], &[0; 6]).is_err(), "full");
    assert!(dealer.truncate(5).is_err() && server.truncate(5).is_err());
    dealer.truncate(3).unwrap();
    server.truncate(3).unwrap();
    assert!(dealer.append(&[0; 5]).is_err() && server.append(&[0; 5], &[0; 5]).is_err(), "parts of rows");
    assert!(server.append(&[0; 6], &[0; 5]).is_err());
    assert_eq!((dealer.length(), server.length()), (3, 3));
    assert!(dealer.scores(&[0; 24], 4).is_err() && dealer.weighted(&[0; 20], 4).is_err(), "more rows than cached");
    assert!(dealer.scores(&[0; 5], 1).is_err() && dealer.weighted(&[0; 5], 1).is_err());
    assert!(server.scores(&[0; 6], &[0; 6], 1, &[0; 6], &[0; 3]).is_err(), "centres");
    assert!(server.scores(&[0; 6], &[0; 6], 1, &[0; 5], &[0; 2]).is_err());
    assert!(server.weighted(&[0; 6], &[0; 6], 1, &[0; 5]).is_err());
    assert!(
        MaskCache::new(0, 3, 4).is_err()
            && MaskCache::new(2, 0, 4).is_err()
            && MaskCache::new(2, 3, usize::MAX).is_err()
    );
    assert!(sum_scores(&[0; 3], 1, 1, 1).is_err());
    assert!(sum_scores(&[], usize::MAX, 2, usize::MAX).is_err());
    assert!(sum_scores(&[], 0, 2, usize::MAX).is_err());
}
