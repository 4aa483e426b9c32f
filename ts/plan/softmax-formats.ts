/**
 * Formats of softmax (docs/protocol.md sections 2 and 3.4). ln reads sums of 40 octaves, 24 nats of which a head's
 * calibrated log-sum-exp may use. Where it spreads over more, coarser levels come first: a log-sum-exp of scores divided
 * by `T` spreads over a `T`-th, and leaves one of `(T/T' - 1) ln n` for the next temperature `T'`, whatever the scores
 * of `n` positions are.
 */
import { MOST_COARSE } from '../core/address.js';
import { CELL_BITS, type CellBits, EXP, FIXED, type LayerPlan, type SoftmaxLevel } from './formats.js';
import type { LayerBuilder } from './layer-builder.js';
import type { LayerRange } from './ranges.js';

/** Half of what ln Z may spread over, in nats, by the cells of exp; and where its middle goes. */
const LN = {
  small: { spread: 12, shift: -0.7 },
  large: { spread: 10, shift: -1.4 },
} as const;
/** Nats that a level's log-sum-exp may spread over below the one before, which bounds it from above. */
const BELOW = 23;
/** Times the calibrated scores that still fit. */
const SPARE = 1.1;
/** Widest scores: 8192 nats on either side. */
const MOST_BITS = 28;

/** What a plan needs of softmax, and where each head's scores are centred, in nats. */
export interface MadeSoftmax {
  readonly plan: Pick<LayerPlan, 'expCells' | 'softmax'>;
  readonly centers: number[];
}

/** Chooses the cells of exp, the width of scores and the levels. @throws CometError E_RANGE for scores of some 3000 nats. */
export function softmaxPlan(b: LayerBuilder): MadeSoftmax {
  const { logZ } = b.range;
  const spread = Math.max(...logZ.max.map((max, head) => (max - logZ.min[head]) / 2));
  const { largeCells } = b.variant;
  const large = largeCells && spread <= LN.large.spread;
  const cells = { z: large ? 17 : CELL_BITS, p: largeCells ? 17 : CELL_BITS } as const;
  const shifts = spread <= LN.small.spread ? [] : coarseShifts(b, 2 * spread);
  const [first = 0] = shifts;
  const centers = centersOf(logZ, first, b.shape.context, large ? LN.large.shift : LN.small.shift);
  const width = scoreWidth(b, centers, first, cells.p);
  return {
    plan: {
      ...(largeCells && { expCells: cells }),
      ...((width > FIXED.score.width || shifts.length > 0) && {
        softmax: { width, levels: levelsOf(shifts, width, cells.z, b.shape.context) },
      }),
    },
    centers,
  };
}

/** Shifts of the coarse levels, the coarsest first: as few as the spread asks for, each as far apart as positions allow. */
function coarseShifts({ name, shape, budget }: LayerBuilder, spread: number): number[] {
  const positions = Math.log(shape.context);
  const step = 3 * positions <= BELOW ? 2 : 1;
  const fits = (shift: number): boolean => spread / 2 ** shift + (1 - 2 ** -shift) * positions <= 2 * LN.small.spread;
  const most = Math.min(step * MOST_COARSE, MOST_BITS - FIXED.score.width);
  let first = 1;
  while (first < most && !fits(first)) first++;
  budget.require(
    fits(first),
    `${name}: the log-sum-exp of one head's scores varies by ${spread.toFixed(1)} nats, more than softmax covers`,
  );
  return Array.from({ length: Math.ceil(first / step) }, (_, i) => first - i * step);
}

/** The middle of each head's log-sum-exp at the first level's temperature, moved to where ln reads most. */
function centersOf({ min, max }: LayerRange['logZ'], shift: number, context: number, moved: number): number[] {
  const t = 2 ** shift;
  const grown = (1 - 1 / t) * Math.log(context);
  return min.map((low, head) => (low + max[head]) / 2 + (t * grown) / 2 + t * moved);
}

/**
 * Bits of a score: signed at first; less a log-sum-exp never much above zero, so that the whole circle but two cells is
 * for what lies below.
 */
function scoreWidth(
  { name, range, shape, budget }: LayerBuilder,
  centers: readonly number[],
  shift: number,
  cellBits: CellBits,
): number {
  const score = range.scoreMax + Math.max(...centers.map(Math.abs));
  const below = 2 * range.scoreMax + 2 ** shift * Math.log(shape.context);
  const fits = (width: number): boolean => {
    const [half, cell] = [2 ** (width - 1 - FIXED.score.scale), 2 ** (cellBits - FIXED.score.scale)];
    return SPARE * score < half && SPARE * below < 2 * half - 2 * cell;
  };
  let width = FIXED.score.width + shift;
  while (width < MOST_BITS && !fits(width)) width++;
  budget.require(fits(width), `${name}: scores of ${score.toFixed(0)} nats need more than ${MOST_BITS} bits`);
  return width;
}

/** The levels: the first reads scores of both signs, the others what is left below a larger log-sum-exp. */
function levelsOf(shifts: readonly number[], width: number, cellBits: CellBits, context: number): SoftmaxLevel[] {
  return [...shifts, 0].map((shift, i, all) => {
    if (i === 0) return { shift, offset: 0, dtop: 2 ** (width - shift - cellBits - 1) };
    const below = (2 ** (all[i - 1] - shift) - 1) * Math.log(context);
    return { shift, offset: Math.round((below / 2 - LN.small.shift) / Math.LN2), dtop: EXP[cellBits].p.dtop };
  });
}
