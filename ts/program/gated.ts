/**
 * A feed-forward half other than OPT's (docs/protocol.md section 3.10), for any set of (row, neuron) pairs: gated by ReLU, FATReLU, SiLU or
 * GELU, or squared. What belongs to another neuron is skipped altogether, in all matrices.
 */
import { OP } from '../core/address.js';
import { allPairs, type Pairs, pairsOf } from '../gates/sets.js';
import { signWidth } from '../plan/formats.js';
import { type Opening, type Program, SECTION } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { type Factors, GatedHalf } from './gated-half.js';

/** What is opened beside the rounds of a sign: each round from what the one before gave. */
type Beside<W, S> = readonly ((before: readonly W[]) => readonly Opening<S>[])[];

export class GatedFeedForward<W extends Format, S> extends GatedHalf<W, S> {
  /** x1 to x2. */
  *run(x: W, pairs: Pairs): Program<W> {
    const xs = this.input(x);
    const gated = this.gate.matrix ? [yield* this.rawGate(xs, pairs)] : [];
    const [sum, ...raw] = yield* this.open(this.squares(x), ...gated, yield* this.rawUp(xs, pairs));
    const [up, gate] = [raw.pop()!, raw.pop()];
    const a = yield* this.#activations(sum, { gate, up }, pairs);
    return yield* this.down(x, a, pairs);
  }

