/**
 * Learns the predictor of one layer. For an output that would be worth `m` and the price `c` of computing it, the loss of a score `s` is
 * `w·softplus(-s) + softplus(s)` with `w = m / c`: logistic regression whose positive class has the weight of what is lost by missing it.
 * It is least at `s = ln E[w | x]`, so a score says how much more an output is worth than it costs, and all outputs can be compared with
 * one threshold. Minibatches run on the f32 kernels.
 */
import type { Kernels } from '../kernels/load.js';
import type { Examples } from './examples.js';
import { ln, logistic } from './functions.js';
import { Parameter } from './parameter.js';
import type { ByKind, LayerPredictor, PredictorShape } from './predictor.js';
import { nearestProduct, transposed } from './subspace.js';

/** Loss of a head relative to that of a neuron: there are far fewer heads, and each is a bigger decision. */
const HEAD_WEIGHT = 16;
/** Worth beyond so many prices counts no more: single examples must not rule. */
const CEILING = 64;
/** Prices as parts of the mean worth: where the loss looks closest is then near the thresholds that are used. */
const NEURON_PRICE = 1;
const HEAD_PRICE = 0.2;
/** Rows that the start is computed from, and the spread of its scores. */
const START_ROWS = 4096;
const START_SPREAD = 2;

const NAMES = ['down', 'up', 'bias'] as const;
type Values = Readonly<Record<(typeof NAMES)[number], Float32Array>>;

/** Everything a trainer knows, as numbers and arrays: `down`, `down.first`, `down.second`, `down.best`, the same of `up` and `bias`. */
export interface TrainerState {
  readonly rank: number;
  readonly steps: number;
  readonly prices: ByKind;
  /** What the best parameters cost on the validation examples; absent before the first. */
  readonly cost?: number;
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

export class LayerTrainer {
  readonly rank: number;
  #steps: number;
  #cost: number;
  #best: Values;
  readonly prices: ByKind;
  readonly #parameters: Readonly<Record<keyof Values, Parameter>>;
  readonly #logistic: (x: number) => number;

  /** Goes on from a state, whose arrays it takes over; `shape.heads` are those that the predictor has outputs for. */
  constructor(
    private readonly kernels: Kernels,
    private readonly shape: PredictorShape,
    { rank, steps, prices, cost = Infinity, arrays }: TrainerState,
  ) {
    this.rank = rank;
    this.#steps = steps;
    this.#cost = cost;
    this.prices = prices;
    const each = <T>(make: (name: keyof Values) => T) => ({ down: make('down'), up: make('up'), bias: make('bias') });
    this.#best = each((name) => arrays[`${name}.best`] ?? arrays[name]);
    this.#parameters = each((name) => new Parameter(arrays[name], arrays[`${name}.first`], arrays[`${name}.second`]));
    this.#logistic = logistic(kernels);
  }

  /** Begins at the layer's own `up` projection (`width x ffn`), as if attention added nothing to its input. */
  static start(
    kernels: Kernels,
    shape: PredictorShape,
    rank: number,
    matrix: Float32Array,
    examples: Examples,
  ): LayerTrainer {
    const { width, ffn, heads } = shape;
    const outputs = ffn + heads;
    const inputs = examples.inputs.subarray(0, START_ROWS * width);
    const { down, up: near } = nearestProduct(kernels, inputs, matrix, width, rank);
    const scale = START_SPREAD / Math.sqrt(near.reduce((sum, value) => sum + value * value, 0) / ffn);
    const up = new Float32Array(rank * outputs);
    for (let k = 0; k < rank; k++) for (let j = 0; j < ffn; j++) up[k * outputs + j] = scale * near[k * ffn + j];
    const mean = meanWorth(examples, outputs);
    const prices = {
      neurons: NEURON_PRICE * average(mean.subarray(0, ffn)),
      heads: HEAD_PRICE * average(mean.subarray(ffn)),
    };
    const bias = Float32Array.from(mean, (worth, j) =>
      ln(kernels, Math.max(1e-3, worth / (j < ffn ? prices.neurons : prices.heads))),
    );
    return new LayerTrainer(kernels, shape, { rank, steps: 0, prices, arrays: { down, up, bias } });
  }

  /** Updates so far. */
  get steps(): number {
    return this.#steps;
  }

