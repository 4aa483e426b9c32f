//! A matrix whose output vectors each lie in one piece, so that a product can read those that it needs and skip the others.

use prg::Stream;

/// `n` vectors of `dim` words, one for each neuron, for products with some of them only: [`Rows::dots`], [`Rows::combine`].
///
/// ```
/// let up = ring::Rows::from_words(2, 3, vec![1, 2, 3, 4, 5, 6]);
/// assert_eq!(up.select(&[1]).words(), [4, 5, 6]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    n: usize,
    dim: usize,
    words: Vec<u64>,
}

impl Rows {
    /// Zero vectors.
    #[must_use]
    pub fn zeros(n: usize, dim: usize) -> Self {
        Self { n, dim, words: vec![0; n * dim] }
    }

    /// The vectors with these `n * dim` words, one after the other.
    ///
    /// # Panics
    /// When the number of words is another.
    #[must_use]
    pub fn from_words(n: usize, dim: usize, words: Vec<u64>) -> Self {
        assert_eq!(words.len(), n * dim, "ring: words of vectors");
        Self { n, dim, words }
    }

    /// How many vectors.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// Words of a vector.
    #[must_use]
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// All words, vector after vector.
    #[must_use]
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The vector of one neuron.
    pub(crate) fn vector(&self, neuron: u32) -> &[u64] {
        &self.words[neuron as usize * self.dim..][..self.dim]
    }

    /// Adds a stream (subtracts it when `negate`): word `i` of the stream to word `i`.
    pub fn add_stream(&mut self, stream: &Stream, negate: bool) {
        if negate { stream.sub(0, &mut self.words) } else { stream.add(0, &mut self.words) }
    }

    /// Adds as many vectors of the same size (subtracts them when `negate`).
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn add(&mut self, other: &Self, negate: bool) {
        assert_eq!((self.n, self.dim), (other.n, other.dim), "ring: shapes of a sum");
        let pairs = self.words.iter_mut().zip(&other.words);
        if negate {
            pairs.for_each(|(a, b)| *a = a.wrapping_sub(*b));
        } else {
            pairs.for_each(|(a, b)| *a = a.wrapping_add(*b));
        }
    }

    /// The vectors of these neurons in this order: a permutation shuffles, a range slices.
    ///
    /// # Panics
    /// When a neuron does not exist.
    #[must_use]
    pub fn select(&self, order: &[u32]) -> Self {
        assert!(order.iter().all(|neuron| (*neuron as usize) < self.n), "ring: a neuron that does not exist");
        let mut words = Vec::with_capacity(order.len() * self.dim);
        for neuron in order {
            words.extend_from_slice(self.vector(*neuron));
        }
        Self { n: order.len(), dim: self.dim, words }
    }
}
