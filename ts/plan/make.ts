/**
 * Chooses the formats of a model from what calibration saw: scales follow the magnitudes, widths follow from what consumes a wire
 * (docs/protocol.md sections 2 and 3; docs/errors.md bounds the error of each choice).
 */
import {
  CELL_BITS,
  type CellBits,
  FIXED,
  type LayerPlan,
  type NormPlan,
  type Plan,
  type PredictorPlan,
} from './formats.js';
import { Ledger } from './range-budget.js';
import type { Shape } from './shape.js';
import { type Variant, VARIANTS } from './variants.js';

/** Range of `sum x^2` before a norm, real units; position 0 apart, because the first token of a text is often an outlier. */
export interface NormRange {
  readonly sumSquares: { readonly min: number; readonly median: number; readonly max: number };
  readonly first: { readonly min: number; readonly max: number };
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
}

/** Root mean square of the weights of one layer's matrices, which sets their scales. */
export interface WeightRms {
  readonly qkv: number;
  readonly o: number;
  readonly up: number;
  readonly down: number;
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
  /** Whether the layers have biases. */
  readonly biased?: boolean;
}

/** Bits of headroom over the calibrated maxima: activations twice as large as any seen still fit. */
const HEADROOM = 1;
const SCALE_OF_PRODUCT = 28; // sLift + sr, the scale of r times a lifted value
/**
 * ln Z of a head's scores, less its centre, may lie in [ln 2^-19, ln 2^21] (docs/protocol.md section 2, LN): half of its calibrated
 * range, leaving 1.8 nats on either side, and where its middle goes.
 */
const LARGEST_SPREAD = 12;
const CENTER_SHIFT = -0.7;
/** With large cells of exp that is [ln 2^-15.1, ln 2^19.2], so heads whose spread is larger keep the small ones. */
const LARGE_CELLS = { bits: 17, largestSpread: 10, centerShift: -1.4 } as const;
/**
 * A sign's table reads the top bits of a wire that is two bits narrower than one for a lift: one bit of headroom less. With 10 bits, half
 * a cell is between 2^-9 and 2^-8 of the calibrated maximum.
 */
const SIGN_TABLE = { bits: 10, narrower: 2 };
/** Bits of `p v` below the point: no more, and what remains of a word at least. */
const PRODUCT_BITS = { most: 32, least: 28 };
const bitsFor = (max: number): number => Math.ceil(Math.log2(max * 2 ** HEADROOM));

/** Bits above the magnitude of a wire that is lifted: two that the lift needs, and one more of headroom, because nothing checks it later. */
const LIFTED = 3;

/** A weight of rms size gets 7 to 8 bits: 0.2 % of rounding error each, far less in a sum. */
const weightScale = (rms: number): number => Math.max(8, Math.min(13, 8 - Math.ceil(Math.log2(rms))));

/**
 * Hands the bits below the point of `p v` to the public factor of p, its table entries, and v, so that their rounding errors (relative to
 * p, absolute in p, relative to v) stay alike: docs/errors.md.
 */
function productScales(bits: number, cellBits: CellBits): { exp2: { p: number; q: number }; sV: number } {
  // The factor and the entries of a cell twice as large need a bit more each.
  const large = 3 * (cellBits - CELL_BITS);
  const exp2 = { p: Math.floor((bits - 2 + large) / 3), q: Math.floor((bits + 8 + large) / 3) };
  return { exp2, sV: bits - exp2.p - exp2.q };
}

/** Scale change that brings the stream's typical rms to one. */
const exponent = (range: NormRange, width: number): number =>
  Math.round(Math.log2(Math.sqrt(range.sumSquares.median / width)));

/** A norm but for the width of its `r`, which the products with it decide. */
type BareNorm = Omit<NormPlan, 'kR'>;

function normPlan(range: NormRange, shape: Shape, sx: number, wx: number, sr: (e: number) => number): BareNorm {
  const low = Math.min(range.sumSquares.min, range.first.min) / 2 ** HEADROOM;
  const high = Math.max(range.sumSquares.max, range.first.max) * 2 ** HEADROOM;
  const e = exponent(range, shape.width);
  const sxs = 11 - e;
  const w = Math.max(9, Math.min(13, Math.ceil(Math.log2((16 * high) / low))));
  const t = 6;
  const intBits = Math.ceil(Math.log2(high));
  const wanted = Math.max(6 + Math.ceil(-Math.log2(Math.sqrt(low / shape.width))), Math.ceil((w + t - intBits) / 2));
  const s6 = Math.min(wanted, wx - sx - intBits);
  const kSum = 2 * s6 + intBits;
  const f = kSum - w - t;
  const cell = 2 ** (f + t - 2 * s6);
  return { fx6: sx - s6, s6, kSum, f, w, t, dmin: Math.max(1, Math.floor(low / cell)), sr: sr(e), fx: sx - sxs, sxs };
}

