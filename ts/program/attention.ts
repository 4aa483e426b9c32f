/**
 * The attention half of a layer, ten rounds (docs/protocol.md section 3), for any set of active (row, head) pairs. Keys and values that the
 * cache still lacks are computed with those of the step: whatever their number, they ride in the same frames.
 */
import type { Holes } from '../cache/holes.js';
import { OP } from '../core/address.js';
import { type Groups, groupsOf, type Jobs, scoreCount } from '../gates/attention.js';
import { type Comparison, openedBits } from '../gates/compare.js';
import { type ActiveHeads, cachedHeads } from '../gates/sets.js';
import { FIXED, softmaxWidth } from '../plan/formats.js';
import type { Opening, Program } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { HeadProducts } from './head-products.js';
import { type Carried, everyRow, LayerHalf } from './layer.js';
import { Prediction } from './predictor.js';
import { Softmax } from './softmax.js';

/** Whether a sum of probabilities is at least 7/8, and whether it is more than 9/8. */
const NEAR_ONE: Comparison = {
  thresholds: BigUint64Array.of(BigInt(FIXED.check.from), BigInt(FIXED.check.below)),
  digits: Uint8Array.from(FIXED.sign.digits),
};

const OPS = { raw: OP.raw, qk: OP.qk, v: OP.v, vLift: OP.vLift };

/** What a layer's attention gives. */
export interface Attended<W, S> {
  readonly x1: W;
  /** One bit a group, shared by XOR: 1 where its attention weights sum to one. */
  readonly check: S;
  /** The predictor's bits, open, where the layer predicts. */
  readonly bits?: W;
}

export class Attention<W extends Format, S> extends LayerHalf<W, S> {
  #prediction?: Prediction<W, S>;
  /** The norm's `r` of this step's rows, once it is open. */
  #r?: W;

  /** x to x1; `predicts` whether the layer's predictor rides along. */
  *run(x: W, active: ActiveHeads, holes: Holes<W>, predicts: boolean): Program<Attended<W, S>> {
    const { g, p, plan } = this;
    const { rows, position, constant } = this.step;
    const { width: d, headDim } = plan.shape;
    const groups = groupsOf(plan.shape, active, position);
    const cached = cachedHeads(plan.shape, active, rows);
    const jobs = holes.jobs(cached, position, this.step);

    const x6 = this.#bare ? undefined : g.truncate(this.at(OP.sumA), x, p.normA.fx6);
    const xs = g.truncate(this.at(OP.raw), x, p.normA.fx);
    const padded = (constant ?? false) && p.predictor?.budget !== undefined;
    if (predicts && p.predictor)
      this.#prediction = new Prediction(g, p, p.predictor, plan.shape.ffn, this.at, xs, padded);

    const old = oldPositions(jobs, position);
    const rowOfOld = new Map(old.map((at, row) => [at, row]));
    /** The row that a position has among the kept inputs and this step's. */
    const rowOf = (at: number): number => rowOfOld.get(at) ?? old.length + at - position;
    const queries = {
      rows: active.rows.map((row) => old.length + row),
      positions: active.rows.map((row) => position + row),
      heads: active.heads,
    };
    const products = new HeadProducts(this.place, OPS, queries, { rows: jobs.positions.map(rowOf), ...jobs });
    const inputs = g.stack([...old.map((at) => holes.input(at).xs), xs]);
    const { r, raw } = yield* this.#root(x6, rows, yield* products.raw(inputs));
    this.#r = r;

    // A shorter one leaves rotated queries and keys room for the bits of cosines.
    const rOfHeads = p.rope ? g.truncate(this.at(OP.v), r, p.rope.fR) : r;
    const roots = g.stack([...old.map((at) => holes.input(at).r), rOfHeads]);
    const carried = this.#carried;
    const residual = carried ? [this.normed(carried, this.#bare ? undefined : r, x)] : [];
    const [qkWide, v, nWide] = yield* this.round(...products.scaled(roots, raw), ...residual);
    const lifts = nWide && carried?.narrow !== undefined ? [nWide] : [];
    const reduced = nWide && carried && lifts.length === 0 ? this.#reduced(carried, nWide) : undefined;
    const { queries: q, keys } = products.split(qkWide);
    g.store(this.place.layer, 'keys', jobs, keys);
    this.#keepInputs(holes, cached, jobs, xs, rOfHeads);

    const count = scoreCount(groups);
    const scoreWidth = softmaxWidth(p) + p.fS;
    const scores = g.scores(this.at(OP.score), q, groups, scoreWidth);
    const [lifted, wide, n = reduced] = yield* this.round(
      products.lifted(v),
      this.opening(OP.score, scores, count, 1, FIXED.score.scale + p.fS, scoreWidth),
      ...lifts.map((narrow) => this.liftedNorm(carried!, narrow)),
    );
    g.store(this.place.layer, 'values', jobs, lifted);
    const weights = yield* new Softmax(this.place, groups, this.round).run(wide);

    const sums = this.#sumsOf(weights, groups);
    const output = g.weighted(this.at(OP.o), weights, groups, p.kO);
    const [oWide, digits] = yield* this.round(
      this.opening(OP.o, output, active.heads.length, headDim, weights.scale + p.sV, p.kO),
      this.#checkDigits(sums),
    );
    const check = g.between(g.compareBits(this.at(OP.check), sums, digits, NEAR_ONE));
    const o = yield* this.#output(oWide);
    const out = yield* g.product(
      this.at(OP.x1),
      o,
      { kind: 'blocks', matrix: 'o', rows: active.rows, blocks: active.heads, count: rows, cols: d },
      plan.wx,
    );
    const added = yield* this.added(OP.nA, out, x, n, 'skipA');
    const sum1 = this.biased(OP.x1, added, 'oBias', () => everyRow(rows, d));
    const [x1] = yield* this.lastRound(this.opening(OP.x1, sum1, rows, d, plan.sx, plan.wx));
    return { x1, check, bits: this.#prediction?.bits };
  }

  /** The output as the next matrix takes it: reduced to the stream's width, or lifted to it where its wire is narrow. */
  *#output(wide: W): Program<W> {
    const { g, p, plan } = this;
    if (!p.oLift) return g.truncate(this.at(OP.x1), wide, p.fO);
    const share = g.lift(this.at(OP.oLift), wide, p.fO, plan.wx);
    const { rows, cols, scale } = wide;
    const [o] = yield* this.round(this.opening(OP.oLift, share, rows, cols, scale - p.fO, plan.wx));
    return o;
  }

  /** Of a post-norm layer. */
  get #carried(): Carried | undefined {
    const { postNorm, sLift } = this.p;
    return postNorm && { op: OP.nA, lift: OP.nALift, f: postNorm.fA, sLift, narrow: postNorm.kA };
  }

  /** A norm's output at its scale in the residual. */
  #reduced({ op, f }: Carried, wide: W): W {
    return this.#bare ? wide : this.g.truncate(this.at(op), wide, f);
  }

