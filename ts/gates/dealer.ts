/** The gates of the dealer: it walks the same program ahead of the servers and deals what their gates will ask for. */
import type { Address } from '../core/address.js';
import { release } from '../core/release.js';
import type { MaskCache } from '../kernels/load.js';
import type { NormPlan, PrefixName } from '../plan/formats.js';
import type { SinesPlan } from '../plan/gate.js';
import type { Shape } from '../plan/shape.js';
import type { Multiplier, Opening, Program, RowsMultiplier, SectionPart } from '../wires/effects.js';
import { type DealerWire, type Format, sizeOf, type Words } from '../wires/wire.js';
import type { Groups, Jobs } from './attention.js';
import * as attention from './attention.js';
import { compareBits, compareDigits, type Comparison } from './compare.js';
import type { DealerContext } from './context.js';
import { exp, type ExpScales } from './exp.js';
import type { CacheName, Gates } from './gates.js';
import { difference } from './difference.js';
import { type Lifted, liftProduct, liftSquare } from './lift-product.js';
import { sines } from './sines.js';
import { lift, scaleLift, scaleRows, selectLift, selectScaleLift } from './lift.js';
import { windowDigits, windowParts, windowSelect } from './windows.js';
import { arithmetic, lookUp, noise } from './padding.js';
import { type Job } from './product-spec.js';
import { product, projection, type Weights } from './product.js';
import { Region } from './region.js';
import { pickRows, stackWords } from './rows.js';
import { signTable } from './sign-table.js';
import { sumSquares } from './sum-squares.js';
import { table } from './table.js';
import type { Tables } from './tables.js';
import { narrow, truncate, view } from './truncate.js';

/** The dealer's masks of the weights. */
export interface DealerWeights extends Weights<Multiplier | undefined, RowsMultiplier | undefined> {
  /** The mask of a layer's cached constants. */
  prefix(layer: number, name: PrefixName): Words;
}

/** What the mask of the wire that will be opened takes in, where there is any (product.ts, projection); the dealer has no shares. */
export type Absorbed = Words | void;

export class DealerGates implements Gates<DealerWire, Absorbed> {
  readonly #caches: Record<CacheName, MaskCache>[];
  readonly #region = new Region();
  #beside?: Program<void>;

  constructor(
    private readonly c: DealerContext,
    private readonly shape: Shape,
    private readonly weights: DealerWeights,
    private readonly tables: Tables,
  ) {
    const cache = (): MaskCache => new c.kernels.MaskCache(shape.kvHeads, shape.headDim, shape.context);
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
  *correlate(step: number, layer: number, part: SectionPart): Program<void> {
    yield { kind: 'correlate', step, layer, part };
  }

  *open(_layer: number, _round: number, openings: readonly Opening<Absorbed>[]): Program<DealerWire[]> {
    return openings.map(({ at, share, rows, cols, width, scale, xor = false, clear = false }) => {
      const format = { rows, cols, width, scale };
      if (clear) return { ...format, mask: new BigUint64Array(rows * cols) };
      const mask = this.c.mask(at, rows * cols, width, xor);
      if (!share) return this.#held({ ...format, mask, later: this.c.laterMask(at, rows * cols, width, xor) });
      const { kernels } = this.c;
      const less = kernels.subWords(mask, share) as Words;
      const wire = this.#held({ ...format, mask: kernels.maskWords(less, width) as Words });
      release(mask, share, less);
      return wire;
    });
  }
  keep(x: DealerWire): DealerWire {
    this.#region.keep(x.mask);
    return x;
  }
  release(...wires: readonly DealerWire[]): void {
    for (const { mask } of wires) this.#region.release(mask);
  }
  endAll(except: readonly DealerWire[]): void {
    this.#region.end(except.map(({ mask }) => mask));
  }
  #held(x: DealerWire): DealerWire {
    this.#region.hold(x.mask);
    return x;
  }

  /** Dealt when it is joined: after the section that the rounds in between need first. */
  *beside(program: Program<void>): Program<void> {
    this.#beside = program;
  }
  *join(): Program<void> {
    const program = this.#beside;
    this.#beside = undefined;
    if (program) yield* program;
  }

  *reveal({ step, layer }: Address, bits: DealerWire): Program<Words> {
    const [revealed] = yield { kind: 'reveal', step, layer, count: sizeOf(bits) };
    return revealed;
  }

  pick(x: DealerWire, rows: Uint32Array): DealerWire {
    return this.#held({ ...x, rows: rows.length, mask: pickRows(x, x.mask, rows), later: undefined });
  }
  stack(parts: readonly DealerWire[]): DealerWire {
    if (parts.length === 1) return parts[0];
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    return this.#held({ ...parts[0], rows, mask: stackWords(parts.map(({ mask }) => mask)), later: undefined });
  }

