/**
 * The feed-forward half of a layer (docs/protocol.md section 3): five rounds, seven with biases, for any set of (row, neuron) pairs. What
 * belongs to another neuron is skipped altogether: products, openings, comparisons and correlations.
 */
import { OP } from '../core/address.js';
import { type Comparison, openedBits } from '../gates/compare.js';
import { allPairs, type Pairs, pairsOf } from '../gates/sets.js';
import { type Opening, type Program, SECTION } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { everyRow, LayerHalf } from './layer.js';
import { FIXED } from './plan.js';

const SIGN: Comparison = { thresholds: BigUint64Array.of(0n), digits: Uint8Array.from(FIXED.sign.digits) };

/** The round in which it begins. */
const FIRST = 11;

/** Scaled pre-activations, whether each is at least zero, and the round that opened the latter. */
interface Activation<W> {
  readonly bit: W;
  readonly scaled: W;
  readonly round: number;
}

/** Signs in the clear, and the round that opened them. */
interface Signs<W> {
  readonly bits: W;
  readonly r: W;
  /** All scaled pre-activations, where they are open already. */
  readonly scaled?: W;
  readonly round: number;
}

export class FeedForward<W extends Format, S> extends LayerHalf<W, S> {
  /** x1 to x2. */
  *run(x: W, pairs: Pairs): Program<W> {
    const { g, p, plan } = this;
    const { rows } = this.step;
    const { width: d } = plan.shape;
    const count = pairs.neurons.length;

    const x6 = g.truncate(this.at(OP.sumB), x, p.normB.fx6);
    const xs = g.truncate(this.at(OP.up), x, p.normB.fx);
    const up = yield* g.product(this.at(OP.up), xs, { kind: 'dots', matrix: 'up', pairs }, p.kU);
    const [sum, u] = yield* this.open(
      FIRST,
      this.sum(OP.sumB, x6, p.normB),
      this.opening(OP.up, up, count, 1, p.normB.sxs + p.swUp, p.kU),
    );

    const { bit, scaled, round } = yield* p.bias
      ? this.#scaledSigns(u, sum, pairs, p.bias.kSign)
      : this.#signs(u, sum, pairs);
    const uh = g.truncate(this.at(OP.relu), scaled, p.fUh);
    const [a] = yield* this.open(
      round + 1,
      this.opening(OP.relu, g.select(this.at(OP.relu), bit, uh), count, 1, uh.scale, plan.wx),
    );
    const down = yield* g.product(this.at(OP.x2), a, { kind: 'combine', matrix: 'down', pairs, cols: d }, plan.wx);
    const sum2 = this.biased(OP.x2, g.plus(down, x), 'downBias', () => everyRow(rows, d));
    const [x2] = yield* this.open(round + 2, this.opening(OP.x2, sum2, rows, d, plan.sx, plan.wx));
    return x2;
  }

