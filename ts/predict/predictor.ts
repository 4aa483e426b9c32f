/**
 * Predictors of activation sparsity (Comet, arXiv 2505.07239): which feed-forward neurons and which attention heads are worth computing
 * for a token. The predictor of a layer tells the layer's neurons and the heads of the *next* layer, from the normalised input of the
 * layer's attention: a protocol scores beside the rounds of the attention, so neurons are known in time for the same layer, heads are
 * not. The heads of the first layer are therefore all computed, and the last layer's predictor has none to tell.
 *
 * `scores = (x down) up`, one for every output; an output is computed where its score exceeds its threshold. Nothing is added before the
 * threshold, so scores are homogeneous in `x`: a protocol that has `x` before the norm multiplies by the norm's `r` whenever it is there.
 * Unlike the paper's predictors, these estimate what leaving an output out would cost, not only whether it is zero (trainer.ts).
 */

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

/** Largest magnitudes on the text of the thresholds; zero before thresholds are chosen. */
export interface Peaks {
  /** Of a coordinate between the two products. */
  readonly hidden: number;
  /** Of a score less its threshold. */
  readonly margin: number;
}

/** The predictor of one layer. Its outputs are the layer's `ffn` neurons, then the `heads` of the next layer if there is one. */
export interface LayerPredictor {
  /** The layer whose attention's input it reads: its own or an earlier one. */
  readonly from: number;
  readonly rank: number;
  /** `width x rank`, row-major. */
  readonly down: Float32Array;
  /** `rank x outputs`, row-major. */
  readonly up: Float32Array;
  /** An output is computed where its score is above this. */
  readonly thresholds: Float32Array;
  /** The estimated worth of an output whose score is at its threshold; that of heads is 0 where there are none. */
  readonly prices: ByKind;
  readonly peaks: Peaks;
  /** Most outputs of each kind that a token of that text had computed; absent before thresholds are chosen. */
  readonly most?: ByKind;
}

/** The predictors of a model, one a layer. */
export interface Predictors {
  readonly shape: PredictorShape;
  readonly layers: readonly LayerPredictor[];
}

/** Outputs of the predictor of one of so many layers. */
export const outputsOf = ({ ffn, heads }: PredictorShape, layer: number, layers: number): number =>
  layer + 1 < layers ? ffn + heads : ffn;
