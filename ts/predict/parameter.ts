/** Numbers that are learned, with Adam's moments (Kingma and Ba, arXiv 1412.6980, algorithm 1). */

const BETA1 = 0.9;
const BETA2 = 0.99;
const EPSILON = 1e-8;

/** One array of parameters. */
export class Parameter {
  constructor(
    readonly values: Float32Array,
    readonly first: Float32Array = new Float32Array(values.length),
    readonly second: Float32Array = new Float32Array(values.length),
  ) {}

  /** The update number `step` (from 1). */
  update(gradient: Float32Array, rate: number, step: number): void {
    const { values, first, second } = this;
    const size = (rate * Math.sqrt(1 - BETA2 ** step)) / (1 - BETA1 ** step);
    for (let i = 0; i < values.length; i++) {
      const g = gradient[i];
      const m = (first[i] += (1 - BETA1) * (g - first[i]));
      const v = (second[i] += (1 - BETA2) * (g * g - second[i]));
      values[i] -= (size * m) / (Math.sqrt(v) + EPSILON);
    }
  }
}
