/**
 * Predictors of activation sparsity (Comet, arXiv 2505.07239): for each layer, which feed-forward neurons and which attention heads are
 * worth computing for a token, from the normalised input of the same layer's attention.
 *
 * `scores = (x down) up`, one for every neuron and then one for every head; an output is computed where its score exceeds its threshold.
 * Nothing is added before the threshold, so scores are homogeneous in `x`: a protocol that has `x` before the norm multiplies by the
 * norm's `r` whenever it is there. Unlike the paper's predictors, these estimate what leaving an output out would cost, not only whether
 * it is zero (trainer.ts).
 */
import type { FloatMatrix, Kernels } from '../kernels/load.js';

/** The kinds of outputs. */
export type Kind = 'neurons' | 'heads';
/** A number for each kind. */
export type ByKind = Readonly<Record<Kind, number>>;

/** Dimensions that predictors share with their model. */
export interface PredictorShape {
  readonly width: number;
  readonly ffn: number;
  readonly heads: number;
}

/** The predictor of one layer. Its outputs are the layer's `ffn` neurons, then its `heads`. */
export interface LayerPredictor {
  readonly rank: number;
  /** `width x rank`, row-major. */
  readonly down: Float32Array;
  /** `rank x (ffn + heads)`, row-major. */
  readonly up: Float32Array;
  /** An output is computed where its score is above this. */
  readonly thresholds: Float32Array;
  /** The estimated worth of an output whose score is at its threshold. */
  readonly prices: ByKind;
}

/** The predictors of a model. */
export interface Predictors {
  readonly shape: PredictorShape;
  readonly layers: readonly LayerPredictor[];
}

/** Numbers of so many bits, sign included, each array with a power of two as its unit: inputs, `down` and `up`. */
export interface Rounding {
  readonly bits: number;
}

/** Computes scores; holds memory of the kernels until {@link Scorer.free}. */
export class Scorer {
  readonly #layers: readonly { down: FloatMatrix; up: FloatMatrix }[];

  constructor(
    kernels: Kernels,
    { shape: { width, ffn, heads }, layers }: Predictors,
    private readonly rounding?: Rounding,
  ) {
    const stored = (values: Float32Array) => (rounding ? rounded(values, rounding.bits, peak(values)) : values);
    this.#layers = layers.map(({ rank, down, up }) => ({
      down: kernels.FloatMatrix.fromRows(width, rank, stored(down)),
      up: kernels.FloatMatrix.fromRows(rank, ffn + heads, stored(up)),
    }));
  }

  /** From normalised inputs, `rows x width`: `hidden`, `rows x rank`, and `scores`, `rows x (ffn + heads)`. */
  run(layer: number, x: Float32Array): { hidden: Float32Array; scores: Float32Array } {
    const { down, up } = this.#layers[layer];
    const rows = x.length / down.rows;
    // No coordinate of a normalised input is beyond the root of the width.
    const inputs = this.rounding ? rounded(x, this.rounding.bits, Math.sqrt(down.rows)) : x;
    const hidden = down.mul(inputs, rows);
    return { hidden, scores: up.mul(hidden, rows) };
  }

  /** Gives the kernels' memory back. */
  free(): void {
    for (const { down, up } of this.#layers) {
      down.free();
      up.free();
    }
  }
}

/** Values up to `most` as multiples of the power of two that lets them fit. */
function rounded(values: Float32Array, bits: number, most: number): Float32Array {
  const limit = 2 ** (bits - 1) - 1;
  let unit = 2 ** -40;
  while (unit * limit < most) unit *= 2;
  return values.map((value) => Math.round(value / unit) * unit);
}

function peak(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
