/// Value `i` of a row at a position, as a signed number with `bits` more bits below the point.
pub(crate) fn rotated(row: &[i128], i: usize, position: u32, frequencies: &[f32], bits: u32) -> i128 {
    let pairs = frequencies.len();
    if i >= 2 * pairs {
        return row[i] << bits;
    }
    let angle = f64::from(position as f32 * frequencies[i % pairs]);
    let fixed = |value: f64| libm::round(value * libm::exp2(f64::from(bits))) as i128;
    let (cos, sin) = (fixed(libm::cos(angle)), fixed(libm::sin(angle)));
    if i < pairs { row[i] * cos - row[i + pairs] * sin } else { row[i] * cos + row[i - pairs] * sin }
}
