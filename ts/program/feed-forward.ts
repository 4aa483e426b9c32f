/**
 * The feed-forward half of a layer (docs/protocol.md section 3): five rounds, seven with biases, one fewer with signs by table (3.2), for
 * any set of (row, neuron) pairs. What belongs to another neuron is skipped altogether: products, openings, comparisons and correlations.
 */
import { OP } from '../core/address.js';
import { allPairs, type Pairs, pairsOf } from '../gates/sets.js';
import { signWidth, uhWidth } from '../plan/formats.js';
import { type Opening, type Program, SECTION } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { type Carried, everyRow } from './layer.js';
import type { RootOps } from './root.js';
import { SignedHalf } from './signs.js';

/** Operations of the norm's root. */
const ROOT: RootOps = { r: OP.rB, digits: OP.rBDigits, parts: OP.rBParts };

/** Whether each pre-activation is at least zero and what else is open by then. */
interface Signs<W> {
  readonly bit: W;
  readonly r: W;
  /** `r u`; absent where it is left for those neurons that the signs choose, or for a product with them. */
  readonly scaled?: W;
}

export class FeedForward<W extends Format, S> extends SignedHalf<W, S> {
  /** Of a post-norm layer: the norm's output, which is opened in the first round after `r`, and lifted in the next where it is narrow. */
  #rider?: () => Opening<S>;
  #normed?: W;

  /** x1 to x2. */
  *run(x: W, pairs: Pairs): Program<W> {
    const { g, p, plan } = this;
    const { u, sum } = yield* this.#preActivations(x, pairs);
    const { bit, r, scaled } = yield* p.bias
      ? this.#scaledSigns(x, u, sum, pairs, false)
      : this.#signs(x, u, sum, pairs, false);
    if (!scaled) {
      const [active] = yield* this.#round(this.#fused(bit, r, u, pairs));
      return yield* this.#down(x, g.truncate(this.at(OP.relu), active, p.fUh), pairs);
    }
    const selected = g.selectLift(this.at(OP.relu), bit, scaled, p.fUh, plan.wx);
    g.release(bit, scaled);
    const [a] = yield* this.#round(this.#lifted(scaled, selected));
    return yield* this.#down(x, a, pairs);
  }

  /**
   * x1 to x2 with the neurons that are active, no more and no less: all signs are computed, and opened in the order of the shuffle. What
   * comes after them is skipped for the others. The dealer learns the signs after the third round, and the servers wait for its answer.
   */
  *exact(x: W): Program<W> {
    const { g, p, plan } = this;
    const { ffn } = plan.shape;
    const { rows } = this.step;
    const all = allPairs(rows, ffn);
    const { u, sum } = yield* this.#preActivations(x, all);
    const { bit, r, scaled } = yield* p.bias
      ? this.#scaledSigns(x, u, sum, all, true)
      : this.#signs(x, u, sum, all, true);
    yield* g.correlate(this.step.step, this.place.layer, SECTION.predicted);
    const pairs = pairsOf(yield* g.reveal(this.at(OP.signBit), bit), { rows, ffn, heads: 0 });
    const places = pairs.neurons.map((neuron, i) => pairs.rowOf[i] * ffn + neuron);
    let active = scaled && g.pick(scaled, places);
    if (!active) {
      [active] = yield* this.#round(this.#scaledUp(r, g.pick(u, places), pairs, true));
    }
    if (active.width - p.fUh === plan.wx)
      return yield* this.#down(x, g.truncate(this.at(OP.relu), active, p.fUh), pairs);
    // A word has no room for that width: the lift takes a round of its own.
    const [a] = yield* this.#round(this.#lifted(active, g.lift(this.at(OP.relu), active, p.fUh, plan.wx)));
    return yield* this.#down(x, a, pairs);
  }

