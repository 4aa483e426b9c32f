//! One block at a time, as RFC 8439 writes it. The reference for `simd`, and what runs natively.

use crate::state::{BLOCK_WORDS, COUNTER, GROUP_BLOCKS, GROUP_WORDS, Group, State};

/// The words of the blocks `counter ..`; counters beyond 2^32 wrap and are never used.
pub(crate) fn group(state: &State, counter: u32) -> Group {
    let mut words = [0; GROUP_WORDS];
    for (i, out) in words.chunks_exact_mut(BLOCK_WORDS).enumerate().take(GROUP_BLOCKS) {
        let mut start = *state;
        start[COUNTER] = counter.wrapping_add(i as u32);
        let block = block(&start);
        for (word, pair) in out.iter_mut().zip(block.chunks_exact(2)) {
            *word = u64::from(pair[0]) | u64::from(pair[1]) << 32;
        }
    }
    words
}

fn block(start: &State) -> State {
    let mut x = *start;
    for _ in 0..10 {
        quarter(&mut x, 0, 4, 8, 12);
        quarter(&mut x, 1, 5, 9, 13);
        quarter(&mut x, 2, 6, 10, 14);
        quarter(&mut x, 3, 7, 11, 15);
        quarter(&mut x, 0, 5, 10, 15);
        quarter(&mut x, 1, 6, 11, 12);
        quarter(&mut x, 2, 7, 8, 13);
        quarter(&mut x, 3, 4, 9, 14);
    }
    x.iter_mut().zip(start).for_each(|(x, s)| *x = x.wrapping_add(*s));
    x
}

#[inline]
fn quarter(x: &mut State, a: usize, b: usize, c: usize, d: usize) {
    x[a] = x[a].wrapping_add(x[b]);
    x[d] = (x[d] ^ x[a]).rotate_left(16);
    x[c] = x[c].wrapping_add(x[d]);
    x[b] = (x[b] ^ x[c]).rotate_left(12);
    x[a] = x[a].wrapping_add(x[b]);
    x[d] = (x[d] ^ x[a]).rotate_left(8);
    x[c] = x[c].wrapping_add(x[d]);
    x[b] = (x[b] ^ x[c]).rotate_left(7);
}
