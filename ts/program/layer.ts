/** What the two halves of a layer's program have in common: where their wires live, and how shares are opened. */
import type { Address } from '../core/address.js';
import type { Gates } from '../gates/gates.js';
import { allPairs } from '../gates/sets.js';
import { type BiasName, hasBias, type LayerPlan, type NormPlan, type Plan } from '../plan/formats.js';
import { type RootOps, rootShare } from './root.js';
import { hasManyRows, type StepShape } from '../plan/step.js';
import { type Opening, type Program, SECTION } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';

/** Everything that a layer's program is made from, on one party's gates. */
export interface Place<W extends Format, S> {
  readonly g: Gates<W, S>;
  readonly plan: Plan;
  readonly p: LayerPlan;
  readonly step: StepShape;
  readonly layer: number;
  /** Numbers the layer's rounds: both halves count on. */
  readonly rounds: Rounds;
}

/** Numbers of rounds, from 1 on. */
export class Rounds {
  #count = 0;
  next = (): number => ++this.#count;
}

/** How a post-norm layer carries on the output of a norm. */
export interface Carried {
  /** Operations of the product with `r`, and of its lift where that is opened narrow. */
  readonly op: number;
  readonly lift: number;
  /** Shift to its scale in the residual. */
  readonly f: number;
  /** Scale of the stream that is multiplied by `r`. */
  readonly sLift: number;
  /** Width of the product where the stream's and the shift are more than a word. */
  readonly narrow?: number;
}

export class LayerHalf<W extends Format, S> {
  protected readonly g: Gates<W, S>;
  protected readonly plan: Plan;
  protected readonly p: LayerPlan;
  protected readonly step: StepShape;
  /** Whether every round has a section of the tape of its own. */
  private readonly sectioned: boolean;

  /** @param sectioned false where what is computed is told on the way: its section is one, and another layer's refills may wait for theirs */
  constructor(
    protected readonly place: Place<W, S>,
    sectioned = true,
  ) {
    ({ g: this.g, plan: this.plan, p: this.p, step: this.step } = place);
    this.sectioned = sectioned && hasManyRows(this.step);
  }

  protected readonly at = (op: number): Address => ({ step: this.step.step, layer: this.place.layer, op });

  /** A round that others follow. */
  protected *open(...openings: readonly Opening<S>[]): Program<W[]> {
    const wires = yield* this.last(...openings);
    if (this.sectioned) yield* this.g.correlate(this.step.step, this.place.layer, SECTION.next);
    return wires;
  }

  /** The last round. */
  protected last(...openings: readonly Opening<S>[]): Program<W[]> {
    return this.g.open(this.place.layer, this.place.rounds.next(), openings);
  }

  protected opening(
    op: number,
    share: S,
    rows: number,
    cols: number,
    scale: number,
    width: number,
    xor = false,
  ): Opening<S> {
    return { at: this.at(op), share, rows, cols, scale, width, xor };
  }

  /** Adds a bias where the layer has one: `index` says which of its elements goes to which of the share. */
  protected biased(op: number, share: S, name: BiasName, index: () => Uint32Array): S {
    return hasBias(this.p, name) ? this.g.bias(this.at(op), share, name, index()) : share;
  }

  protected sum(op: number, x6: W, norm: NormPlan): Opening<S> {
    return this.opening(op, this.g.sumSquares(this.at(op), x6, norm.kSum), x6.rows, 1, 2 * norm.s6, norm.kSum);
  }

  /**
   * What a post-norm layer adds, opened: the output `r x` of the norm before, or x itself where `r` is not given
   * (docs/protocol.md section 3.3).
   */
  protected normed({ op, f, sLift, narrow }: Carried, r: W | undefined, x: W): Opening<S> {
    const { g, plan } = this;
    const { width: d } = plan.shape;
    const at = this.at(op);
    if (!r) return this.opening(op, g.lift(at, x, f, plan.wx), x.rows, d, plan.sx - f, plan.wx);
    const wide = narrow ?? plan.wx + f;
    return this.opening(op, g.scaleLift(at, r, x, plan.sx - sLift, wide), x.rows, d, sLift + r.scale, wide);
  }

  /** A norm's output that was opened narrow, lifted to the stream's width, to open. */
  protected liftedNorm({ lift, f }: Carried, n: W): Opening<S> {
    const { g, plan } = this;
    return this.opening(lift, g.lift(this.at(lift), n, f, plan.wx), n.rows, n.cols, n.scale - f, plan.wx);
  }

  /** The share of `y` and the residual: x, or of a post-norm layer the norm's output `n` times a matrix. */
  protected *added(op: number, y: S, x: W, n: W | undefined, matrix: 'skipA' | 'skipB'): Program<S> {
    const { g, plan } = this;
    if (!n) return g.plus(y, x);
    const job = { kind: 'dense', matrix, cols: plan.shape.width } as const;
    return g.sum(y, yield* g.product(this.at(op), n, job, plan.wx));
  }

  /** The norm's `r`, to open: by one table, or a round later by windows. */
  protected *root(ops: RootOps, sum: W, norm: NormPlan): Program<Opening<S>> {
    const share = yield* rootShare({ g: this.g, at: this.at, ops, norm, sum }, (...all) => this.open(...all));
    return this.opening(ops.r, share, sum.rows, 1, norm.sr, norm.kR);
  }
}

/** `0, 1, .. count - 1`, from `from` on. */
export function range(count: number, from = 0): Uint32Array {
  const all = new Uint32Array(count);
  for (let i = 0; i < count; i++) all[i] = from + i;
  return all;
}
/** The elements of a row, for each of so many rows. */
export const everyRow = (rows: number, cols: number): Uint32Array => allPairs(rows, cols).neurons;
/** Elements of blocks of `size`. */
export function elementsOf(blocks: Uint32Array, size: number): Uint32Array {
  const all = new Uint32Array(blocks.length * size);
  for (let i = 0; i < all.length; i++) all[i] = blocks[Math.floor(i / size)] * size + (i % size);
  return all;
}
/** One list after another. */
export function joined(...lists: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(lists.reduce((sum, list) => sum + list.length, 0));
  lists.reduce((at, list) => (all.set(list, at), at + list.length), 0);
  return all;
}
