/**
 * Chooses the formats of a model from what calibration saw: scales follow the magnitudes, widths follow from what consumes
 * a wire (docs/protocol.md sections 2 and 3; docs/errors.md bounds the error of each choice).
 */
import { bitsFor, LIFTED, weightScales, type WeightScales } from './bits.js';
import type { Plan } from './formats.js';
import { layerPlan } from './layer-formats.js';
import { checkNorm, normBits, normPlan, type Stream } from './norm-formats.js';
import { hiddenBits } from './predictor-formats.js';
import { RangeBudget } from './range-budget.js';
import type { Ranges } from './ranges.js';
import type { Shape } from './shape.js';
import { type Variant, VARIANTS } from './variants.js';

/** Bits below the point that activations have when a matrix multiplies them into the stream. */
const ACTIVATION_SCALE = 11;

/** A plan, what it leaves of every wire's range, and what is secret: where each head's scores are centred, in nats, by layer. */
export interface MadePlan {
  readonly plan: Plan;
  readonly budget: RangeBudget;
  readonly centers: readonly (readonly number[])[];
}

/**
 * Makes the plan of a model, for a variant of the program ({@link VARIANTS}; `digits` unless given).
 * @throws CometError E_RANGE when calibrated values fit no plan; the message names the wire.
 */
export function makePlan(
  shape: Shape,
  scoreShift: number,
  ranges: Ranges,
  variant: Variant = VARIANTS.digits,
): MadePlan {
  const budget = new RangeBudget();
  const scales = ranges.weights.map((weights, layer) => weightScales(weights, layer === 0));
  const outScale = Math.max(...scales.flatMap((s) => [s.o, s.down, s.skip?.a ?? 0, s.skip?.b ?? 0]));
  const sx = ACTIVATION_SCALE + outScale;
  const stream: Stream = { width: shape.width, sx, wx: sx + streamBits(ranges, scales, shape.width) };
  budget.require(stream.wx <= 36 + sx - outScale, `the residual stream would need ${stream.wx} bits`);
  const layers = ranges.layers.map((range, layer) =>
    layerPlan({
      ...{ layer, name: `layer ${layer}`, shape, stream, scoreShift, range, variant, budget },
      scales: scales[layer],
      predicts: ranges.predictors?.[layer],
      biased: ranges.biased ?? false,
    }),
  );
  const final = finalNorm(ranges, stream, budget);
  const { prefix } = ranges;
  const plan: Plan = {
    ...{ shape, scoreShift, sx, wx: stream.wx },
    ...(prefix && prefix.length > 0 && { prefix }),
    ...{ layers: layers.map((made) => made.plan), final },
  };
  return { plan, budget, centers: layers.map(({ centers }) => centers) };
}

function finalNorm({ finalNorm: range }: Ranges, stream: Stream, budget: RangeBudget): Plan['final'] {
  const { width, sx, wx } = stream;
  const norm = normPlan(range, stream, (exponent) => Math.min(17 + exponent, wx - sx - 7));
  checkNorm(budget, 'final norm', norm, range, stream);
  const kOut = wx - norm.fx;
  budget.add('hidden', norm.sxs + norm.sr, kOut, Math.sqrt(width), 0);
  return { ...norm, kR: kOut, kOut };
}

/** Bits above the stream's point: enough for its values, for raw products (scale + weight scale) and for sums of squares. */
function streamBits(ranges: Ranges, scales: readonly WeightScales[], width: number): number {
  const predictors = (ranges.predictors ?? []).map(
    (predictor, i) => predictor.scales.down + hiddenBits(predictor, ranges.layers[i].normA, width),
  );
  const layers = ranges.layers.map((range, i) =>
    Math.max(
      scales[i].qkv + bitsFor(range.rawQkvMax) + LIFTED,
      scales[i].up + bitsFor(range.rawUpMax) + LIFTED,
      bitsFor(range.streamMax) + 2,
    ),
  );
  const norms = [...ranges.layers.flatMap(({ normA, normB }) => [normA, normB]), ranges.finalNorm].map(normBits);
  return Math.max(...layers, ...predictors, ...norms, bitsFor(ranges.finalNorm.streamMax) + 2);
}