  /**
   * x1 to x2 with the neurons that are active, no more and no less: all signs are computed, and opened in the order of the shuffle. What
   * comes after them is skipped for the others. The dealer learns the signs after the third round, and the servers wait for its answer.
   */
  *exact(x: W): Program<W> {
    const { g, p, plan } = this;
    const { rows } = this.step;
    const { width: d, ffn } = plan.shape;
    const all = allPairs(rows, ffn);
    const x6 = g.truncate(this.at(OP.sumB), x, p.normB.fx6);
    const xs = g.truncate(this.at(OP.up), x, p.normB.fx);
    const up = yield* g.product(this.at(OP.up), xs, { kind: 'dots', matrix: 'up', pairs: all }, p.kU);
    const [sum, u] = yield* this.open(
      FIRST,
      this.sum(OP.sumB, x6, p.normB),
      this.opening(OP.up, up, rows * ffn, 1, p.normB.sxs + p.swUp, p.kU),
    );
    const { bits, r, scaled, round } = yield* p.bias
      ? this.#exactScaledSigns(u, sum, all, p.bias.kSign)
      : this.#exactSigns(u, sum);
    yield* g.correlate(this.step.step, this.place.layer, SECTION.predicted);
    const pairs = pairsOf(yield* g.reveal(this.at(OP.signBit), bits), { rows, ffn, heads: 0 });
    const places = pairs.neurons.map((neuron, i) => pairs.rowOf[i] * ffn + neuron);
    let active = scaled && g.pick(scaled, places);
    let last = round + 1;
    if (!active) {
      [active] = yield* this.open(round + 1, this.#scaledUp(r, g.pick(u, places), pairs));
      last++;
    }
    const a = g.truncate(this.at(OP.relu), active, p.fUh);
    const down = yield* g.product(this.at(OP.x2), a, { kind: 'combine', matrix: 'down', pairs, cols: d }, plan.wx);
    const sum2 = this.biased(OP.x2, g.plus(down, x), 'downBias', () => everyRow(rows, d));
    const [x2] = yield* this.open(last, this.opening(OP.x2, sum2, rows, d, plan.sx, plan.wx));
    return x2;
  }

  *#exactSigns(u: W, sum: W): Program<Signs<W>> {
    const top = this.g.view(u, this.p.kU - FIXED.sign.width);
    const [r, digits] = yield* this.open(FIRST + 1, this.root(OP.rB, sum, this.p.normB), this.#signDigits(top));
    const [bits] = yield* this.open(FIRST + 2, { ...this.#signBit(top, digits), clear: true });
    return { bits, r, round: FIRST + 2 };
  }

  /** With biases signs are those of what is scaled already. */
  *#exactScaledSigns(u: W, sum: W, all: Pairs, kSign: number): Program<Signs<W>> {
    const { g } = this;
    const [r] = yield* this.open(FIRST + 1, this.root(OP.rB, sum, this.p.normB));
    const [scaled] = yield* this.open(FIRST + 2, this.#scaledUp(r, u, all));
    const top = g.view(g.narrow(scaled, kSign), kSign - FIXED.sign.width);
    const [digits] = yield* this.open(FIRST + 3, this.#signDigits(top));
    const [bits] = yield* this.open(FIRST + 4, { ...this.#signBit(top, digits), clear: true });
    return { bits, r, scaled, round: FIRST + 4 };
  }

  /** Two rounds: `r u` and, because r is positive, the sign of u, compared while r is being computed. */
  *#signs(u: W, sum: W, pairs: Pairs): Program<Activation<W>> {
    const top = this.g.view(u, this.p.kU - FIXED.sign.width);
    const [r, digits] = yield* this.open(FIRST + 1, this.root(OP.rB, sum, this.p.normB), this.#signDigits(top));
    const [bit, scaled] = yield* this.open(FIRST + 2, this.#signBit(top, digits), this.#scaledUp(r, u, pairs));
    return { bit, scaled, round: FIRST + 2 };
  }

  /** Four rounds: `r u + b` and its sign, which is known only once that is open. */
  *#scaledSigns(u: W, sum: W, pairs: Pairs, kSign: number): Program<Activation<W>> {
    const { g } = this;
    const [r] = yield* this.open(FIRST + 1, this.root(OP.rB, sum, this.p.normB));
    const [scaled] = yield* this.open(FIRST + 2, this.#scaledUp(r, u, pairs));
    const top = g.view(g.narrow(scaled, kSign), kSign - FIXED.sign.width);
    const [digits] = yield* this.open(FIRST + 3, this.#signDigits(top));
    const [bit] = yield* this.open(FIRST + 4, this.#signBit(top, digits));
    return { bit, scaled, round: FIRST + 4 };
  }

  #scaledUp(r: W, u: W, { rowOf, neurons }: Pairs): Opening<S> {
    const { g, p, plan } = this;
    const wide = plan.wx + p.fUh;
    const product = g.scaleLift(this.at(OP.uh), g.pick(r, rowOf), u, p.fLiftU, wide);
    const share = this.biased(OP.uh, product, 'upBias', () => neurons);
    return this.opening(OP.uh, share, u.rows, 1, p.sLiftU + p.normB.sr, wide);
  }

  #signDigits(top: W): Opening<S> {
    const bits = this.g.compareDigits(this.at(OP.signAnd), top, SIGN);
    return this.opening(OP.signAnd, bits, top.rows, top.cols, 0, openedBits(SIGN), true);
  }

  #signBit(top: W, digits: W): Opening<S> {
    const positive = this.g.compareBits(this.at(OP.signAnd), top, digits, SIGN);
    return this.opening(OP.signBit, positive, top.rows, top.cols, 0, 1, true);
  }
}
