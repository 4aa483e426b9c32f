/** Formats of a layer's attention: queries, keys, values, scores, softmax and output. */
import { bitsFor, HEADROOM, LIFTED, productScales } from './bits.js';
import { CELL_BITS, FIXED, type LayerPlan, PRODUCT_SCALE } from './formats.js';
import type { LayerBuilder } from './layer-builder.js';
import type { BareNorm } from './norm-formats.js';

/**
 * ln Z of a head's scores, less its centre, may lie in [ln 2^-19, ln 2^21] (docs/protocol.md section 2, LN): half of its
 * calibrated range, leaving 1.8 nats on either side, and where its middle goes.
 */
const LARGEST_SPREAD = 12;
const CENTER_SHIFT = -0.7;
/** With large cells of exp that is [ln 2^-15.1, ln 2^19.2], so heads whose spread is larger keep the small ones. */
const LARGE_CELLS = { bits: 17, largestSpread: 10, centerShift: -1.4 } as const;
/** Bits of `p v` below the point: no more, and what remains of a word at least. */
const PRODUCT_BITS = { most: 32, least: 28 };

/** The attention's fields of a layer's plan. */
export type AttentionPlan = Pick<
  LayerPlan,
  'kRaw' | 'fLift' | 'sLift' | 'fQk' | 'kV' | 'fV' | 'sV' | 'fS' | 'exp2' | 'kO' | 'fO' | 'expCells'
>;

/** How softmax is computed: exp by the size of its cells, and where each head's scores are centred, in nats. */
interface SoftmaxPlan {
  readonly expCells?: NonNullable<LayerPlan['expCells']>;
  readonly pCells: NonNullable<LayerPlan['expCells']>['p'];
  readonly centers: number[];
}

function softmaxPlan({ name, range: { logZ }, variant: { largeCells }, budget }: LayerBuilder): SoftmaxPlan {
  const spread = Math.max(...logZ.max.map((max, head) => (max - logZ.min[head]) / 2));
  budget.require(
    spread <= LARGEST_SPREAD,
    `${name}: the log-sum-exp of one head's scores varies by ${(2 * spread).toFixed(1)} nats, more than ${2 * LARGEST_SPREAD}`,
  );
  const large = largeCells && spread <= LARGE_CELLS.largestSpread;
  const pCells = largeCells ? LARGE_CELLS.bits : CELL_BITS;
  const shift = large ? LARGE_CELLS.centerShift : CENTER_SHIFT;
  return {
    ...(largeCells && { expCells: { z: large ? LARGE_CELLS.bits : CELL_BITS, p: pCells } }),
    pCells,
    centers: logZ.min.map((min, head) => (min + logZ.max[head]) / 2 + shift),
  };
}

/** The formats of a layer's attention, and the centres of its heads' scores. */
export function attentionPlan(b: LayerBuilder, norm: BareNorm): { plan: AttentionPlan; centers: number[] } {
  const { range, scales, stream, scoreShift } = b;
  const softmax = softmaxPlan(b);
  const sLift = PRODUCT_SCALE - norm.sr;
  const oBits = Math.min(PRODUCT_BITS.most, 64 - (stream.wx - stream.sx + scales.o));
  const { exp2, sV } = productScales(oBits, softmax.pCells);
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
    ...(softmax.expCells && { expCells: softmax.expCells }),
  };
  checkAttention(b, norm, plan, softmax.centers);
  return { plan, centers: softmax.centers };
}

function checkAttention(b: LayerBuilder, norm: BareNorm, plan: AttentionPlan, centers: readonly number[]): void {
  const { name, range, scales, stream, shape, budget } = b;
  const oBits = plan.exp2.p + plan.exp2.q + plan.sV;
  const score = range.scoreMax + Math.max(...centers.map(Math.abs));
  budget.add(`${name}.raw`, norm.sxs + scales.qkv, plan.kRaw, range.rawQkvMax, HEADROOM + LIFTED - 1);
  budget.add(`${name}.qk`, FIXED.qk.scale, FIXED.qk.width, range.qkMax, HEADROOM);
  budget.add(`${name}.v`, PRODUCT_SCALE, plan.kV, range.vMax, HEADROOM + LIFTED - 1);
  budget.add(`${name}.score`, FIXED.score.scale, FIXED.score.width, score, 0);
  budget.add(`${name}.p`, plan.exp2.p + plan.exp2.q, plan.kO, 1, HEADROOM);
  budget.add(`${name}.vLift`, plan.sV, plan.kO, range.vMax, HEADROOM);
  budget.add(`${name}.o`, oBits, plan.kO, range.oMax, HEADROOM);
  budget.require(plan.kRaw <= stream.wx - norm.fx, `${name}: pre-activations need ${plan.kRaw} bits`);
  budget.require(FIXED.score.width + plan.fS <= FIXED.qk.width, `${name}: heads of ${shape.headDim} are too wide`);
  budget.require(
    Math.min(plan.fLift, plan.fQk, plan.fV, plan.fO, stream.sx - scales.o) >= 0,
    `${name}: a scale of attention would grow`,
  );
  budget.require(oBits >= PRODUCT_BITS.least, `${name}: attention's output needs more than 64 bits`);
}