  view = (x: DealerWire, f: number): DealerWire => this.#held(view.dealer(this.c, x, f));
  truncate = (at: Address, x: DealerWire, f: number): DealerWire => this.#held(truncate.dealer(this.c, at, x, f));
  difference = (x: DealerWire, y: DealerWire): DealerWire => this.#held(difference.dealer(this.c, x, y));
  narrow = (x: DealerWire, width: number): DealerWire => this.#held(narrow.dealer(this.c, x, width));
  constant = (format: Format): DealerWire => ({ ...format, mask: new BigUint64Array(sizeOf(format)) });
  sum(): void {}
  rotate(): void {}
  plus(): void {}
  /** Masks do not change. */
  bias(_at: Address, share: Absorbed): Absorbed {
    return share;
  }
  sumSquares = (at: Address, x: DealerWire, width: number): void => sumSquares.dealer(this.c, at, x, width);
  rsqrt = (at: Address, norm: NormPlan, sum: DealerWire): void =>
    table.dealer(this.c, at, this.tables.rsqrt(norm), sum, norm.kR);
  lnParts = (at: Address, z: DealerWire, width: number): void =>
    windowParts.dealer(this.c, at, this.tables.ln(), z, width);
  rootParts = (at: Address, norm: NormPlan, sum: DealerWire): void =>
    windowParts.dealer(this.c, at, this.tables.rootWindows(norm), sum, norm.kR);
  windowDigits = (at: Address, z: DealerWire, comparison: Comparison): void =>
    windowDigits.dealer(this.c, at, z, comparison);
  windowSelect = (at: Address, digits: DealerWire, parts: DealerWire, comparison: Comparison): void =>
    windowSelect.dealer(this.c, at, digits, parts, comparison);
  product = (at: Address, x: DealerWire, job: Job, width: number): Program<void> =>
    product.dealer(this.c, at, x, this.weights, job, width);
  projection = (at: Address, x: DealerWire, job: Job): Program<Absorbed> =>
    projection.dealer(this.c, at, x, this.weights, job);
  lift = (at: Address, x: DealerWire, f: number, width: number): void => lift.dealer(this.c, at, x, f, width);
  scaleLift = (at: Address, r: DealerWire, x: DealerWire, f: number, width: number): void =>
    scaleLift.dealer(this.c, at, r, x, f, width);
  liftProduct = (at: Address, x: Lifted<DealerWire>, y: Lifted<DealerWire>, width: number): void =>
    liftProduct.dealer(this.c, at, x, y, width);
  liftSquare = (at: Address, x: Lifted<DealerWire>, width: number): void => liftSquare.dealer(this.c, at, x, width);
  sines = (at: Address, x: DealerWire, plan: SinesPlan, width: number): void =>
    sines.dealer(this.c, at, this.tables.sines(plan), x, width);
  scaleRows = (at: Address, r: DealerWire, x: DealerWire, width: number): void =>
    scaleRows.dealer(this.c, at, r, x, width);
  exp = (at: Address, x: DealerWire, scales: ExpScales, width: number): void =>
    exp.dealer(this.c, at, x, scales, width);
  compareDigits = (at: Address, x: DealerWire, comparison: Comparison): void =>
    compareDigits.dealer(this.c, at, x, comparison);
  compareBits = (at: Address, x: DealerWire, opened: DealerWire, comparison: Comparison): void =>
    compareBits.dealer(this.c, at, x, opened, comparison);
  selectLift = (at: Address, bit: DealerWire, x: DealerWire, f: number, width: number): void =>
    selectLift.dealer(this.c, at, bit, x, f, width);
  selectScaleLift = (at: Address, bit: DealerWire, r: DealerWire, x: DealerWire, f: number, width: number): void =>
    selectScaleLift.dealer(this.c, at, bit, r, x, f, width);
  signTable = (at: Address, x: DealerWire, bits: number): void => signTable.dealer(this.c, at, x, bits);

  noise = (at: Address, format: Format): DealerWire => this.#held(noise.dealer(this.c, at, format));
  arithmetic = (at: Address, x: DealerWire, width: number): void => arithmetic.dealer(this.c, at, x, width);
  rowSums(): void {}
  lookUp = (at: Address, x: DealerWire, values: () => Words, width: number): void =>
    lookUp.dealer(this.c, at, x, values(), width);
  paddedScores(): void {}

  storePrefix(layer: number, { heads, positions }: Jobs): void {
    const { keys, values } = this.#caches[layer];
    keys.put(heads, positions, this.weights.prefix(layer, 'prefixKeys'));
    values.put(heads, positions, this.weights.prefix(layer, 'prefixValues'));
  }
  store(layer: number, cache: CacheName, { heads, positions }: Jobs, x: DealerWire): void {
    this.#caches[layer][cache].put(heads, positions, x.mask);
  }
  scores(at: Address, q: DealerWire, groups: Groups, width: number): void {
    attention.scores.dealer(this.c, at, q, groups, this.#caches[at.layer].keys, this.shape.headDim, width);
  }
  weighted(at: Address, p: DealerWire, groups: Groups, width: number): void {
    attention.weighted.dealer(this.c, at, p, groups, this.#caches[at.layer].values, this.shape.headDim, width);
  }
  sums({ mask, width, scale }: DealerWire, groups: Groups): DealerWire {
    const sums = attention.sums(this.c.kernels, mask, groups, width);
    return { rows: sums.length, cols: 1, width, scale, mask: sums };
  }
  between(): void {}
  sumScores(): void {}
  shiftScores(): void {}
}
