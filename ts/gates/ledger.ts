/** The cost ledger: walks a program and adds up the formulas of its gates. Holds formats, no values. */
import type { Address } from '../core/address.js';
import { FIXED, type NormPlan, type Plan, productBits } from '../plan/formats.js';
import type { SinesPlan } from '../plan/gate.js';
import type { Lane, Opening, Program } from '../wires/effects.js';
import { packedBytes } from '../wires/section.js';
import { type Format, sizeOf, type Words } from '../wires/wire.js';
import type { Groups } from './attention.js';
import * as attention from './attention.js';
import { compareBits, compareDigits, type Comparison } from './compare.js';
import { type Cost, FREE, opened, total } from './cost.js';
import { exp, type ExpScales } from './exp.js';
import type { Gates } from './gates.js';
import { type Lifted, liftProduct, liftSquare } from './lift-product.js';
import { sines } from './sines.js';
import { lift, scaleLift, scaleRows, selectLift, selectScaleLift } from './lift.js';
import { windowCount, windowDigits, windowParts, windowSelect } from './windows.js';
import { arithmetic, lookUp } from './padding.js';
import { type Job } from './product-spec.js';
import { product, projection } from './product.js';
import { signTable } from './sign-table.js';
import { sumSquares } from './sum-squares.js';
import { table } from './table.js';
import { narrow, truncate, view } from './truncate.js';

/** Cost of a layer. */
export interface LayerCost extends Cost {
  /** One frame each way. */
  readonly rounds: number;
  /** Of the tape: one frame. */
  readonly sections: number;
  /** What servers told the dealer: one frame. */
  readonly reveals: number;
  /** Exchanges of refills: one frame each way. */
  readonly refills: number;
}

type Frames = 'rounds' | 'sections' | 'reveals' | 'refills';

export class LedgerGates implements Gates<Format, void> {
  readonly #layers = new Map<number, LayerCost>();
  /** Of opened wires, by layer and operation. */
  readonly #widths = new Map<string, number>();

  /**
   * @param revealed the bits that are opened in the clear at an address; all ones unless given: the most that a step can cost
   * @param onCost hears what each operation costs
   */
  constructor(
    private readonly plan: Plan,
    private readonly revealed: (at: Address, count: number) => Words = (_at, count) =>
      new BigUint64Array(count).fill(1n),
    private readonly onCost: (at: Address, cost: Cost) => void = () => {},
  ) {}

  /** What one layer cost, or all together. */
  of(layer?: number): LayerCost {
    const chosen = layer === undefined ? [...this.#layers.values()] : [this.#layer(layer)];
    const sum = (field: Frames): number => chosen.reduce((n, one) => n + one[field], 0);
    const frames = { rounds: sum('rounds'), sections: sum('sections'), reveals: sum('reveals') };
    return { ...total(...chosen), ...frames, refills: sum('refills') };
  }

  /** Bits of an opened word of an operation; undefined where it opened none. */
  width({ layer, op }: Omit<Address, 'step'>): number | undefined {
    return this.#widths.get(`${layer}.${op}`);
  }

  #layer(layer: number): LayerCost {
    return this.#layers.get(layer) ?? { ...FREE, rounds: 0, sections: 0, reveals: 0, refills: 0 };
  }

