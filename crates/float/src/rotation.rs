//! Rotary position embeddings.

/// How heads are rotated: value `i` of a head and value `i + frequencies.len()` are a pair, which a position turns by its frequency,
/// in radians, and multiplies by `factor`.
#[derive(Clone, Copy, Debug)]
pub struct Rotation<'a> {
    /// Of each pair.
    pub frequencies: &'a [f32],
    /// Of all pairs.
    pub factor: f32,
}

/// Rotates the first `heads` heads of `dim` values of each row, in place; each row stands at its position.
///
/// # Panics
/// When `x` is not a row for each position, has fewer heads, or a head has fewer pairs.
pub fn rotate(x: &mut [f32], positions: &[u32], heads: usize, dim: usize, rotation: Rotation) {
    let pairs = rotation.frequencies.len();
    assert!(2 * pairs <= dim, "float: pairs of a head");
    assert_eq!(x.len() % positions.len().max(1), 0, "float: whole rows");
    let cols = x.len() / positions.len().max(1);
    assert!(heads * dim <= cols, "float: heads of a row");
    let mut turns = vec![(0.0, 0.0); pairs];
    for (row, position) in x.chunks_exact_mut(cols.max(1)).zip(positions) {
        for (turn, frequency) in turns.iter_mut().zip(rotation.frequencies) {
            // The angle is an f32 as it is where models are trained.
            let angle = f64::from(*position as f32 * frequency);
            *turn = (libm::cos(angle) as f32 * rotation.factor, libm::sin(angle) as f32 * rotation.factor);
        }
        for head in row[..heads * dim].chunks_exact_mut(dim) {
            let (low, high) = head.split_at_mut(pairs);
            for ((a, b), (cos, sin)) in low.iter_mut().zip(high).zip(&turns) {
                (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
            }
        }
    }
}