  *#activations(sum: W, raw: Factors<W>, pairs: Pairs): Program<W> {
    const { way } = this.gate;
    if (way === 'squares') return yield* this.#bySquares(sum, raw, pairs);
    const [r] = yield* this.open(...(yield* this.roots(sum, this.p.normB.kR)));
    const gated = raw.gate ? [this.scaledGate(r, raw.gate, pairs)] : [];
    const scaled = yield* this.open(...gated, this.scaledUp(r, raw.up, pairs));
    this.g.release(...(raw.gate ? [raw.gate] : []), raw.up);
    const [up, gate] = [scaled.pop()!, scaled.pop()];
    return yield* way === 'sines' ? this.#bySines({ gate, up }, pairs) : this.#bySigns({ gate, up }, pairs);
  }

  /** The raw products with each other, times `r²`, while the gate's sign is computed. */
  *#bySquares(sum: W, raw: Factors<W>, pairs: Pairs): Program<W> {
    const { g, p } = this;
    const { product } = this.gate;
    const [root, threshold] = yield* this.roots(sum, p.normB.kR);
    const first = [root, this.multiplied(raw, pairs, this.#rawShifts, product!.k)];
    let [r, multiplied]: readonly W[] = [];
    const scaled = (before: readonly W[]): readonly Opening<S>[] => {
      [r, multiplied] = before;
      return p.fused ? [] : [this.squared(r, multiplied, pairs, p.kUh)];
    };
    let compared = raw.gate ?? raw.up;
    let rounds: Beside<W, S> = [() => first, scaled];
    if (threshold) {
      const [least, ...opened] = yield* this.open(threshold, ...first);
      compared = g.difference(compared, g.pick(least, pairs.rowOf));
      rounds = [() => scaled(opened)];
    }
    const { bit, last } = yield* this.#sign(compared, false, rounds);
    if (!p.fused) return yield* this.#chosen(bit, last[0], pairs);
    const wide = this.plan.wx + p.fUh;
    const { f } = product!;
    const share = g.selectScaleLift(this.at(OP.uh), bit, g.pick(r, pairs.rowOf), multiplied, f, wide);
    const [active] = yield* this.open(this.ofPairs(OP.uh, share, pairs, this.scaleA + p.fUh, wide));
    return g.truncate(this.at(OP.relu), active, p.fUh);
  }

  /** The product of the scaled ones, while the gate's sign is computed. */
  *#bySigns(factors: Factors<W>, pairs: Pairs): Program<W> {
    const inner = factors.gate ?? factors.up;
    const { bit, last } = yield* this.#sign(this.#overThreshold(inner), false, this.#factor(factors, pairs));
    return yield* this.#chosen(bit, last[0] ?? inner, pairs);
  }

  /** The gate less a half by sines; the half is added where the last product lifts it. */
  *#bySines({ gate, up }: Factors<W>, pairs: Pairs): Program<W> {
    const { g, p, plan } = this;
    const sines = this.gate.sines!;
    const inner = gate ?? up;
    const phase = g.narrow(g.view(inner, inner.scale - sines.scale), sines.width);
    const share = g.sines(this.at(OP.sines), phase, sines, sines.k);
    const opened = this.ofPairs(OP.sines, share, pairs, sines.publicBits + sines.dealtBits, sines.k);
    const factors = gate ? [this.multiplied({ gate, up }, pairs, this.#shifts, this.gate.product!.k)] : [];
    const [odd, factor = up] = yield* this.open(opened, ...factors);
    const x = { wire: odd, f: sines.f, plus: 1n << BigInt(odd.scale - sines.f - 1) };
    const y = { wire: factor, f: gate ? this.gate.product!.f : p.fUh };
    const wide = plan.wx + sines.fA;
    const product = g.liftProduct(this.at(OP.relu), x, y, wide);
    const [a] = yield* this.open(this.ofPairs(OP.relu, product, pairs, this.scaleA + sines.fA, wide));
    return g.truncate(this.at(OP.relu), a, sines.fA);
  }

  /**
   * x1 to x2 with the neurons that are active, no more and no less: the signs of all gates are computed, and opened in the order of the
   * shuffle. What else a neuron needs is computed for those that are active, the up-projection included.
   */
  *exact(x: W): Program<W> {
    const { g, plan } = this;
    const { rows } = this.step;
    const { ffn } = plan.shape;
    const all = allPairs(rows, ffn);
    const xs = this.input(x);
    const gated = this.gate.matrix !== undefined;
    const [sum, raw] = yield* this.open(this.squares(x), yield* gated ? this.rawGate(xs, all) : this.rawUp(xs, all));
    const { bit, r, inner } = yield* this.#exactSigns(sum, raw, all);
    yield* g.correlate(this.step.step, this.place.layer, SECTION.predicted);
    const pairs = pairsOf(yield* g.reveal(this.at(OP.signBit), bit), { rows, ffn, heads: 0 });
    const chosen = g.pick(inner, pairs.neurons.map((neuron, i) => pairs.rowOf[i] * ffn + neuron)); // prettier-ignore
    const last = yield* this.#exactFactor(xs, r, chosen, pairs);
    const { f } = this.lastFactor;
    if (last.width - f === plan.wx) return yield* this.down(x, g.truncate(this.at(OP.relu), last, f), pairs);
    const share = g.lift(this.at(OP.relu), last, f, plan.wx);
    const [a] = yield* this.open(this.ofPairs(OP.relu, share, pairs, this.scaleA, plan.wx));
    return yield* this.down(x, a, pairs);
  }

  /** The signs in the clear, and what they are of: raw products by squares, else scaled ones. */
  *#exactSigns(sum: W, raw: W, all: Pairs): Program<{ bit: W; r: W; inner: W }> {
    const { g, p } = this;
    const squares = this.gate.way === 'squares';
    const [root, threshold] = yield* this.roots(sum, squares ? Math.max(p.normB.kR, this.#exactWidth) : p.normB.kR);
    if (squares && !threshold) {
      const { bit, last } = yield* this.#sign(raw, true, [() => [root]]);
      return { bit, r: last[0], inner: raw };
    }
    const [r, least] = yield* this.open(root, ...(threshold ? [threshold] : []));
    if (least) {
      const { bit } = yield* this.#sign(g.difference(raw, g.pick(least, all.rowOf)), true, []);
      return { bit, r, inner: raw };
    }
    const [inner] = yield* this.open(this.gate.matrix ? this.scaledGate(r, raw, all) : this.scaledUp(r, raw, all));
    const { bit } = yield* this.#sign(this.#overThreshold(inner), true, []);
    return { bit, r, inner };
  }

  /** What an active neuron's activation is lifted from, as wide as a reduction needs it where a word has room. */
  *#exactFactor(xs: W, r: W, inner: W, pairs: Pairs): Program<W> {
    const squares = this.gate.way === 'squares';
    const width = this.#exactWidth;
    let factors: Factors<W> = { up: inner };
    if (this.gate.matrix) {
      const [up] = yield* this.open(yield* this.rawUp(xs, pairs));
      const [scaled] = squares ? [up] : yield* this.open(this.scaledUp(r, up, pairs));
      factors = { gate: inner, up: scaled };
    }
    if (squares) {
      const [product] = yield* this.open(this.multiplied(factors, pairs, this.#rawShifts, this.gate.product!.k));
      const [scaled] = yield* this.open(this.squared(r, product, pairs, width));
      return scaled;
    }
    let last: readonly W[] = [];
    for (const next of this.#factor(factors, pairs, width)) last = yield* this.open(...next(last));
    return last[0] ?? inner;
  }

  get #exactWidth(): number {
    const { k, f } = this.lastFactor;
    const wide = this.plan.wx + f;
    return k <= wide && wide <= 64 ? wide : k;
  }

  /** Shifts of the raw products, and of the scaled ones. */
  get #rawShifts(): Factors<number> {
    return { gate: this.gate.matrix?.f, up: this.p.fLiftU };
  }
  get #shifts(): Factors<number> {
    return { gate: this.gate.scaled?.f, up: this.p.fUh };
  }

  /** The rounds of the last factor by signs, none where it is `r u` itself; it is opened `width` wide, as planned unless given. */
  #factor(factors: Factors<W>, pairs: Pairs, width = this.lastFactor.k): Beside<W, S> {
    const { product, cube } = this.gate;
    if (!product) return [];
    const first = (k: number) => () => [this.multiplied(factors, pairs, this.#shifts, k)];
    if (!cube) return [first(width)];
    return [first(product.k), ([before]) => [this.cubed(factors.gate!, before, pairs, width)]];
  }

  /** A scaled gate, less FATReLU's threshold where it has one. */
  #overThreshold(inner: W): W {
    const { activation } = this.gate;
    if (activation.kind !== 'fatrelu') return inner;
    const { rows, cols, scale, width } = inner;
    const units = BigInt(Math.round(activation.threshold * 2 ** scale));
    return this.g.difference(inner, this.g.constant({ rows, cols, scale, width }, BigInt.asUintN(width, units)));
  }

  /**
   * Whether wires are at least zero, masked or in the clear: two rounds by digits, one by a table. `beside` opens in the same rounds, and
   * in rounds of its own after them.
   */
  *#sign(x: W, clear: boolean, beside: Beside<W, S>): Program<{ bit: W; last: readonly W[] }> {
    const { g, p } = this;
    const top = p.signTable ? x : g.view(x, x.width - signWidth(p));
    let [digits, bit]: W[] = [];
    let last: readonly W[] = [];
    for (let i = 0; !bit || i < beside.length; i++) {
      const others = i < beside.length ? beside[i](last) : [];
      const sign = bit ? [] : [this.#signRound(top, digits, clear)];
      if (others.length + sign.length === 0) break;
      const opened = yield* this.open(...sign, ...others);
      if (sign.length > 0) {
        const result = opened.shift()!;
        if (p.signTable || digits) bit = result;
        else digits = result;
      }
      if (others.length > 0) last = opened;
    }
    return { bit: bit!, last };
  }

  #signRound(top: W, digits: W | undefined, clear: boolean): Opening<S> {
    const { signTable } = this.p;
    if (signTable) return this.tableBit(top, signTable, clear);
    return digits ? { ...this.signBit(top, digits), clear } : this.signDigits(top);
  }

  /** `b` times the last factor, at the stream's width. */
  *#chosen(bit: W, factor: W, pairs: Pairs): Program<W> {
    const { g, plan } = this;
    const share = g.selectLift(this.at(OP.relu), bit, factor, this.lastFactor.f, plan.wx);
    const [a] = yield* this.open(this.ofPairs(OP.relu, share, pairs, this.scaleA, plan.wx));
    return a;
  }
}