  #count(layer: number, counts: Partial<LayerCost>): void {
    const now = this.#layer(layer);
    const { rounds = 0, sections = 0, reveals = 0, refills = 0, ...cost } = counts;
    this.#layers.set(layer, {
      ...total(now, { ...FREE, ...cost }),
      rounds: now.rounds + rounds,
      sections: now.sections + sections,
      reveals: now.reveals + reveals,
      refills: now.refills + refills,
    });
  }

  #add(at: Address, cost: Cost): void {
    this.#count(at.layer, cost);
    this.onCost(at, cost);
  }

  #addProduct(at: Address, { matrix }: Job, cost: Cost): void {
    const narrow = productBits(this.plan, at.layer, matrix) === 32;
    this.#add(at, { ...cost, narrowMacs: narrow ? cost.macs : 0 });
  }

  rewind(): void {}
  keep = (x: Format): Format => x;
  release(): void {}
  endAll(): void {}

  *correlate(_step: number, layer: number): Program<void> {
    this.#count(layer, { sections: 1 });
  }

  *open(layer: number, _round: number, openings: readonly Opening<void>[], lane: Lane = 'opening'): Program<Format[]> {
    this.#count(layer, lane === 'opening' ? { rounds: 1 } : { refills: 1 });
    for (const { at, rows, cols, width } of openings) {
      this.#add(at, opened(rows * cols, width));
      this.#widths.set(`${layer}.${at.op}`, width);
    }
    return openings.map(({ rows, cols, width, scale }) => ({ rows, cols, width, scale }));
  }

  *beside(program: Program<void>): Program<void> {
    yield* program;
  }
  *join(): Program<void> {}

  *reveal(at: Address, bits: Format): Program<Words> {
    this.#count(at.layer, { reveals: 2, onlineBytes: 2 * packedBytes(sizeOf(bits), 1) });
    return this.revealed(at, sizeOf(bits));
  }

  pick = (x: Format, rows: Uint32Array): Format => ({ ...x, rows: rows.length });
  stack = (parts: readonly Format[]): Format => ({
    ...parts[0],
    rows: parts.reduce((sum, { rows }) => sum + rows, 0),
  });
  view = view.format;
  difference = (x: Format): Format => x;
  narrow = narrow.format;
  truncate(at: Address, x: Format, f: number): Format {
    this.#add(at, truncate.cost(x, f));
    return view.format(x, f);
  }
  constant = (format: Format): Format => format;
  sum(): void {}
  rotate(): void {}
  plus(): void {}
  bias(): void {}
  sumSquares = (at: Address, x: Format, width: number): void => this.#add(at, sumSquares.cost(x, width));
  rsqrt = (at: Address, norm: NormPlan, sum: Format): void => this.#add(at, table.cost(sum, norm.w, norm.kR));
  lnParts = (at: Address, z: Format, width: number): void => this.#add(at, windowParts.cost(z, FIXED.ln, width));
  rootParts = (at: Address, norm: NormPlan, sum: Format): void =>
    this.#add(at, windowParts.cost(sum, windowCount(norm), norm.kR));
  windowDigits = (at: Address, z: Format, comparison: Comparison): void =>
    this.#add(at, windowDigits.cost(z, comparison));
  windowSelect = (at: Address, digits: Format, parts: Format, comparison: Comparison): void =>
    this.#add(at, windowSelect.cost(digits, parts, comparison));

  *product(at: Address, x: Format, job: Job, width: number): Program<void> {
    this.#addProduct(at, job, product.cost(x, job, width, this.plan.publicWeights));
  }

  *projection(at: Address, x: Format, job: Job): Program<void> {
    this.#addProduct(at, job, projection.cost(x, job, this.plan.publicWeights));
  }
  lift = (at: Address, x: Format, _f: number, width: number): void => this.#add(at, lift.cost(x, width));
  scaleLift = (at: Address, _r: Format, x: Format, _f: number, width: number): void =>
    this.#add(at, scaleLift.cost(x, width));
  liftProduct = (at: Address, x: Lifted<Format>, _y: Lifted<Format>, width: number): void =>
    this.#add(at, liftProduct.cost(x, width));
  liftSquare = (at: Address, x: Lifted<Format>, width: number): void => this.#add(at, liftSquare.cost(x, width));
  sines = (at: Address, x: Format, plan: SinesPlan, width: number): void => this.#add(at, sines.cost(x, plan, width));
  scaleRows = (at: Address, _r: Format, x: Format, width: number): void => this.#add(at, scaleRows.cost(x, width));
  exp = (at: Address, x: Format, scales: ExpScales, width: number): void => this.#add(at, exp.cost(x, scales, width));
  compareDigits = (at: Address, x: Format, comparison: Comparison): void =>
    this.#add(at, compareDigits.cost(x, comparison));
  compareBits = (at: Address, x: Format, _opened: Format, comparison: Comparison): void =>
    this.#add(at, compareBits.cost(x, comparison));
  selectLift = (at: Address, _bit: Format, x: Format, _f: number, width: number): void =>
    this.#add(at, selectLift.cost(x, width));
  selectScaleLift = (at: Address, _bit: Format, _r: Format, x: Format, _f: number, width: number): void =>
    this.#add(at, selectScaleLift.cost(x, width));
  signTable = (at: Address, x: Format, bits: number): void => this.#add(at, signTable.cost(x, bits));

  noise = (_at: Address, format: Format): Format => format;
  arithmetic = (at: Address, x: Format, width: number): void => this.#add(at, arithmetic.cost(x, width));
  rowSums(): void {}
  lookUp = (at: Address, x: Format, _values: () => Words, width: number): void => this.#add(at, lookUp.cost(x, width));
  paddedScores(): void {}

  storePrefix(): void {}
  store(): void {}
  scores(at: Address, _q: Format, groups: Groups, width: number): void {
    this.#add(at, attention.scores.cost(groups, this.plan.shape.headDim, width));
  }
  weighted(at: Address, _p: Format, groups: Groups, width: number): void {
    this.#add(at, attention.weighted.cost(groups, this.plan.shape.headDim, width));
  }
  sums({ width, scale }: Format, { heads }: Groups): Format {
    return { rows: heads.length, cols: 1, width, scale };
  }
  between(): void {}
  sumScores(): void {}
  shiftScores(): void {}
}
