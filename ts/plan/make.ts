/**
 * Chooses the formats of a model from what calibration saw: scales follow the magnitudes, widths follow from what consumes
 * a wire (docs/protocol.md sections 2 and 3; docs/errors.md bounds the error of each choice).
 */
import { RELU } from './activation.js';
import { bitsFor, LEAST_OUTPUT_BITS, LIFTED, weightScales, type WeightScales } from './bits.js';
import type { Plan } from './formats.js';
import { layerPlan } from './layer-formats.js';
import { checkNorm, inputScale, normBits, normPlan, type Stream } from './norm-formats.js';
import { hiddenBits } from './predictor-formats.js';
import { RangeBudget } from './range-budget.js';
import type { NormRange, Ranges } from './ranges.js';
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
  const finest = ranges.weights.map((weights, layer) => weightScales(weights, layer === 0));
  const outScale = Math.max(...finest.flatMap((s) => [s.o, s.down, s.skip?.a ?? 0, s.skip?.b ?? 0]));
  const sx = Math.max(ACTIVATION_SCALE + outScale, ...normsOf(ranges).map((norm) => inputScale(norm, shape.width)));
  const scales = fittingScales(ranges, finest, sx, shape.width);
  const { eps = 1e-5 } = ranges;
  const stream: Stream = { width: shape.width, sx, wx: sx + streamBits(ranges, scales, shape.width), eps };
  budget.require(stream.wx <= 64, `the residual stream would need ${stream.wx} bits`);
  const layers = ranges.layers.map((range, layer) =>
    layerPlan({
      ...{ layer, name: `layer ${layer}`, shape, stream, scoreShift, range, variant, budget },
      weights: ranges.weights[layer],
      scales: scales[layer],
      predicts: ranges.predictors?.[layer],
      biased: ranges.biased ?? false,
      attentionBias: ranges.attentionBias,
      feedForward: ranges.feedForward ?? RELU,
      rotated: ranges.rope !== undefined,
    }),
  );
  const final = finalNorm(ranges, stream, budget);
  const { prefix, rope } = ranges;
  const plan: Plan = {
    ...{ shape, scoreShift, sx, wx: stream.wx },
    ...(rope && { rope }),
    ...(prefix && prefix.length > 0 && { prefix }),
    ...{ layers: layers.map((made) => made.plan), final },
  };
  return { plan, budget, centers: layers.map(({ centers }) => centers) };
}

function finalNorm({ finalNorm: range }: Ranges, stream: Stream, budget: RangeBudget): Plan['final'] {
  const { width, sx, wx } = stream;
  const norm = normPlan(range, stream, wx - sx - 7);
  checkNorm(budget, 'final norm', norm, range, stream);
  const kOut = wx - norm.fx;
  budget.add('hidden', norm.sxs + norm.sr, kOut, Math.sqrt(width), 0);
  return { ...norm, kR: kOut, kOut };
}

const normsOf = ({ layers, finalNorm }: Ranges): NormRange[] => [
  ...layers.flatMap(({ normA, normB }) => [normA, normB]),
  finalNorm,
];

/** Bits that weights may lose where that makes words of the stream, or a round, unnecessary. */
const COARSER = 2;

/**
 * Scales of weights. Raw products are made of the stream, so they widen it: where a bit or two fewer of the layers that bind bring it back
 * into words of 48 bits, or to where attention's output needs no lift, they have those fewer.
 */
function fittingScales(
  ranges: Ranges,
  finest: readonly WeightScales[],
  sx: number,
  width: number,
): readonly WeightScales[] {
  const reduced = 64 - LEAST_OUTPUT_BITS - Math.max(...finest.map(({ o }) => o));
  const limits = [48 - sx, reduced].sort((a, b) => a - b);
  for (const limit of limits) {
    const fitted = finest.map((scales, i) => {
      const fit = (scale: number, max: number): number =>
        Math.max(scale - COARSER, Math.min(scale, limit - bitsFor(max) - LIFTED));
      const { rawQkvMax, rawUpMax, gate } = ranges.layers[i];
      return {
        ...scales,
        ...{ qkv: fit(scales.qkv, rawQkvMax), up: fit(scales.up, rawUpMax) },
        ...(scales.gate !== undefined && gate && { gate: fit(scales.gate, gate.rawMax) }),
      };
    });
    if (streamBits(ranges, fitted, width) <= limit) return fitted;
  }
  return finest;
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
      range.gate ? scales[i].gate! + bitsFor(range.gate.rawMax) + LIFTED : 0,
      bitsFor(range.streamMax) + 2,
    ),
  );
  const norms = normsOf(ranges).map((norm) => normBits(norm, width));
  return Math.max(...layers, ...predictors, ...norms, bitsFor(ranges.finalNorm.streamMax) + 2);
}
