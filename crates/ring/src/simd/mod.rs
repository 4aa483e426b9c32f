//! The inner loops of [`crate::Panels`] and [`crate::Rows`] for `simd128`. All take several panels or vectors at once: memory is read
//! at its full speed only in several streams.

pub(crate) mod words32;
pub(crate) mod words48;
pub(crate) mod words64;