  /** The first attention of a post-norm model, which reads its input as it is. */
  get #bare(): boolean {
    return this.p.postNorm !== undefined && this.place.layer === 0;
  }

  /** Rounds 1 and 2: the raw products and the norm's `r`; where there is no norm a public one, and no second round. */
  *#root(x6: W | undefined, rows: number, products: Opening<S>): Program<{ r: W; raw: W }> {
    const { g, p } = this;
    const { sr, kR } = p.normA;
    if (!x6) {
      const [raw] = yield* this.round(products);
      this.place.rounds.next(); // There is no round 2.
      return { r: g.constant({ rows, cols: 1, scale: sr, width: kR }, 1n << BigInt(sr)), raw };
    }
    const [sum, raw] = yield* this.round(this.sum(OP.sumA, x6, p.normA), products);
    const root = yield* this.root({ r: OP.rA, digits: OP.rADigits, parts: OP.rAParts }, sum, p.normA);
    const [r] = yield* this.round(root);
    return { r, raw };
  }

  /** One round that others follow, with the predictor's openings in it. */
  private round = (...openings: readonly Opening<S>[]): Program<W[]> =>
    this.#withPrediction(openings, (...all) => this.open(...all));

  /** The last round, likewise. */
  private lastRound = (...openings: readonly Opening<S>[]): Program<W[]> =>
    this.#withPrediction(openings, (...all) => this.last(...all));

  *#withPrediction(
    openings: readonly Opening<S>[],
    open: (...all: readonly Opening<S>[]) => Program<W[]>,
  ): Program<W[]> {
    const riding = this.#prediction ? yield* this.#prediction.next(this.#r) : [];
    const wires = yield* open(...openings, ...riding);
    this.#prediction?.take(wires.splice(openings.length));
    return wires;
  }

  /** Keeps what keys and values are made of, for those rows of this step that leave a hole. */
  #keepInputs(holes: Holes<W>, cached: ActiveHeads, jobs: Jobs, xs: W, r: W): void {
    const { g } = this;
    const { rows, position } = this.step;
    holes.fill(jobs, cached, position);
    holes.read(cached, position);
    for (let row = 0; row < rows; row++) {
      if (!holes.hasHole(position + row)) continue;
      const only = Uint32Array.of(row);
      holes.keep(position + row, { xs: g.keep(g.pick(xs, only)), r: g.keep(g.pick(r, only)) });
    }
  }

  /** Sums of the attention weights, in a ring just wide enough to tell one from any other sum. */
  #sumsOf(weights: W, groups: Groups): W {
    const { g } = this;
    return g.narrow(g.view(g.sums(weights, groups), weights.scale - FIXED.check.scale), FIXED.sign.width);
  }

  #checkDigits(sums: W): Opening<S> {
    const bits = this.g.compareDigits(this.at(OP.check), sums, NEAR_ONE);
    return this.opening(OP.check, bits, sums.rows * sums.cols, 2, 0, openedBits(NEAR_ONE), true);
  }
}

/** Positions before this step whose keys or values are computed now, ascending. */
const oldPositions = ({ positions }: Jobs, position: number): number[] => [
  ...new Set(positions.filter((at) => at < position)),
];
