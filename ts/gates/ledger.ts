/** The cost ledger: walks a program and adds up the formulas of its gates (protocol section 11). Holds formats, no values. */
import type { Address } from '../core/address.js';
import { FIXED, type NormPlan } from '../model/plan.js';
import type { Shape } from '../model/shape.js';
import type { Opening, Program } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import * as attention from './attention.js';
import type { Groups } from './attention.js';
import { type Comparison, compareBits, compareDigits } from './compare.js';
import { type Cost, FREE, opened, total } from './cost.js';
import { exp, type ExpScales } from './exp.js';
import type { Gates, MatrixName } from './gates.js';
import { lift, scaleLift, scaleRows } from './lift.js';
import { linear } from './linear.js';
import { lnDigits, lnParts, lnSelect } from './ln.js';
import { select } from './select.js';
import { sumSquares } from './sum-squares.js';
import { table } from './table.js';
import { narrow, truncate, view } from './truncate.js';

export class LedgerGates implements Gates<Format, void> {
  /** Cost per operation. */
  readonly byOp = new Map<number, Cost>();
  /** Rounds: one frame each way. */
  rounds = 0;
  /** Sections of the tape: one frame. */
  sections = 0;

  constructor(private readonly shape: Shape) {}

  /** Sum over all operations. */
  get total(): Cost {
    return total(...this.byOp.values());
  }

  #add({ op }: Address, cost: Cost): void {
    this.byOp.set(op, total(this.byOp.get(op) ?? FREE, cost));
  }

  rewind(): void {}
  *correlate(): Program<void> {
    this.sections++;
  }
  *open(_layer: number, _round: number, openings: readonly Opening<void>[]): Program<Format[]> {
    this.rounds++;
    for (const { at, rows, cols, width } of openings) this.#add(at, opened(rows * cols, width));
    return openings.map(({ rows, cols, width, scale }) => ({ rows, cols, width, scale }));
  }

  columns = (x: Format, from: number, to: number): Format => ({ ...x, cols: to - from });
  rowsFrom = (x: Format, row: number): Format => ({ ...x, rows: x.rows - row });
  view = view.format;
  narrow = narrow.format;
  truncate(at: Address, x: Format, f: number): Format {
    this.#add(at, truncate.cost(x, f));
    return view.format(x, f);
  }
  plus(): void {}
  bias(): void {}
  sumSquares = (at: Address, x: Format, width: number): void => this.#add(at, sumSquares.cost(x, width));
  rsqrt = (at: Address, norm: NormPlan, sum: Format): void => this.#add(at, table.cost(sum, norm.w, norm.kR));
  lnParts = (at: Address, z: Format): void => this.#add(at, lnParts.cost(z, FIXED.ln, FIXED.ln.width));
  lnDigits = (at: Address, z: Format, comparison: Comparison): void => this.#add(at, lnDigits.cost(z, comparison));
  lnSelect = (at: Address, digits: Format, parts: Format, comparison: Comparison): void =>
    this.#add(at, lnSelect.cost(digits, parts, comparison));
  *linear(at: Address, x: Format, _matrix: MatrixName, cols: number, width: number): Program<void> {
    this.#add(at, linear.cost(x, cols, width));
  }
  lift = (at: Address, x: Format, _f: number, width: number): void => this.#add(at, lift.cost(x, width));
  scaleLift = (at: Address, _r: Format, x: Format, _f: number, width: number): void =>
    this.#add(at, scaleLift.cost(x, width));
  scaleRows = (at: Address, _r: Format, x: Format, width: number): void => this.#add(at, scaleRows.cost(x, width));
  exp = (at: Address, x: Format, _scales: ExpScales, width: number): void => this.#add(at, exp.cost(x, width));
  compareDigits = (at: Address, x: Format, comparison: Comparison): void =>
    this.#add(at, compareDigits.cost(x, comparison));
  compareBits = (at: Address, x: Format, _opened: Format, comparison: Comparison): void =>
    this.#add(at, compareBits.cost(x, comparison));
  select = (at: Address, _bit: Format, x: Format): void => this.#add(at, select.cost(x));

  store(): void {}
  scores(at: Address, _q: Format, groups: Groups, _centers: readonly number[], width: number): void {
    this.#add(at, attention.scores.cost(groups, this.shape.headDim, width));
  }
  weighted(at: Address, _p: Format, groups: Groups, width: number): void {
    this.#add(at, attention.weighted.cost(groups, this.shape.headDim, width));
  }
  sums({ width, scale }: Format, { heads }: Groups): Format {
    return { rows: heads.length, cols: 1, width, scale };
  }
  between(): void {}
  sumScores(): void {}
  shiftScores(): void {}
}
