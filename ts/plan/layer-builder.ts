/** What the formats of a layer are made from. */
import type { FeedForwardKind } from './activation.js';
import type { LayerPlan } from './formats.js';
import type { WeightScales } from './bits.js';
import type { Stream } from './norm-formats.js';
import type { RangeBudget } from './range-budget.js';
import type { LayerRange, PredictorRange, WeightRms } from './ranges.js';
import type { Shape } from './shape.js';
import type { Variant } from './variants.js';

export interface LayerBuilder {
  readonly layer: number;
  /** The layer's name in messages. */
  readonly name: string;
  readonly shape: Shape;
  readonly stream: Stream;
  /** `1/sqrt(headDim) = 2^-scoreShift * rest`. */
  readonly scoreShift: number;
  readonly range: LayerRange;
  readonly weights: WeightRms;
  readonly scales: WeightScales;
  readonly predicts?: PredictorRange;
  readonly biased: boolean;
  readonly attentionBias?: LayerPlan['attentionBias'];
  readonly feedForward: FeedForwardKind & { readonly biased?: boolean };
  /** Queries and keys are rotated. */
  readonly rotated: boolean;
  readonly variant: Variant;
  readonly budget: RangeBudget;
}
