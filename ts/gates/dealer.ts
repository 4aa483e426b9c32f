/** The gates of the dealer: it walks the same program ahead of the servers and deals what their gates will ask for. */
import type { Address } from '../core/address.js';
import type { MaskCache } from '../kernels/load.js';
import { FIXED, type NormPlan } from '../model/plan.js';
import type { Shape } from '../model/shape.js';
import type { Opening, Program } from '../wires/effects.js';
import type { Multiplier } from '../wires/products.js';
import type { DealerWire } from '../wires/wire.js';
import * as attention from './attention.js';
import { columnsOf } from './columns.js';
import { type Comparison, compareBits, compareDigits } from './compare.js';
import type { DealerContext } from './context.js';
import { exp, type ExpScales } from './exp.js';
import type { CacheName, Gates, MatrixName } from './gates.js';
import { lift, scaleLift, scaleRows } from './lift.js';
import { linear } from './linear.js';
import { lnDigits, lnParts, lnSelect } from './ln.js';
import { select } from './select.js';
import { sumSquares } from './sum-squares.js';
import { table } from './table.js';
import type { Tables } from './tables.js';
import { narrow, truncate, view } from './truncate.js';

/** The dealer's masks of the weights. */
export interface DealerWeights {
  mask(layer: number, name: MatrixName): Multiplier;
}

export class DealerGates implements Gates<DealerWire, void> {
  readonly #caches: Record<CacheName, MaskCache>[];

  constructor(
    private readonly c: DealerContext,
    private readonly shape: Shape,
    private readonly weights: DealerWeights,
    private readonly tables: Tables,
  ) {
    const cache = (): MaskCache => new c.kernels.MaskCache(shape.heads, shape.headDim, shape.context);
    this.#caches = Array.from({ length: shape.layers }, () => ({ keys: cache(), values: cache() }));
  }

  rewind(position: number): void {
    for (const { keys, values } of this.#caches) {
      keys.truncate(position);
      values.truncate(position);
    }
  }

  /** Frees the caches. */
  free(): void {
    for (const { keys, values } of this.#caches.splice(0)) {
      keys.free();
      values.free();
    }
  }

  /** Ends the section before and begins this one. */
  *correlate(step: number, layer: number): Program<void> {
    yield { kind: 'correlate', step, layer };
  }

  *open(_layer: number, _round: number, openings: readonly Opening<void>[]): Program<DealerWire[]> {
    return openings.map(({ at, rows, cols, width, scale, xor = false }) => {
      return { rows, cols, width, scale, mask: this.c.mask(at, rows * cols, width, xor) };
    });
  }

  columns(x: DealerWire, from: number, to: number): DealerWire {
    const { rows, width, scale } = x;
    return { rows, cols: to - from, width, scale, mask: columnsOf(x, x.mask, from, to) };
  }
  rowsFrom(x: DealerWire, row: number): DealerWire {
    return { ...x, rows: x.rows - row, mask: x.mask.slice(row * x.cols) };
  }

  view = (x: DealerWire, f: number): DealerWire => view.dealer(this.c, x, f);
  truncate = (at: Address, x: DealerWire, f: number): DealerWire => truncate.dealer(this.c, at, x, f);
  narrow = (x: DealerWire, width: number): DealerWire => narrow.dealer(this.c, x, width);
  plus(): void {}
  bias(): void {}
  sumSquares = (at: Address, x: DealerWire, width: number): void => sumSquares.dealer(this.c, at, x, width);
  rsqrt = (at: Address, norm: NormPlan, sum: DealerWire): void =>
    table.dealer(this.c, at, this.tables.rsqrt(norm), sum, norm.kR);
  lnParts = (at: Address, z: DealerWire): void => lnParts.dealer(this.c, at, this.tables.ln(), z, FIXED.ln.width);
  lnDigits = (at: Address, z: DealerWire, comparison: Comparison): void => lnDigits.dealer(this.c, at, z, comparison);
  lnSelect = (at: Address, digits: DealerWire, parts: DealerWire, comparison: Comparison): void =>
    lnSelect.dealer(this.c, at, digits, parts, comparison);
  linear = (at: Address, x: DealerWire, matrix: MatrixName, _cols: number, width: number): Program<void> =>
    linear.dealer(this.c, at, x, this.weights.mask(at.layer, matrix), width);
  lift = (at: Address, x: DealerWire, f: number, width: number): void => lift.dealer(this.c, at, x, f, width);
  scaleLift = (at: Address, r: DealerWire, x: DealerWire, f: number, width: number): void =>
    scaleLift.dealer(this.c, at, r, x, f, width);
  scaleRows = (at: Address, r: DealerWire, x: DealerWire, width: number): void =>
    scaleRows.dealer(this.c, at, r, x, width);
  exp = (at: Address, x: DealerWire, scales: ExpScales, width: number): void =>
    exp.dealer(this.c, at, x, scales, width);
  compareDigits = (at: Address, x: DealerWire, comparison: Comparison): void =>
    compareDigits.dealer(this.c, at, x, comparison);
  compareBits = (at: Address, x: DealerWire, opened: DealerWire, comparison: Comparison): void =>
    compareBits.dealer(this.c, at, x, opened, comparison);
  select = (at: Address, bit: DealerWire, x: DealerWire): void => select.dealer(this.c, at, bit, x);

  append(layer: number, cache: CacheName, x: DealerWire): void {
    this.#caches[layer][cache].append(x.mask);
  }
  scores(at: Address, q: DealerWire, _centers: readonly number[], width: number): void {
    attention.scores.dealer(this.c, at, q, this.#caches[at.layer].keys, this.shape.headDim, width);
  }
  weighted(at: Address, p: DealerWire, rows: number, width: number): void {
    const { width: cols, headDim } = this.shape;
    attention.weighted.dealer(this.c, at, p, this.#caches[at.layer].values, { rows, cols, headDim }, width);
  }
  sums(x: DealerWire, rows: number): DealerWire {
    const { heads } = this.shape;
    return {
      rows,
      cols: heads,
      width: x.width,
      scale: x.scale,
      mask: attention.sums(this.c.kernels, x.mask, rows, heads, x.width),
    };
  }
  between(): void {}
  sumScores(): void {}
  shiftScores(): void {}
}
