/** Formats of a layer's predictor. */
import { bitsFor, HEADROOM, LIFTED } from './bits.js';
import { FIXED, type PredictorPlan } from './formats.js';
import type { LayerBuilder } from './layer-builder.js';
import { type BareNorm, largestRms, productScale } from './norm-formats.js';
import type { NormRange, PredictorRange } from './ranges.js';

/** Bits above the point of a predictor's first product, which is made of the stream before its norm. */
export const hiddenBits = ({ peaks }: PredictorRange, norm: NormRange, width: number): number =>
  bitsFor(peaks.hidden * largestRms(norm, width)) + LIFTED;

/** The formats of a predictor that reads the stream as attention's norm does. */
export function predictorPlan(
  { name, range, stream, budget }: LayerBuilder,
  predicts: PredictorRange,
  norm: BareNorm,
): PredictorPlan {
  const { rank, outputs, scales, peaks, most } = predicts;
  const sLift = norm.sxs;
  const kHidden = norm.sxs + scales.down + hiddenBits(predicts, range.normA, stream.width);
  const fLift = norm.sxs + scales.down - sLift;
  const fHidden = productScale(norm) - scales.hidden;
  const kScore = Math.max(FIXED.predicted.width, scales.hidden + scales.up + scales.range + 1);
  budget.add(`${name}.scaledHidden`, scales.hidden, kScore, peaks.hidden, HEADROOM);
  budget.add(`${name}.predScore`, scales.hidden + scales.up, kScore, peaks.margin, 0);
  budget.require(kHidden <= stream.wx - norm.fx, `${name}: the predictor's first product needs ${kHidden} bits`);
  budget.require(fLift >= 0 && fHidden >= 0, `${name}: a scale of the predictor would grow`);
  return {
    ...{ rank, outputs, swDown: scales.down, swUp: scales.up, kHidden, fLift, fHidden, kScore },
    ...(most && { budget: most.neurons }),
  };
}
