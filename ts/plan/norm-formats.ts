/** Formats of a norm: its sum of squares, the table of its reciprocal root, and the input of the next matrix. */
import { evenDigits, HEADROOM } from './bits.js';
import type { NormPlan } from './formats.js';
import type { RangeBudget } from './range-budget.js';
import type { NormRange } from './ranges.js';

/** The residual stream of a model. */
export interface Stream {
  /** Elements of a row. */
  readonly width: number;
  /** Scale and bits of its wire. */
  readonly sx: number;
  readonly wx: number;
  /** Added to the mean square in its norms. */
  readonly eps: number;
}

/** A norm but for the width of its `r`, which the products with it decide. */
export type BareNorm = Omit<NormPlan, 'kR'>;

/** Bits of a typical rms in the input of a matrix and when it is lifted, and of `r` times it. */
const INPUT_BITS = 11;
const ROOT_BITS = 17;
/** Octaves that the least rms may lie below the typical one, and the largest above it, before these scales are finer. */
const SPREAD = { below: 3, above: 4 } as const;

/** Scale of the input of a matrix, and of what is lifted to be multiplied by `r`. */
export function inputScale(range: NormRange, width: number): number {
  const { below } = octavesOf(range);
  return INPUT_BITS - exponent(range, width) + Math.max(0, Math.ceil(below) - SPREAD.below);
}

/** Scale of `r`. */
export function rootScale(range: NormRange, width: number): number {
  const { above } = octavesOf(range);
  return ROOT_BITS + exponent(range, width) + Math.max(0, Math.ceil(above) - SPREAD.above);
}

/** Scale of `r` times what is lifted. */
export const productScale = ({ sxs, sr }: BareNorm): number => sxs + sr;

/** Octaves that the least rms lies below the typical one, and the largest above it. */
export function octavesOf({ sumSquares, first }: NormRange): { readonly below: number; readonly above: number } {
  const below = Math.log2(sumSquares.median / Math.min(sumSquares.min, first.min)) / 2;
  return { below, above: Math.log2(Math.max(sumSquares.max, first.max) / sumSquares.median) / 2 };
}

/** Scale change that brings the stream's typical rms to one. */
export const exponent = (range: NormRange, width: number): number =>
  Math.round(Math.log2(Math.sqrt(range.sumSquares.median / width)));

/** Least root mean square of the stream before a norm. */
export const leastRms = ({ sumSquares, first }: NormRange, width: number): number =>
  Math.sqrt(Math.min(sumSquares.min, first.min) / width);

/** Largest root mean square of the stream before a norm. */
export const largestRms = ({ sumSquares, first }: NormRange, width: number): number =>
  Math.sqrt(Math.max(sumSquares.max, first.max) / width);

/** Bits of a cell's number: of one table at least and at most, and of each of several windows. */
const TABLE_BITS = { least: 9, most: 13, windowed: 7 } as const;
/** Bits inside a cell. */
const CELL = 6;
/** Octaves of units that the smallest rms has in x6: wanted, and at least. */
const UNITS = { wanted: 6, least: 4 } as const;
/** Octaves by which a window lies above the one before. */
const STEP = 3;
/** Most bits of a digit of a comparison. */
const DIGIT = 11;

/** The range of a norm's sum with headroom, real units. */
interface SumRange {
  readonly low: number;
  readonly high: number;
}

const sumRange = ({ sumSquares, first }: NormRange): SumRange => ({
  low: Math.min(sumSquares.min, first.min) / 2 ** HEADROOM,
  high: Math.max(sumSquares.max, first.max) * 2 ** HEADROOM,
});

/** Cells of one table that covers a range from its sixteenth cell on. */
const cellBits = ({ low, high }: SumRange): number => Math.ceil(Math.log2((16 * high) / low));

/** Bits below the point of x6 at which the smallest rms has `2^units` units. */
const unitBits = (units: number, { low }: SumRange, width: number): number =>
  Math.max(0, units + Math.ceil(-Math.log2(Math.sqrt(low / width))));

/** Bits above the stream's point that a norm needs: of its sum, and those that its smallest rms and its table have below the point. */
export function normBits(range: NormRange, width: number): number {
  const sums = sumRange(range);
  const intBits = Math.ceil(Math.log2(sums.high));
  const precise = unitBits(UNITS.least, sums, width);
  const bits = cellBits(sums);
  // What windows are compared with has a sign.
  if (bits > TABLE_BITS.most) return intBits + precise + 1;
  return intBits + Math.max(precise, Math.ceil((Math.max(TABLE_BITS.least, bits) + CELL - intBits) / 2));
}

