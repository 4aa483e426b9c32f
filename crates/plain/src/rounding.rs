//! Section 1: TR, lift; section 2: GE.

use crate::{reduce, signed, word};

/// `TR(wire, f)`: the floor of `v / 2^f`, or one more, mod `2^(k-f)`.
#[must_use]
pub fn truncate(v: u64, l: u64, k: u32, f: u32) -> u64 {
    let m = (u128::from(v) + u128::from(l)) % (1 << k);
    let difference = (m >> f) as i128 - i128::from(l >> f);
    reduce(word(difference), k - f)
}

/// `lift(wire, f)` in the 64-bit ring.
#[must_use]
pub fn lift(v: u64, l: u64, k: u32, f: u32) -> u64 {
    let m = (u128::from(v) + u128::from(l)) % (1 << k);
    let c = (m + (1 << (k - 2))) % (1 << k);
    let msb = |x: u128| x >> (k - 1) & 1;
    let wrapped = msb(c) == 0 && msb(u128::from(l)) == 1;
    let carry = if wrapped { 1i128 << (k - f) } else { 0 };
    word((c >> f) as i128 - i128::from(l >> f) + carry - (1 << (k - 2 - f)))
}

/// `GE(wire, tau)`: one unless `v - tau` is negative as an element of `Z_2^k`.
#[must_use]
pub fn at_least(v: u64, tau: u64, k: u32) -> u64 {
    u64::from(signed(v.wrapping_sub(tau), k) >= 0)
}
