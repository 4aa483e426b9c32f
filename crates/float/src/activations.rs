//! Activations of feed-forward layers, element by element, in place. Transcendentals run in double precision.

/// `max(x, 0)`; zero for NaN.
pub fn relu(x: &mut [f32]) {
    fat_relu(x, 0.0);
}

/// `x` where it is more than the threshold, else zero.
pub fn fat_relu(x: &mut [f32], threshold: f32) {
    for v in x {
        // Not f32::max: it may return either zero.
        *v = if *v > threshold { *v } else { 0.0 };
    }
}

/// `max(x, 0)^2`.
pub fn relu_squared(x: &mut [f32]) {
    relu(x);
    for v in x {
        *v *= *v;
    }
}

/// `x / (1 + e^-x)`.
pub fn silu(x: &mut [f32]) {
    gate(x, |v| 1.0 / (1.0 + libm::exp(-v)));
}

/// `x` times the probability that a normal variable is less.
pub fn gelu(x: &mut [f32]) {
    gate(x, |v| 0.5 * libm::erfc(-v * core::f64::consts::FRAC_1_SQRT_2));
}

/// The same by a hyperbolic tangent, which is near it.
pub fn gelu_tanh(x: &mut [f32]) {
    let scale = libm::sqrt(2.0 / core::f64::consts::PI);
    gate(x, |v| 0.5 * (1.0 + libm::tanh(scale * (v + 0.044_715 * v * v * v))));
}

/// Each value times a function of it.
fn gate(x: &mut [f32], of: impl Fn(f64) -> f64) {
    for v in x {
        *v = (f64::from(*v) * of(f64::from(*v))) as f32;
    }
}
