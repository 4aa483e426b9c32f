/** Formats of a layer's attention: queries, keys, values, scores, softmax and output. */
import { bitsFor, HEADROOM, LIFTED, productScales } from './bits.js';
import { expCells, FIXED, type LayerPlan, PRODUCT_SCALE, qkWidth, softmaxWidth } from './formats.js';
import type { LayerBuilder } from './layer-builder.js';
import type { BareNorm } from './norm-formats.js';
import { softmaxPlan } from './softmax-formats.js';

/** Bits of `p v` below the point: no more, and what remains of a word at least. */
const PRODUCT_BITS = { most: 32, least: 28 };

/** The attention's fields of a layer's plan. */
export type AttentionPlan = Pick<
  LayerPlan,
  'kRaw' | 'fLift' | 'sLift' | 'fQk' | 'kV' | 'fV' | 'sV' | 'fS' | 'exp2' | 'kO' | 'fO' | 'expCells' | 'softmax'
>;

/** The formats of a layer's attention, and the centres of its heads' scores. */
export function attentionPlan(b: LayerBuilder, norm: BareNorm): { plan: AttentionPlan; centers: number[] } {
  const { range, scales, stream, scoreShift } = b;
  const softmax = softmaxPlan(b);
  const sLift = PRODUCT_SCALE - norm.sr;
  const oBits = Math.min(PRODUCT_BITS.most, 64 - (stream.wx - stream.sx + scales.o));
  const { exp2, sV } = productScales(oBits, expCells(softmax.plan).p);
  const fO = oBits - (stream.sx - scales.o);
  const plan: AttentionPlan = {
    kRaw: norm.sxs + scales.qkv + bitsFor(range.rawQkvMax) + LIFTED,
    fLift: norm.sxs + scales.qkv - sLift,
    sLift,
    fQk: PRODUCT_SCALE - FIXED.qk.scale,
    kV: PRODUCT_SCALE + bitsFor(range.vMax) + LIFTED,
    fV: PRODUCT_SCALE - sV,
    sV,
    fS: 6 + scoreShift,
    exp2,
    kO: stream.wx + fO,
    fO,
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
  budget.add(`${name}.v`, PRODUCT_SCALE, plan.kV, range.vMax, HEADROOM + LIFTED - 1);
  budget.add(`${name}.score`, FIXED.score.scale, softmaxWidth(plan), score, 0);
  budget.add(`${name}.p`, plan.exp2.p + plan.exp2.q, plan.kO, 1, HEADROOM);
  budget.add(`${name}.vLift`, plan.sV, plan.kO, range.vMax, HEADROOM);
  budget.add(`${name}.o`, oBits, plan.kO, range.oMax, HEADROOM);
  budget.require(plan.kRaw <= stream.wx - norm.fx, `${name}: pre-activations need ${plan.kRaw} bits`);
  budget.require(
    Math.min(plan.fLift, plan.fQk, plan.fV, plan.fO, stream.sx - scales.o) >= 0,
    `${name}: a scale of attention would grow`,
  );
  budget.require(oBits >= PRODUCT_BITS.least, `${name}: attention's output needs more than 64 bits`);
}
