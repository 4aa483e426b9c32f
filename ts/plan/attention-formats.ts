/** Formats of a layer's attention: queries, keys, values, scores, softmax and output. */
import { bitsFor, HEADROOM, LEAST_OUTPUT_BITS, LIFTED, productScales } from './bits.js';
import { type CellBits, expCells, FIXED, type LayerPlan, qkWidth, softmaxWidth } from './formats.js';
import type { LayerBuilder } from './layer-builder.js';
import { type BareNorm, productScale } from './norm-formats.js';
import { softmaxPlan } from './softmax-formats.js';

/** Bits of `p v` below the point: no more, and what remains of a word at least. */
const PRODUCT_BITS = { most: 32, least: LEAST_OUTPUT_BITS };

/** The attention's fields of a layer's plan. */
export type AttentionPlan = Pick<
  LayerPlan,
  | 'kRaw'
  | 'fLift'
  | 'sLift'
  | 'fQk'
  | 'rope'
  | 'kV'
  | 'fV'
  | 'sV'
  | 'fS'
  | 'exp2'
  | 'kO'
  | 'fO'
  | 'oLift'
  | 'expCells'
  | 'softmax'
>;

/**
 * Formats of p, of lifted v and of their product. Its wire is as wide as the stream after its reduction, where a word has room for that and
 * for enough bits below the point; elsewhere as its values are, and lifted.
 */
function outputPlan(
  { range, scales, stream }: LayerBuilder,
  pCells: CellBits,
): Pick<LayerPlan, 'exp2' | 'sV' | 'kO' | 'fO' | 'oLift'> {
  const room = 64 - (stream.wx - stream.sx + scales.o);
  const lifts = room < PRODUCT_BITS.least;
  const bits = lifts ? PRODUCT_BITS.most : Math.min(PRODUCT_BITS.most, room);
  const { exp2, sV } = productScales(bits, pCells);
  const fO = bits - (stream.sx - scales.o);
  if (!lifts) return { exp2, sV, kO: stream.wx + fO, fO };
  const ofP = exp2.p + exp2.q - FIXED.check.scale + FIXED.sign.width;
  const kO = Math.max(bits + bitsFor(range.oMax) + LIFTED, sV + bitsFor(range.vMax) + 1, ofP);
  return { exp2, sV, kO, fO, oLift: true };
}

/** Bits that cosines may have, so that `r`, which is shortened only afterwards, fits a word. */
const cosineRoom = (qk: number, norm: BareNorm): number => 64 - (qk + productScale(norm) - FIXED.qk.scale);

/** Bits of cosines, and by how many `r` is shortened. Errors are relative to scores, so wide ones have more bits where there is room. */
function rotation(norm: BareNorm, softmax: Pick<AttentionPlan, 'softmax'>, fS: number): LayerPlan['rope'] {
  const { bits, shift } = softmax.softmax ? FIXED.rope.wide : FIXED.rope;
  return { bits: Math.min(bits, cosineRoom(qkWidth({ ...softmax, fS }), norm)), fR: shift };
}

/** The largest scale of `r` that leaves rotated queries and keys room for cosines. */
export function rotatedRootScale(b: LayerBuilder, norm: BareNorm): number {
  const room = cosineRoom(qkWidth({ ...softmaxPlan(b).plan, fS: 6 + b.scoreShift }), norm);
  return norm.sr - Math.max(0, FIXED.rope.least - room);
}

/** The formats of a layer's attention, and the centres of its heads' scores. */
export function attentionPlan(b: LayerBuilder, norm: BareNorm): { plan: AttentionPlan; centers: number[] } {
  const { range, scales, scoreShift } = b;
  const softmax = softmaxPlan(b);
  const sLift = norm.sxs;
  const rope = b.rotated ? rotation(norm, softmax.plan, 6 + scoreShift) : undefined;
  const scale = productScale(norm) - (rope?.fR ?? 0);
  const output = outputPlan(b, expCells(softmax.plan).p);
  const plan: AttentionPlan = {
    kRaw: norm.sxs + scales.qkv + bitsFor(range.rawQkvMax) + LIFTED,
    fLift: norm.sxs + scales.qkv - sLift,
    sLift,
    fQk: scale + (rope?.bits ?? 0) - FIXED.qk.scale,
    ...(rope && { rope }),
    kV: scale + bitsFor(range.vMax) + LIFTED,
    fV: scale - output.sV,
    fS: 6 + scoreShift,
    ...output,
    ...softmax.plan,
  };
  checkAttention(b, norm, plan, softmax.centers);
  return { plan, centers: softmax.centers };
}

function checkAttention(b: LayerBuilder, norm: BareNorm, plan: AttentionPlan, centers: readonly number[]): void {
  const { name, range, scales, stream, budget } = b;
  const oBits = plan.exp2.p + plan.exp2.q + plan.sV;
  const score = range.scoreMax + Math.max(...centers.map(Math.abs));
  budget.add(`${name}.raw`, norm.sxs + scales.qkv, plan.kRaw, range.rawQkvMax, HEADROOM + LIFTED - 1);
  budget.add(`${name}.qk`, FIXED.qk.scale, qkWidth(plan), range.qkMax, HEADROOM);
  budget.add(`${name}.v`, productScale(norm) - (plan.rope?.fR ?? 0), plan.kV, range.vMax, HEADROOM + LIFTED - 1);
  budget.add(`${name}.score`, FIXED.score.scale, softmaxWidth(plan), score, 0);
  budget.add(`${name}.p`, plan.exp2.p + plan.exp2.q, plan.kO, 1, HEADROOM);
  budget.add(`${name}.vLift`, plan.sV, plan.kO, range.vMax, HEADROOM);
  budget.add(`${name}.o`, oBits, plan.kO, range.oMax, plan.oLift ? HEADROOM + LIFTED - 1 : HEADROOM);
  budget.require(plan.kRaw <= stream.wx - norm.fx, `${name}: pre-activations need ${plan.kRaw} bits`);
  budget.require(
    Math.min(plan.fLift, plan.fQk, plan.fV, plan.fO, stream.sx - scales.o) >= 0,
    `${name}: a scale of attention would grow`,
  );
}
