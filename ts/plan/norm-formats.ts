/** Formats of a norm: its sum of squares, the table of its reciprocal root, and the input of the next matrix. */
import { bitsFor, HEADROOM } from './bits.js';
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
}

/** A norm but for the width of its `r`, which the products with it decide. */
export type BareNorm = Omit<NormPlan, 'kR'>;

/** Scale change that brings the stream's typical rms to one. */
const exponent = (range: NormRange, width: number): number =>
  Math.round(Math.log2(Math.sqrt(range.sumSquares.median / width)));

/** Bits above the stream's point that a norm's sum of squares needs. */
export const normBits = ({ sumSquares, first }: NormRange): number => bitsFor(Math.max(sumSquares.max, first.max)) + 6;

/** Largest root mean square of the stream before a norm. */
export const largestRms = ({ sumSquares, first }: NormRange, width: number): number =>
  Math.sqrt(Math.max(sumSquares.max, first.max) / width);

/** The formats of a norm; `sr` gives the scale of `r` from the stream's exponent. */
export function normPlan(range: NormRange, { width, sx, wx }: Stream, sr: (exponent: number) => number): BareNorm {
  const low = Math.min(range.sumSquares.min, range.first.min) / 2 ** HEADROOM;
  const high = Math.max(range.sumSquares.max, range.first.max) * 2 ** HEADROOM;
  const e = exponent(range, width);
  const sxs = 11 - e;
  const w = Math.max(9, Math.min(13, Math.ceil(Math.log2((16 * high) / low))));
  const t = 6;
  const intBits = Math.ceil(Math.log2(high));
  const wanted = Math.max(6 + Math.ceil(-Math.log2(Math.sqrt(low / width))), Math.ceil((w + t - intBits) / 2));
  const s6 = Math.min(wanted, wx - sx - intBits);
  const kSum = 2 * s6 + intBits;
  const f = kSum - w - t;
  const cell = 2 ** (f + t - 2 * s6);
  return { fx6: sx - s6, s6, kSum, f, w, t, dmin: Math.max(1, Math.floor(low / cell)), sr: sr(e), fx: sx - sxs, sxs };
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
    cells(min) >= 8 && cells(max) < 2 ** plan.w + plan.dmin - 1,
    `${name}: the rms of the residual stream varies ${Math.sqrt(max / min).toFixed(1)}x, more than one table covers`,
  );
}
