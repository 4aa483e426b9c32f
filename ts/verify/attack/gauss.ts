/** Linear discriminants: classes as normal distributions with means of their own and one covariance. */

/** Counts that the mean over all tokens lends to the mean of every class. */
const LENT = 2;
/** Added to the covariance of features of variance 1. */
const RIDGE = 1e-3;

/** Features that are absent are NaN; they count as average. */
export class Gauss {
  private constructor(
    private readonly means: Float64Array,
    private readonly scales: Float64Array,
    /** `classes x features`, and a constant for each class. */
    private readonly weights: Float64Array,
    private readonly constants: Float64Array,
  ) {}

  static train(samples: readonly Float64Array[], labels: Uint16Array, classes: number): Gauss {
    const size = samples[0].length;
    const means = new Float64Array(size);
    const scales = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const values = samples.map((sample) => sample[i]).filter((value) => !Number.isNaN(value));
      means[i] = values.reduce((sum, v) => sum + v, 0) / Math.max(values.length, 1);
      const variance = values.reduce((sum, v) => sum + (v - means[i]) ** 2, 0) / Math.max(values.length, 1);
      scales[i] = variance > 1e-9 ? 1 / Math.sqrt(variance) : 0;
    }
    const standard = samples.map((sample) => standardised(sample, means, scales));
    const centres = new Float64Array(classes * size);
    const sizes = new Float64Array(classes);
    for (const [t, sample] of standard.entries()) {
      sizes[labels[t]]++;
      for (let i = 0; i < size; i++) centres[labels[t] * size + i] += sample[i];
    }
    for (let k = 0; k < centres.length; k++) centres[k] /= sizes[Math.floor(k / size)] + LENT;
    const covariance = new Float64Array(size * size);
    for (const [t, sample] of standard.entries()) {
      const rest = sample.map((value, i) => value - centres[labels[t] * size + i]);
      for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) covariance[i * size + j] += rest[i] * rest[j];
    }
    for (let k = 0; k < covariance.length; k++) covariance[k] /= samples.length;
    for (let i = 0; i < size; i++) covariance[i * size + i] += RIDGE;
    const factor = cholesky(covariance, size);
    const weights = new Float64Array(classes * size);
    const constants = Float64Array.from({ length: classes }, (_, c) => {
      const centre = centres.subarray(c * size, (c + 1) * size);
      const solved = solve(factor, centre, size);
      weights.set(solved, c * size);
      return -solved.reduce((sum, value, i) => sum + value * centre[i], 0) / 2;
    });
    return new Gauss(means, scales, weights, constants);
  }

  /** Logarithms of the likelihood of each class, but for what is the same in all. */
  scores(sample: Float64Array): Float32Array {
    const x = standardised(sample, this.means, this.scales);
    return Float32Array.from(this.constants, (constant, c) => {
      let sum = constant;
      for (let i = 0; i < x.length; i++) sum += this.weights[c * x.length + i] * x[i];
      return sum;
    });
  }
}

const standardised = (sample: Float64Array, means: Float64Array, scales: Float64Array): Float64Array =>
  sample.map((value, i) => (Number.isNaN(value) ? 0 : (value - means[i]) * scales[i]));

/** The lower factor of a symmetric matrix of which the lower triangle is given. */
function cholesky(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * size + j];
      for (let k = 0; k < j; k++) sum -= factor[i * size + k] * factor[j * size + k];
      factor[i * size + j] = i === j ? Math.sqrt(sum) : sum / factor[j * size + j];
    }
  }
  return factor;
}

function solve(factor: Float64Array, right: Float64Array, size: number): Float64Array {
  const x = right.slice();
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i] -= factor[i * size + k] * x[k];
    x[i] /= factor[i * size + i];
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) x[i] -= factor[k * size + i] * x[k];
    x[i] /= factor[i * size + i];
  }
  return x;
}
