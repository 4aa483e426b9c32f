/** The float forward pass with only the predicted neurons and heads, and what it leaves out. */
import type { Kernels } from '../kernels/load.js';
import type { FloatHooks } from '../plain/float-hooks.js';
import type { FloatWeights } from '../plain/float.js';
import { type Predictors, type Rounding, Scorer } from './predictor.js';
import { Worth } from './worth.js';

/** What was computed. Fractions are of 1. */
export interface Sparsity {
  /** Neurons computed. */
  readonly computedDensity: number;
  /** Neurons above zero, before any is left out. */
  readonly activeDensity: number;
  /** Heads left out. */
  readonly headsSkipped: number;
  /** Of the active neurons, those computed. */
  readonly neuronRecall: number;
  /** The same, each neuron counted by the norm of what it adds to the stream. */
  readonly massRecall: number;
}

/** What one layer computed. */
export interface LayerSparsity extends Sparsity {
  readonly rank: number;
  /** Largest magnitude of a score, and of a coordinate between the two products. */
  readonly peakScore: number;
  readonly peakHidden: number;
}

/** Hooks of forward passes that set everything to zero that is not predicted. Free it after use. */
export class PredictedOnly implements FloatHooks {
  readonly #scorer: Scorer;
  readonly #worth: readonly Worth[];
  readonly #seen: readonly Seen[];
  #scores: Float32Array = new Float32Array(0);

  constructor(
    kernels: Kernels,
    private readonly weights: FloatWeights,
    private readonly predictors: Predictors,
    rounding?: Rounding,
  ) {
    this.#scorer = new Scorer(kernels, predictors, rounding);
    this.#worth = weights.layers.map((layer) => new Worth(weights.shape, layer));
    this.#seen = weights.layers.map(() => new Seen());
  }

  readonly input = (layer: number, x: Float32Array): void => {
    const { hidden, scores } = this.#scorer.run(layer, x);
    const seen = this.#seen[layer];
    seen.rows += x.length / this.weights.shape.width;
    for (const value of hidden) seen.peakHidden = Math.max(seen.peakHidden, Math.abs(value));
    for (const value of scores) seen.peakScore = Math.max(seen.peakScore, Math.abs(value));
    this.#scores = scores;
  };

  readonly heads = (layer: number, attention: Float32Array): void => {
    const { ffn, heads, headDim, width } = this.weights.shape;
    const { thresholds } = this.predictors.layers[layer];
    const worth = this.#worth[layer];
    const seen = this.#seen[layer];
    for (let row = 0; row * width < attention.length; row++) {
      for (let head = 0; head < heads; head++) {
        if (this.#scores[row * (ffn + heads) + ffn + head] > thresholds[ffn + head]) continue;
        const outputs = attention.subarray(row * width, (row + 1) * width);
        seen.missedHeads += worth.head(head, outputs);
        seen.headsSkipped++;
        outputs.fill(0, head * headDim, (head + 1) * headDim);
      }
    }
  };

  readonly neurons = (layer: number, up: Float32Array): void => {
    const { ffn, heads } = this.weights.shape;
    const { thresholds } = this.predictors.layers[layer];
    const worth = this.#worth[layer];
    const seen = this.#seen[layer];
    for (let row = 0; row * ffn < up.length; row++) {
      const at = row * (ffn + heads);
      for (let neuron = 0; neuron < ffn; neuron++) {
        const u = up[row * ffn + neuron];
        const computed = this.#scores[at + neuron] > thresholds[neuron];
        if (computed) seen.computed++;
        else up[row * ffn + neuron] = 0;
        if (u > 0) {
          const own = worth.neuron(neuron, u);
          const mass = Math.sqrt(own);
          seen.active++;
          seen.mass += mass;
          if (computed) {
            seen.hits++;
            seen.hitMass += mass;
          } else seen.missedNeurons += own;
        }
      }
    }
  };

  /** What was computed so far, layer by layer. */
  perLayer(): LayerSparsity[] {
    return this.#seen.map((seen, i) => {
      const { rank } = this.predictors.layers[i];
      return { rank, ...this.#sparsity([seen]), peakScore: seen.peakScore, peakHidden: seen.peakHidden };
    });
  }

  /** All layers together. */
  total(): Sparsity {
    return this.#sparsity(this.#seen);
  }

  /** Worth left out, mean over rows, layer by layer. */
  missed(): { neurons: number; heads: number }[] {
    return this.#seen.map((s) => ({ neurons: s.missedNeurons / s.rows, heads: s.missedHeads / s.rows }));
  }

  /** Gives the kernels' memory back. */
  free(): void {
    this.#scorer.free();
  }

  #sparsity(layers: readonly Seen[]): Sparsity {
    const { ffn, heads } = this.weights.shape;
    const sum = (of: (seen: Seen) => number): number => layers.reduce((total, seen) => total + of(seen), 0);
    const ratio = (a: number, b: number): number => (b === 0 ? 1 : a / b);
    const rows = sum((s) => s.rows);
    const active = sum((s) => s.active);
    return {
      computedDensity: sum((s) => s.computed) / (rows * ffn),
      activeDensity: active / (rows * ffn),
      headsSkipped: sum((s) => s.headsSkipped) / (rows * heads),
      neuronRecall: ratio(
        sum((s) => s.hits),
        active,
      ),
      massRecall: ratio(
        sum((s) => s.hitMass),
        sum((s) => s.mass),
      ),
    };
  }
}

/** Sums over the rows of one layer. */
class Seen {
  rows = 0;
  computed = 0;
  active = 0;
  hits = 0;
  mass = 0;
  hitMass = 0;
  headsSkipped = 0;
  missedNeurons = 0;
  missedHeads = 0;
  peakScore = 0;
  peakHidden = 0;
}
