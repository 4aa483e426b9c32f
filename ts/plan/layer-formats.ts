/** Formats of one decoder layer, put together from its norms, attention, feed-forward half and predictor. */
import { attentionPlan, rotatedRootScale } from './attention-formats.js';
import { bitsFor, HEADROOM, LIFTED } from './bits.js';
import { type FeedForwardPlan, feedForwardPlan } from './feed-forward-formats.js';
import { gateNorm, gatePlan, gateWay } from './gate-formats.js';
import { type LayerPlan, type PostNormPlan, prefixFormat, qkWidth } from './formats.js';
import type { LayerBuilder } from './layer-builder.js';
import { type BareNorm, checkNorm, normPlan, productScale } from './norm-formats.js';
import { predictorPlan } from './predictor-formats.js';

/** A layer's plan, and what is secret of it: where each head's scores are centred, in nats. */
export function layerPlan(b: LayerBuilder): { plan: LayerPlan; centers: number[] } {
  const { layer, name, range, stream, scales, predicts, budget } = b;
  const fine = normPlan(range.normA, stream);
  const normA = b.rotated ? { ...fine, sr: rotatedRootScale(b, fine) } : fine;
  const normB = gateNorm(b, normPlan(range.normB, stream));
  // A post-norm model's first layer has no norm before its attention.
  if (!(scales.skip && layer === 0)) checkNorm(budget, `${name}.normA`, normA, range.normA, stream);
  checkNorm(budget, `${name}.normB`, normB, range.normB, stream);
  const predictor = predicts && predictorPlan(b, predicts, normA);
  const attention = attentionPlan(b, normA);
  const postNorm = postNormPlan(b, normA, normB);
  const feedForward = gateWay(b.feedForward)
    ? gatePlan(b, normB)
    : feedForwardPlan(b, normB, postNorm?.kB !== undefined);
  budget.add(`${name}.x`, stream.sx, stream.wx, range.streamMax, HEADROOM);
  checkPostNorm(b, postNorm, attention.plan.sLift, feedForward.sLiftU);
  const [wideA, wideB] = residualWidths(b, postNorm);
  const scaledHidden = predictor ? predictor.kScore + predictor.fHidden : 0;
  const ofHeads = Math.max(qkWidth(attention.plan) + attention.plan.fQk, attention.plan.kV);
  const kRA = Math.max(ofHeads + (attention.plan.rope?.fR ?? 0), scaledHidden, wideA);
  const plan: LayerPlan = {
    normA: { ...normA, kR: kRA },
    normB: { ...normB, kR: Math.max(rootWidth(stream.wx, feedForward), wideB) },
    swQkv: scales.qkv,
    swO: scales.o,
    swUp: scales.up,
    swDown: scales.down,
    ...attention.plan,
    ...feedForward,
    ...(b.attentionBias && { attentionBias: b.attentionBias }),
    ...(predictor && { predictor }),
    ...(postNorm && { postNorm }),
  };
  checkPrefix(b, plan);
  return { plan, centers: attention.centers };
}

/** Bits of the norm's root before the feed-forward half: those of the widest product with it. */
const rootWidth = (wx: number, { fused, fUh, kUh, gate }: FeedForwardPlan): number =>
  Math.max(fused ? wx + fUh : kUh, gate?.scaled?.k ?? 0);

/** The prefix's keys and values are constants, so they need no headroom. */
function checkPrefix({ name, range: { prefix }, budget }: LayerBuilder, plan: LayerPlan): void {
  if (!prefix) return;
  const [keys, values] = [prefixFormat(plan, 'prefixKeys'), prefixFormat(plan, 'prefixValues')];
  budget.add(`${name}.prefixKeys`, keys.scale, keys.width, prefix.keyMax, 0);
  budget.add(`${name}.prefixValues`, values.scale, values.width, prefix.valueMax, 0);
}

function postNormPlan(
  { layer, shape, stream, scales: { skip } }: LayerBuilder,
  normA: BareNorm,
  normB: BareNorm,
): PostNormPlan | undefined {
  if (!skip) return undefined;
  const fA = layer === 0 ? skip.a : productScale(normA) - (stream.sx - skip.a);
  const fB = productScale(normB) - (stream.sx - skip.b);
  // A row of rms one has no element above the root of its length.
  const narrow = (norm: BareNorm): number => productScale(norm) + bitsFor(Math.sqrt(shape.width)) + LIFTED;
  return {
    ...{ swA: skip.a, swB: skip.b, fA, fB },
    ...(layer > 0 && stream.wx + fA > 64 && { kA: narrow(normA) }),
    ...(stream.wx + fB > 64 && { kB: narrow(normB) }),
  };
}

/** Widths of `r` times the stream, where that is opened: the first layer has no such product before its attention. */
const residualWidths = ({ layer, stream }: LayerBuilder, postNorm?: PostNormPlan): [number, number] =>
  postNorm
    ? [layer === 0 ? 0 : (postNorm.kA ?? stream.wx + postNorm.fA), postNorm.kB ?? stream.wx + postNorm.fB]
    : [0, 0];

function checkPostNorm(b: LayerBuilder, postNorm: PostNormPlan | undefined, sLift: number, sLiftU: number): void {
  if (!postNorm) return;
  const { layer, name, shape, range, budget } = b;
  const { sx, wx } = b.stream;
  const most = Math.sqrt(shape.width);
  budget.add(`${name}.nA`, sx - postNorm.swA, wx, layer === 0 ? range.streamMax : most, HEADROOM);
  budget.add(`${name}.nB`, sx - postNorm.swB, wx, most, HEADROOM);
  budget.require(
    Math.max(...residualWidths(b, postNorm)) <= 64 && Math.min(postNorm.fA, postNorm.fB, sx - sLift, sx - sLiftU) >= 0,
    `${name}: the residual needs more than 64 bits`,
  );
}