/** Fields of a norm's plan that say how its sum is opened and which table or windows read it. */
type SumPlan = Pick<NormPlan, 's6' | 'kSum' | 'f' | 'w' | 't' | 'dmin' | 'windows'>;

/** One table of the whole range. */
function tablePlan({ low, high }: SumRange, { width, sx, wx }: Stream): SumPlan {
  const w = Math.max(TABLE_BITS.least, cellBits({ low, high }));
  const t = CELL;
  const intBits = Math.ceil(Math.log2(high));
  const wanted = Math.max(unitBits(UNITS.wanted, { low, high }, width), Math.ceil((w + t - intBits) / 2));
  const s6 = Math.min(wanted, wx - sx - intBits);
  const kSum = 2 * s6 + intBits;
  const f = kSum - w - t;
  const cell = 2 ** (f + t - 2 * s6);
  return { s6, kSum, f, w, t, dmin: Math.max(1, Math.floor(low / cell)) };
}

/** Windows of eight, each right from its cell 15 on; what is compared with where they begin needs a bit for the sign. */
function windowsPlan({ low, high }: SumRange, { width, sx, wx }: Stream): SumPlan {
  const w = TABLE_BITS.windowed;
  const intBits = Math.ceil(Math.log2(high));
  const s6 = Math.min(unitBits(UNITS.wanted, { low, high }, width), wx - sx - intBits - 1);
  const kSum = 2 * s6 + intBits + 1;
  // The last window ends where the wire's sign begins.
  const most = Math.max(0, Math.floor(Math.log2(low) + 2 * s6) - (w - STEP));
  const count = Math.max(2, Math.ceil((kSum - 1 - w - most) / STEP) + 1);
  const dropped = Math.max(0, kSum - 1 - w - STEP * (count - 1));
  const t = Math.min(CELL, dropped);
  const f = dropped - t;
  const shift = dropped + w - STEP;
  return {
    s6,
    kSum,
    f,
    w,
    t,
    dmin: 2 ** (w - STEP - 1),
    windows: { count, step: STEP, shift, digits: evenDigits(kSum - shift, Math.ceil((kSum - shift) / DIGIT)) },
  };
}

/** The formats of a norm; the scale of `r` is `most` at most. */
export function normPlan(range: NormRange, stream: Stream, most = Infinity): BareNorm {
  const sums = sumRange(range);
  const sxs = inputScale(range, stream.width);
  const sr = Math.min(most, rootScale(range, stream.width));
  const plan = cellBits(sums) <= TABLE_BITS.most ? tablePlan(sums, stream) : windowsPlan(sums, stream);
  return { ...plan, eps: stream.eps, fx6: stream.sx - plan.s6, sr, fx: stream.sx - sxs, sxs };
}

/** Refuses a norm that its stream or its table cannot hold. @throws CometError E_RANGE that names the norm. */
export function checkNorm(
  budget: RangeBudget,
  name: string,
  plan: BareNorm,
  range: NormRange,
  { sx, wx }: Stream,
): void {
  const cells = (v: number): number => v * 2 ** (2 * plan.s6 - plan.f - plan.t);
  const { windows, w, dmin } = plan;
  const [floor, top] = windows
    ? [2 ** (w - windows.step) - 1, 2 ** (w + windows.step * (windows.count - 1))]
    : [8, 2 ** w + dmin - 1];
  const min = Math.min(range.sumSquares.min, range.first.min);
  const max = Math.max(range.sumSquares.max, range.first.max);
  budget.require(
    plan.f >= 0 && plan.fx6 >= 0 && plan.fx >= 0,
    `${name}: the stream's scale ${sx} is too small for its norm`,
  );
  budget.require(
    plan.kSum <= wx - plan.fx6,
    `${name}: the sum of squares needs ${plan.kSum} bits, its input has ${wx - plan.fx6}`,
  );
  budget.require(
    cells(min) >= floor && cells(max) < top,
    `${name}: the rms of the residual stream varies ${Math.sqrt(max / min).toFixed(1)}x, more than its tables cover`,
  );
}
