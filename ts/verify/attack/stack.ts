/**
 * Chances from several scores of every class, which are not independent: each group of scores gets a weight, fitted on text kept apart
 * from what the scores were trained on.
 */
const STEPS = 50;
const RATE = 0.15;

export class Stack {
  private constructor(
    private readonly prior: Float64Array,
    private readonly weights: Float64Array,
  ) {}

  /** @param samples scores of tokens, `groups x classes` each */
  static fit(prior: Float64Array, samples: readonly Float32Array[], labels: ArrayLike<number>): Stack {
    const groups = samples.length === 0 ? 1 : samples[0].length / prior.length;
    // In logarithms, where no weight can become negative. Adam: the problem is convex in the weights and small.
    const logs = new Float64Array(groups).fill(-Math.log(groups));
    const [first, second] = [new Float64Array(groups), new Float64Array(groups)];
    for (let step = 1; step <= STEPS; step++) {
      const stack = new Stack(prior, logs.map(Math.exp));
      const gradient = stack.#gradient(samples, labels);
      for (let g = 0; g < groups; g++) {
        const slope = gradient[g] * Math.exp(logs[g]);
        first[g] = 0.9 * first[g] + 0.1 * slope;
        second[g] = 0.99 * second[g] + 0.01 * slope * slope;
        const size = Math.sqrt(second[g] / (1 - 0.99 ** step)) + 1e-9;
        logs[g] += ((RATE * first[g]) / (1 - 0.9 ** step) / size) * (1 - step / (STEPS + 1));
      }
    }
    return new Stack(prior, logs.map(Math.exp));
  }

  /** Logarithms of the classes' chances. */
  logChances(scores: Float32Array): Float64Array {
    const logits = this.prior.slice();
    const classes = logits.length;
    for (const [g, weight] of this.weights.entries())
      for (let c = 0; c < classes; c++) logits[c] += weight * scores[g * classes + c];
    let most = -Infinity;
    for (let c = 0; c < classes; c++) most = Math.max(most, logits[c]);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits[c] - most);
    const total = most + Math.log(sum);
    for (let c = 0; c < classes; c++) logits[c] -= total;
    return logits;
  }

  /** How the mean log-chance of the labels changes with each weight. */
  #gradient(samples: readonly Float32Array[], labels: ArrayLike<number>): Float64Array {
    const classes = this.prior.length;
    const gradient = new Float64Array(this.weights.length);
    for (const [t, scores] of samples.entries()) {
      const chances = this.logChances(scores);
      for (let c = 0; c < classes; c++) chances[c] = Math.exp(chances[c]);
      for (let g = 0; g < gradient.length; g++) {
        let mean = 0;
        for (let c = 0; c < classes; c++) mean += chances[c] * scores[g * classes + c];
        gradient[g] += (scores[g * classes + labels[t]] - mean) / samples.length;
      }
    }
    return gradient;
  }
}
