//! The sixteen-word state of RFC 8439, section 2.3, and the sizes that follow from it.

/// Bytes in a key.
pub const KEY_BYTES: usize = 32;
/// Bytes in a nonce.
pub const NONCE_BYTES: usize = 12;
/// `u64` words in a block of 64 bytes.
pub(crate) const BLOCK_WORDS: usize = 8;
/// Blocks that are computed together: one in each lane of a vector of four `u32`.
pub(crate) const GROUP_BLOCKS: usize = 4;
/// `u64` words in such a group.
pub(crate) const GROUP_WORDS: usize = GROUP_BLOCKS * BLOCK_WORDS;
/// Where the block counter stands in the state.
pub(crate) const COUNTER: usize = 12;

/// Constants, key, counter, nonce.
pub(crate) type State = [u32; 16];
/// The words of [`GROUP_BLOCKS`] consecutive blocks.
pub(crate) type Group = [u64; GROUP_WORDS];

/// The state with block counter 0.
pub(crate) fn initial(key: &[u8; KEY_BYTES], nonce: &[u8; NONCE_BYTES]) -> State {
    let mut state = [0; 16];
    let bytes = b"expand 32-byte k".iter().chain(key).chain(&[0; 4]).chain(nonce);
    for (i, byte) in bytes.enumerate() {
        state[i / 4] |= u32::from(*byte) << (8 * (i % 4));
    }
    state
}