function checkNorm(ledger: Ledger, name: string, plan: BareNorm, range: NormRange, sx: number, wx: number): void {
  const cells = (v: number): number => v * 2 ** (2 * plan.s6 - plan.f - plan.t);
  const min = Math.min(range.sumSquares.min, range.first.min);
  const max = Math.max(range.sumSquares.max, range.first.max);
  ledger.require(
    plan.f >= 0 && plan.fx6 >= 0 && plan.fx >= 0,
    `${name}: the stream's scale ${sx} is too small for its norm`,
  );
  ledger.require(
    plan.kSum <= wx - plan.fx6,
    `${name}: the sum of squares needs ${plan.kSum} bits, its input has ${wx - plan.fx6}`,
  );
  ledger.require(
    cells(min) >= 8 && cells(max) < 2 ** plan.w + plan.dmin - 1,
    `${name}: the rms of the residual stream varies ${Math.sqrt(max / min).toFixed(1)}x, more than one table covers`,
  );
}

/** Largest root mean square of the stream before a norm. */
const largestRms = (norm: NormRange, width: number): number =>
  Math.sqrt(Math.max(norm.sumSquares.max, norm.first.max) / width);

/** Bits above the point of a predictor's first product, which is made of the stream before its norm. */
const hiddenBits = ({ peaks }: PredictorRange, norm: NormRange, width: number): number =>
  bitsFor(peaks.hidden * largestRms(norm, width)) + LIFTED;

function predictorPlan(
  range: PredictorRange,
  norm: NormRange,
  normA: BareNorm,
  width: number,
  wx: number,
  ledger: Ledger,
  name: string,
): PredictorPlan {
  const { rank, outputs, scales, peaks, most } = range;
  const sLift = SCALE_OF_PRODUCT - normA.sr;
  const kHidden = normA.sxs + scales.down + hiddenBits(range, norm, width);
  const fLift = normA.sxs + scales.down - sLift;
  const fHidden = SCALE_OF_PRODUCT - scales.hidden;
  const kScore = Math.max(FIXED.predicted.width, scales.hidden + scales.up + scales.range + 1);
  ledger.add(`${name}.scaledHidden`, scales.hidden, kScore, peaks.hidden, HEADROOM);
  ledger.add(`${name}.predScore`, scales.hidden + scales.up, kScore, peaks.margin, 0);
  ledger.require(kHidden <= wx - normA.fx, `${name}: the predictor's first product needs ${kHidden} bits`);
  ledger.require(fLift >= 0 && fHidden >= 0, `${name}: a scale of the predictor would grow`);
  return {
    ...{ rank, outputs, swDown: scales.down, swUp: scales.up, kHidden, fLift, fHidden, kScore },
    ...(most && { budget: most.neurons }),
  };
}

/** That of the first layer's residual may be finer: its input is read as it is, and its centring must show. */
const skipScales = (
  skip: { readonly a: number; readonly b: number } | undefined,
  first: boolean,
): { a: number; b: number } | undefined =>
  skip && {
    a: first ? Math.max(8, Math.min(17, 8 - Math.ceil(Math.log2(skip.a)))) : weightScale(skip.a),
    b: weightScale(skip.b),
  };