  /** What a share of `r u`, lifted to the stream's width, is opened as. */
  #lifted({ rows, scale }: W, share: S): Opening<S> {
    return this.opening(OP.relu, share, rows, 1, scale - this.p.fUh, this.plan.wx);
  }

  /** `r`; as wide as what is multiplied by it. */
  *#rootB(sum: W, exact: boolean): Program<Opening<S>> {
    const { plan, p } = this;
    return yield* this.root(ROOT, sum, { ...p.normB, kR: Math.max(p.normB.kR, uhWidth(plan, p, exact)) });
  }

  /** The first round: pre-activations before the norm, and the norm's sum. */
  *#preActivations(x: W, pairs: Pairs): Program<{ u: W; sum: W }> {
    const { g, p } = this;
    const x6 = g.truncate(this.at(OP.sumB), x, p.normB.fx6);
    const xs = g.truncate(this.at(OP.up), x, p.normB.fx);
    const up = yield* g.product(this.at(OP.up), xs, { kind: 'dots', matrix: 'up', pairs }, p.kU);
    const [sum, u] = yield* this.open(
      this.sum(OP.sumB, x6, p.normB),
      this.opening(OP.up, up, pairs.neurons.length, 1, p.normB.sxs + p.swUp, p.kU),
    );
    return { u, sum };
  }

  /** Has the norm's output opened in the next round, where the layer adds it. */
  #ride(r: W, x: W): void {
    const carried = this.#carried;
    if (!carried) return;
    const opening = this.normed(carried, r, x);
    this.#rider = () => opening;
  }

  get #carried(): Carried | undefined {
    const { postNorm, sLiftU } = this.p;
    return postNorm && { op: OP.nB, lift: OP.nBLift, f: postNorm.fB, sLift: sLiftU, narrow: postNorm.kB };
  }

  /** One round, with what rides in it. */
  *#round(...openings: readonly Opening<S>[]): Program<W[]> {
    const riding = this.#rider ? [this.#rider()] : [];
    this.#rider = undefined;
    const wires = yield* this.open(...openings, ...riding);
    if (riding.length > 0) this.#carry(wires.pop()!);
    return wires;
  }

  /** Takes the norm's output as it was opened. */
  #carry(n: W): void {
    const carried = this.#carried!;
    if (!this.#normed && carried.narrow !== undefined) this.#rider = () => this.liftedNorm(carried, n);
    this.#normed = n;
  }

  /** The last round: x2 from the activations of some pairs. */
  *#down(x: W, a: W, pairs: Pairs): Program<W> {
    const { g, plan } = this;
    const { rows } = this.step;
    const { width: d } = plan.shape;
    const down = yield* g.product(this.at(OP.x2), a, { kind: 'combine', matrix: 'down', pairs, cols: d }, plan.wx);
    const { postNorm } = this.p;
    const reduces = postNorm !== undefined && postNorm.kB === undefined;
    const n = reduces ? g.truncate(this.at(OP.nB), this.#normed!, postNorm.fB) : this.#normed;
    const added = yield* this.added(OP.nB, down, x, n, 'skipB');
    const sum = this.biased(OP.x2, added, 'downBias', () => everyRow(rows, d));
    const [x2] = yield* this.last(this.opening(OP.x2, sum, rows, d, plan.sx, plan.wx));
    return x2;
  }

  /**
   * The sign of u, which is that of `r u` because r is positive, compared while r is being computed: in two rounds by digits, in one by
   * table. Masked, or in the clear; `r u` comes beside it where it is not to be multiplied by the sign, or left for those that it chooses.
   */
  *#signs(x: W, u: W, sum: W, pairs: Pairs, clear: boolean): Program<Signs<W>> {
    const { g, p } = this;
    const root = yield* this.#rootB(sum, clear);
    if (p.signTable) {
      const [r, bit] = yield* this.open(root, this.tableBit(u, p.signTable, clear));
      this.#ride(r, x);
      return { bit, r };
    }
    const top = g.view(u, p.kU - signWidth(p));
    const [r, digits] = yield* this.open(root, this.signDigits(top));
    this.#ride(r, x);
    const sign = { ...this.signBit(top, digits), clear };
    g.release(top, digits);
    const beside = clear || p.fused ? [] : [this.#scaledUp(r, u, pairs, clear)];
    if (beside.length > 0) g.release(u);
    const [bit, scaled] = yield* this.#round(sign, ...beside);
    return { bit, r, scaled };
  }

  /** `r u + b` and its sign, masked or in the clear, which is known only once that is open: two rounds more. */
  *#scaledSigns(x: W, u: W, sum: W, pairs: Pairs, clear: boolean): Program<Signs<W>> {
    const { g, p } = this;
    const [r] = yield* this.open(yield* this.#rootB(sum, clear));
    this.#ride(r, x);
    const [scaled] = yield* this.#round(this.#scaledUp(r, u, pairs, clear));
    if (p.signTable) {
      const [bit] = yield* this.#round(this.tableBit(scaled, p.signTable, clear));
      return { bit, r, scaled };
    }
    const top = g.view(g.narrow(scaled, p.kUh), p.kUh - signWidth(p));
    const [digits] = yield* this.#round(this.signDigits(top));
    const [bit] = yield* this.open({ ...this.signBit(top, digits), clear });
    return { bit, r, scaled };
  }

  /** `b r u` of one product. */
  #fused(bit: W, r: W, u: W, { rowOf }: Pairs): Opening<S> {
    const { g, p, plan } = this;
    const wide = plan.wx + p.fUh;
    const share = g.selectScaleLift(this.at(OP.uh), bit, g.pick(r, rowOf), u, p.fLiftU, wide);
    return this.opening(OP.uh, share, u.rows, 1, p.sLiftU + p.normB.sr, wide);
  }

  #scaledUp(r: W, u: W, { rowOf, neurons }: Pairs, exact: boolean): Opening<S> {
    const { g, p, plan } = this;
    const width = uhWidth(plan, p, exact);
    const roots = g.pick(r, rowOf);
    const product = g.scaleLift(this.at(OP.uh), roots, u, p.fLiftU, width);
    g.release(roots);
    const share = this.biased(OP.uh, product, 'upBias', () => neurons);
    return this.opening(OP.uh, share, u.rows, 1, p.sLiftU + p.normB.sr, width);
  }
}
