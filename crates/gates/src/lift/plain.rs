use crate::suite::signed;

/// The lift of a value under a mask, as docs/protocol.md section 1 writes it: it depends on the mask in its last unit.
pub(crate) fn lift(v: u64, lambda: u64, k: u32, f: u32) -> u64 {
    let (v, lambda, two) = (i128::from(signed(v, k)), i128::from(lambda), 2i128);
    let c = (v + lambda + two.pow(k - 2)).rem_euclid(two.pow(k));
    let wrapped = c < two.pow(k - 1) && lambda >= two.pow(k - 1);
    let t = (c >> f) - (lambda >> f) + i128::from(wrapped) * two.pow(k - f) - two.pow(k - 2 - f);
    t as u64
}