function layerPlan(
  range: LayerRange,
  weights: WeightRms,
  predicts: PredictorRange | undefined,
  shape: Shape,
  scoreShift: number,
  sx: number,
  wx: number,
  biased: boolean,
  { fused, signTable, largeCells }: Variant,
  ledger: Ledger,
  layer: number,
): { plan: LayerPlan; centers: number[] } {
  const name = `layer ${layer}`;
  const skip = skipScales(weights.skip, layer === 0);
  const sr = (e: number): number => 17 + e;
  const normA = normPlan(range.normA, shape, sx, wx, sr);
  const normB = normPlan(range.normB, shape, sx, wx, sr);
  if (!(skip && layer === 0)) checkNorm(ledger, `${name}.normA`, normA, range.normA, sx, wx);
  checkNorm(ledger, `${name}.normB`, normB, range.normB, sx, wx);
  const swQkv = weightScale(weights.qkv);
  const swUp = weightScale(weights.up);
  const swO = weightScale(weights.o);
  const swDown = weightScale(weights.down);
  const sLift = SCALE_OF_PRODUCT - normA.sr;
  const sLiftU = SCALE_OF_PRODUCT - normB.sr;
  const kRaw = normA.sxs + swQkv + bitsFor(range.rawQkvMax) + LIFTED;
  const kU = normB.sxs + swUp + bitsFor(range.rawUpMax) + LIFTED;
  const kV = SCALE_OF_PRODUCT + bitsFor(range.vMax) + LIFTED;
  const kSign = Math.max(FIXED.sign.width, SCALE_OF_PRODUCT + bitsFor(range.uhMax) + LIFTED);
  const fQk = SCALE_OF_PRODUCT - FIXED.qk.scale;
  const fS = 6 + scoreShift;
  const oBits = Math.min(PRODUCT_BITS.most, 64 - (wx - sx + swO));
  const spread = Math.max(...range.logZ.max.map((max, h) => (max - range.logZ.min[h]) / 2));
  const large = largeCells && spread <= LARGE_CELLS.largestSpread;
  const expCells = { z: large ? LARGE_CELLS.bits : CELL_BITS, p: largeCells ? LARGE_CELLS.bits : CELL_BITS } as const;
  const { exp2, sV } = productScales(oBits, expCells.p);
  const fO = oBits - (sx - swO);
  const fUh = SCALE_OF_PRODUCT - (sx - swDown);
  const predictor = predicts && predictorPlan(predicts, range.normA, normA, shape.width, wx, ledger, name);
  const kScaledHidden = predictor ? predictor.kScore + predictor.fHidden : 0;
  const centers = range.logZ.min.map(
    (min, h) => (min + range.logZ.max[h]) / 2 + (large ? LARGE_CELLS.centerShift : CENTER_SHIFT),
  );
  const postNorm = skip && {
    ...{ swA: skip.a, swB: skip.b },
    fA: layer === 0 ? skip.a : SCALE_OF_PRODUCT - (sx - skip.a),
    fB: SCALE_OF_PRODUCT - (sx - skip.b),
  };
  const [wideA, wideB] = [postNorm?.fA ?? 0, postNorm?.fB ?? 0].map((f) => (postNorm ? wx + f : 0));
  const plan: LayerPlan = {
    normA: { ...normA, kR: Math.max(FIXED.qk.width + fQk, kV, kScaledHidden, layer === 0 ? 0 : wideA) }, normB: { ...normB, kR: Math.max(wx + fUh, wideB) }, swQkv, swO, swUp, swDown,
    kRaw, fLift: normA.sxs + swQkv - sLift, sLift, fQk,
    kV, fV: SCALE_OF_PRODUCT - sV, sV, fS,
    exp2, kO: wx + fO, fO, kU, fLiftU: normB.sxs + swUp - sLiftU, sLiftU, fUh, ...(predictor && { predictor }), ...(biased && { bias: { kSign } }),
    ...(postNorm && { postNorm }), ...(fused && !biased && { fused }), ...(signTable && { signTable: { width: (biased ? kSign : kU) - SIGN_TABLE.narrower, bits: SIGN_TABLE.bits } }),
    ...(largeCells && { expCells }),
  }; // prettier-ignore
  ledger.add(`${name}.raw`, normA.sxs + swQkv, kRaw, range.rawQkvMax, HEADROOM + LIFTED - 1);
  ledger.add(`${name}.qk`, FIXED.qk.scale, FIXED.qk.width, range.qkMax, HEADROOM);
  ledger.add(`${name}.v`, SCALE_OF_PRODUCT, kV, range.vMax, HEADROOM + LIFTED - 1);
  ledger.add(
    `${name}.score`,
    FIXED.score.scale,
    FIXED.score.width,
    range.scoreMax + Math.max(...centers.map(Math.abs)),
    0,
  );
  ledger.add(`${name}.p`, exp2.p + exp2.q, plan.kO, 1, HEADROOM);
  ledger.add(`${name}.vLift`, sV, plan.kO, range.vMax, HEADROOM);
  ledger.add(`${name}.o`, oBits, plan.kO, range.oMax, HEADROOM);
  ledger.add(`${name}.x`, sx, wx, range.streamMax, HEADROOM);
  if (postNorm) {
    const most = Math.sqrt(shape.width);
    ledger.add(`${name}.nA`, sx - postNorm.swA, wx, layer === 0 ? range.streamMax : most, HEADROOM);
    ledger.add(`${name}.nB`, sx - postNorm.swB, wx, most, HEADROOM);
    ledger.require(
      Math.max(layer === 0 ? 0 : wideA, wideB) <= 64 &&
        Math.min(postNorm.fA, postNorm.fB, sx - sLift, sx - sLiftU) >= 0,
      `${name}: the residual needs more than 64 bits`,
    );
  }
  ledger.add(`${name}.up`, normB.sxs + swUp, kU, range.rawUpMax, HEADROOM + LIFTED - 1);
  if (plan.signTable) {
    const [scale, max] = biased ? [SCALE_OF_PRODUCT, range.uhMax] : [normB.sxs + swUp, range.rawUpMax];
    ledger.add(`${name}.sign`, scale, plan.signTable.width, max, HEADROOM);
  }
  ledger.add(`${name}.uh`, SCALE_OF_PRODUCT, wx + fUh, range.uhMax, HEADROOM);
  ledger.require(!biased || kSign <= wx + fUh, `${name}: pre-activations with their bias need ${kSign} bits`);
  ledger.require(
    kRaw <= wx - normA.fx && kU <= wx - normB.fx,
    `${name}: pre-activations need ${Math.max(kRaw, kU)} bits`,
  );
  ledger.require(FIXED.score.width + fS <= FIXED.qk.width, `${name}: heads of ${shape.headDim} are too wide`);
  ledger.require(
    Math.min(plan.fLift, plan.fLiftU, plan.fQk, plan.fV, fO, fUh, sx - swO, sx - swDown) >= 0,
    `${name}: a scale would grow`,
  );
  ledger.require(
    kU >= FIXED.sign.width && wx + fUh <= 64 && oBits >= PRODUCT_BITS.least,
    `${name}: a product needs more than 64 bits`,
  );
  ledger.require(
    spread <= LARGEST_SPREAD,
    `${name}: the log-sum-exp of one head's scores varies by ${(2 * spread).toFixed(1)} nats, more than ${2 * LARGEST_SPREAD}`,
  );
  return { plan, centers };
}

