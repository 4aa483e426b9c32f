/** The float forward pass with only the predicted neurons and heads, and what it leaves out. */
import type { Kernels } from '../kernels/load.js';
import type { FloatHooks, Neurons } from '../plain/float-hooks.js';
import type { FloatWeights } from '../plain/float.js';
import type { ByKind, LayerPredictor, Predictors } from './predictor.js';
import type { PredictorScales } from './scales.js';
import { peakOf, Scorer } from './scorer.js';
import { Worth } from './worth.js';

/** What was computed. Fractions are of 1. */
export interface Sparsity {
  /** Neurons computed. */
  readonly computedDensity: number;
  /** Neurons that are not zero, before any is left out. */
  readonly activeDensity: number;
  /** Heads left out; none of the first layer, of others what the predictor of the layer before says. */
  readonly headsSkipped: number;
  /** Of the active neurons, those computed. */
  readonly neuronRecall: number;
  /** The same, each neuron counted by the norm of what it adds to the stream. */
  readonly massRecall: number;
}

/** What one layer computed. */
export interface LayerSparsity extends Sparsity {
  readonly rank: number;
  /** Largest magnitude of a score, of a score less its threshold, and of a coordinate between the two products. */
  readonly peakScore: number;
  readonly peakMargin: number;
  /** Most outputs of its predictor, neurons and heads of the next layer, that one row had computed. */
  readonly mostNeurons: number;
  readonly mostHeads: number;
  readonly peakHidden: number;
}

/**
 * Hooks of forward passes that set everything to zero that is not predicted. A head that is left out for a token still has its key and
 * value for later tokens. Free it after use.
 */
export class PredictedOnly implements FloatHooks {
  readonly #scorer: Scorer;
  readonly #worth: readonly Worth[];
  readonly #seen: readonly Seen[];
  /** Of the pass that runs, by predictor. */
  readonly #margins: Float32Array[] = [];

  constructor(
    kernels: Kernels,
    private readonly weights: FloatWeights,
    private readonly predictors: Predictors,
    scalesOf?: (layer: LayerPredictor) => PredictorScales,
  ) {
    this.#scorer = new Scorer(kernels, predictors, scalesOf);
    this.#worth = weights.layers.map((layer) => new Worth(weights.shape, layer));
    this.#seen = weights.layers.map(() => new Seen());
  }

  readonly input = (layer: number, x: Float32Array): void => {
    for (const [of, { from }] of this.predictors.layers.entries()) {
      if (from !== layer) continue;
      const { hidden, margins, peak } = this.#scorer.run(of, x);
      const seen = this.#seen[of];
      seen.rows += x.length / this.weights.shape.width;
      seen.peakScore = Math.max(seen.peakScore, peak);
      seen.peakHidden = Math.max(seen.peakHidden, peakOf(hidden));
      seen.peakMargin = Math.max(seen.peakMargin, peakOf(margins));
      seen.count(margins, this.predictors.layers[of].thresholds.length, this.weights.shape.ffn);
      this.#margins[of] = margins;
    }
  };

  readonly heads = (layer: number, attention: Float32Array): void => {
    if (layer === 0) return;
    const { ffn, heads, headDim } = this.weights.shape;
    const width = heads * headDim;
    const margins = this.#margins[layer - 1];
    const worth = this.#worth[layer];
    const seen = this.#seen[layer];
    for (let row = 0; row * width < attention.length; row++) {
      for (let head = 0; head < heads; head++) {
        if (margins[row * (ffn + heads) + ffn + head] > 0) continue;
        const outputs = attention.subarray(row * width, (row + 1) * width);
        seen.missedHeads += worth.head(head, outputs);
        seen.headsSkipped++;
        outputs.fill(0, head * headDim, (head + 1) * headDim);
      }
    }
  };

  readonly neurons = (layer: number, { inner, active }: Neurons): void => {
    const { ffn } = this.weights.shape;
    const margins = this.#margins[layer];
    const outputs = this.predictors.layers[layer].thresholds.length;
    const worth = this.#worth[layer];
    const seen = this.#seen[layer];
    for (let row = 0; row * ffn < active.length; row++) {
      for (let neuron = 0; neuron < ffn; neuron++) {
        const at = row * ffn + neuron;
        const a = active[at];
        const computed = margins[row * outputs + neuron] > 0;
        if (computed) seen.computed++;
        else inner[at] = active[at] = 0;
        if (a !== 0) {
          const own = worth.neuron(neuron, a);
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
      const { peakScore, peakMargin, peakHidden, mostNeurons, mostHeads } = seen;
      return { rank, ...this.#sparsity([seen]), peakScore, peakMargin, peakHidden, mostNeurons, mostHeads };
    });
  }

  /** All layers together. */
  total(): Sparsity {
    return this.#sparsity(this.#seen);
  }

  /** Worth left out by each predictor, mean over rows. */
  missed(): ByKind[] {
    return this.#seen.map(({ rows, missedNeurons }, i) => ({
      neurons: missedNeurons / rows,
      heads: (this.#seen[i + 1]?.missedHeads ?? 0) / rows,
    }));
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
  peakMargin = 0;
  peakHidden = 0;
  mostNeurons = 0;
  mostHeads = 0;

  /** Counts what a predictor lets through, row by row. */
  count(margins: Float32Array, outputs: number, ffn: number): void {
    for (let at = 0; at < margins.length; at += outputs) {
      let [neurons, heads] = [0, 0];
      for (let j = 0; j < outputs; j++) {
        if (!(margins[at + j] > 0)) continue;
        if (j < ffn) neurons++;
        else heads++;
      }
      this.mostNeurons = Math.max(this.mostNeurons, neurons);
      this.mostHeads = Math.max(this.mostHeads, heads);
    }
  }
}
