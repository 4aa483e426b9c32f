//! Products that skip what is known not to matter: neurons ([`Rows`]) and heads of an attention (blocks of [`crate::Panels`]).

mod blocks;
mod pairs;
mod product;
mod rows;
#[cfg(test)]
mod tests;

pub use blocks::Jobs;
pub use pairs::Pairs;
pub use rows::Rows;
