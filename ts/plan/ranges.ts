/** What calibration measured of a model: everything that its plan is made from. Real units, no headroom. */
import type { FeedForwardKind } from './activation.js';
import type { LayerPlan } from './formats.js';
import type { Rope } from './rope.js';

/** Range of `sum x^2` before a norm, real units; the first position that steps run apart, because the first token of a text is often an outlier. */
export interface NormRange {
  readonly sumSquares: { readonly min: number; readonly median: number; readonly max: number };
  readonly first: { readonly min: number; readonly max: number };
}

/** What the gate of a layer was seen to do. `raw` is before the norm: products with the stream, not divided by its rms. */
export interface GateRange {
  /** Pre-activations, biases included, and without both norm and bias. */
  readonly max: number;
  readonly rawMax: number;
  /** Pre-activation times what it gates, likewise. */
  readonly productMax: number;
  readonly rawProductMax: number;
  /** What the down-projection reads. */
  readonly activationMax: number;
}

/** What one layer was seen to do, real units, no headroom. */
export interface LayerRange {
  readonly normA: NormRange;
  readonly normB: NormRange;
  readonly qkMax: number;
  readonly vMax: number;
  readonly rawQkvMax: number;
  readonly rawUpMax: number;
  /** Log-sum-exp of the scores per head, nats. */
  readonly logZ: { readonly min: readonly number[]; readonly max: readonly number[] };
  readonly scoreMax: number;
  readonly streamMax: number;
  readonly oMax: number;
  readonly uhMax: number;
  /** Of gated layers, whose `uhMax` and `rawUpMax` are of what is gated. */
  readonly gate?: GateRange;
  /**
   * Of layers that have norms of queries and keys: sums of squares of each head's products with the stream, not divided by its rms. Such a
   * layer's `rawQkvMax` is of the same products.
   */
  readonly headNorms?: { readonly q: NormRange; readonly k: NormRange };
  /** Largest magnitudes of the prefix's keys and values, where there is a prefix. */
  readonly prefix?: { readonly keyMax: number; readonly valueMax: number };
}

/** Root mean square of the weights of one layer's matrices, which sets their scales. */
export interface WeightRms {
  readonly qkv: number;
  readonly o: number;
  readonly up: number;
  readonly down: number;
  /** Of a gated layer. */
  readonly gate?: number;
  /** Of a post-norm layer: of what makes the residual. */
  readonly skip?: { readonly a: number; readonly b: number };
}

/** What a plan needs to know of a layer's predictor. */
export interface PredictorRange {
  readonly rank: number;
  readonly outputs: number;
  /** Scales of its matrices and of what is between them; a score less its threshold is within `2^range`. */
  readonly scales: { readonly down: number; readonly hidden: number; readonly up: number; readonly range: number };
  /** Largest magnitudes seen between the products, and of a score less its threshold. */
  readonly peaks: { readonly hidden: number; readonly margin: number };
  /** Most outputs that one row was seen to compute, if known. */
  readonly most?: { readonly neurons: number; readonly heads: number };
}

/** Everything {@link makePlan} needs to know about a model. */
export interface Ranges {
  readonly layers: readonly LayerRange[];
  readonly finalNorm: NormRange & { readonly streamMax: number };
  readonly weights: readonly WeightRms[];
  /** One for each layer, or none at all. */
  readonly predictors?: readonly PredictorRange[];
  /** Tokens that every text begins with, where there are such: ranges are those of positions behind them. */
  readonly prefix?: readonly number[];
  /** Added to the mean square in every norm; 1e-5 unless given. */
  readonly eps?: number;
  /** How queries and keys are rotated, if they are. */
  readonly rope?: Rope;
  /** Whether the layers have biases. */
  readonly biased?: boolean;
  /** Which matrices of attention have biases, where the layers do not have all or none. */
  readonly attentionBias?: LayerPlan['attentionBias'];
  /** What their feed-forward halves are, and whether those have biases; that of OPT, unless given. */
  readonly feedForward?: FeedForwardKind & { readonly biased?: boolean };
}