  /** One update by the `rows` of the examples. */
  step(examples: Examples, rows: readonly number[], rate: number): void {
    const { kernels, rank } = this;
    const { width } = this.shape;
    const { down, up, bias } = this.#parameters;
    const x = new Float32Array(rows.length * width);
    rows.forEach((row, i) => x.set(examples.inputs.subarray(row * width, (row + 1) * width), i * width));
    const hidden = this.#product(x, down.values, width);
    const gradient = this.#product(hidden, up.values, rank);
    const ofBias = this.#toGradient(gradient, examples, rows);
    const back = new kernels.FloatMatrix(rank, bias.values.length, up.values);
    const ofHidden = back.mul(gradient, rows.length);
    back.free();
    const ofUp = this.#product(transposed(hidden, rank), gradient, rows.length);
    const ofDown = this.#product(transposed(x, width), ofHidden, rows.length);
    const step = ++this.#steps;
    up.update(ofUp, rate, step);
    down.update(ofDown, rate, step);
    bias.update(ofBias, rate, step);
  }

  /** Keeps the parameters if they decide better than those kept: at less cost of outputs computed and worth missed. */
  keepIfBest(validation: Examples): void {
    const { down, up, bias } = this.#parameters;
    const scores = this.#product(this.#product(validation.inputs, down.values, this.shape.width), up.values, this.rank);
    const outputs = bias.values.length;
    let cost = 0;
    for (let row = 0; row < validation.rows; row++) {
      const isComputed = (j: number): boolean => scores[row * outputs + j] + bias.values[j] > 0;
      for (let j = 0; j < outputs; j++) if (isComputed(j)) cost += this.#weight(j);
      for (let k = validation.starts[row]; k < validation.starts[row + 1]; k++) {
        const j = validation.outputs[k];
        if (!isComputed(j)) cost += this.#weight(j) * Math.min(CEILING, validation.worth[k] / this.#price(j));
      }
    }
    if (cost >= this.#cost) return;
    this.#cost = cost;
    this.#best = { down: down.values.slice(), up: up.values.slice(), bias: bias.values.slice() };
  }

  /** The predictor of the parameters kept, which reads the input of layer `from`; its thresholds are those above which an output is worth its price. */
  best(from: number): LayerPredictor {
    const { down, up, bias } = this.#best;
    const peaks = { hidden: 0, margin: 0 };
    return { from, rank: this.rank, down, up, thresholds: bias.map((b) => -b), prices: this.prices, peaks };
  }

  /** What another trainer goes on from; the arrays are this trainer's own. */
  state(): TrainerState {
    const arrays = NAMES.map((name) => {
      const { values, first, second } = this.#parameters[name];
      return {
        [name]: values,
        [`${name}.first`]: first,
        [`${name}.second`]: second,
        [`${name}.best`]: this.#best[name],
      };
    });
    return {
      rank: this.rank,
      steps: this.#steps,
      prices: this.prices,
      cost: this.#cost,
      arrays: Object.assign({}, ...arrays) as Record<string, Float32Array>,
    };
  }

  /** Turns scores into the loss's gradient by them, in place. @returns the gradient by the biases */
  #toGradient(scores: Float32Array, examples: Examples, rows: readonly number[]): Float32Array {
    const bias = this.#parameters.bias.values;
    const outputs = bias.length;
    const sums = new Float32Array(outputs);
    const units = Float64Array.from(bias, (_, j) => this.#weight(j) / rows.length);
    rows.forEach((row, i) => {
      const own = scores.subarray(i * outputs, (i + 1) * outputs);
      for (let j = 0; j < outputs; j++) own[j] = units[j] * this.#logistic(own[j] + bias[j]);
      for (let k = examples.starts[row]; k < examples.starts[row + 1]; k++) {
        const j = examples.outputs[k];
        const weight = Math.min(CEILING, examples.worth[k] / this.#price(j));
        own[j] = own[j] * (1 + weight) - units[j] * weight;
      }
      for (let j = 0; j < outputs; j++) sums[j] += own[j];
    });
    return sums;
  }

  #price(output: number): number {
    return output < this.shape.ffn ? this.prices.neurons : this.prices.heads;
  }

  #weight(output: number): number {
    return output < this.shape.ffn ? 1 : HEAD_WEIGHT;
  }

  #product(a: Float32Array, b: Float32Array, inner: number): Float32Array {
    const right = this.kernels.FloatMatrix.fromRows(inner, b.length / inner, b);
    const out = right.mul(a, a.length / inner);
    right.free();
    return out;
  }
}

/** Mean worth of every output; never zero. */
function meanWorth({ rows, outputs, worth }: Examples, count: number): Float64Array {
  const mean = new Float64Array(count).fill(1e-12);
  worth.forEach((value, k) => (mean[outputs[k]] += value / rows));
  return mean;
}

const average = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / Math.max(1, values.length);