/** Bits above the stream's point: enough for its values, for raw products (scale + weight scale) and for sums of squares. */
function streamBits(ranges: Ranges, scales: readonly { qkv: number; up: number }[], width: number): number {
  const predictors = (ranges.predictors ?? []).map(
    (predictor, i) => predictor.scales.down + hiddenBits(predictor, ranges.layers[i].normA, width),
  );
  const layers = ranges.layers.map((r, i) =>
    Math.max(
      scales[i].qkv + bitsFor(r.rawQkvMax) + LIFTED,
      scales[i].up + bitsFor(r.rawUpMax) + LIFTED,
      bitsFor(r.streamMax) + 2,
    ),
  );
  const norms = [...ranges.layers.flatMap((r) => [r.normA, r.normB]), ranges.finalNorm].map(
    (n) => bitsFor(Math.max(n.sumSquares.max, n.first.max)) + 6,
  );
  return Math.max(...layers, ...predictors, ...norms, bitsFor(ranges.finalNorm.streamMax) + 2);
}

/** A plan, what it leaves of every wire's range, and what is secret: where each head's scores are centred, in nats, by layer. */
export interface MadePlan {
  readonly plan: Plan;
  readonly ledger: Ledger;
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
  const ledger = new Ledger();
  const scales = ranges.weights.map((w, i) => ({
    qkv: weightScale(w.qkv),
    o: weightScale(w.o),
    up: weightScale(w.up),
    down: weightScale(w.down),
    skip: skipScales(w.skip, i === 0),
  }));
  const outScale = Math.max(...scales.flatMap((s) => [s.o, s.down, s.skip?.a ?? 0, s.skip?.b ?? 0]));
  const sx = 11 + outScale;
  const wx = sx + streamBits(ranges, scales, shape.width);
  ledger.require(wx <= 36 + sx - outScale, `the residual stream would need ${wx} bits`);
  const layers = ranges.layers.map((range, i) =>
    layerPlan(
      range,
      ranges.weights[i],
      ranges.predictors?.[i],
      shape,
      scoreShift,
      sx,
      wx,
      ranges.biased ?? false,
      variant,
      ledger,
      i,
    ),
  );
  const bare = normPlan(ranges.finalNorm, shape, sx, wx, (e) => Math.min(17 + e, wx - sx - 7));
  checkNorm(ledger, 'final norm', bare, ranges.finalNorm, sx, wx);
  const final = { ...bare, kR: wx - bare.fx, kOut: wx - bare.fx };
  ledger.add('hidden', final.sxs + final.sr, final.kOut, Math.sqrt(shape.width), 0);
  const plan = { shape, scoreShift, sx, wx, layers: layers.map((made) => made.plan), final };
  return { plan, ledger, centers: layers.map(({ centers }) => centers) };
}
