/**
 * The dense decoder program, 15 rounds a layer, 17 with biases (docs/protocol.md section 3). One text for every party: gates decide whether it computes
 * shares, deals correlations or adds up costs.
 */
import { type Address, OP } from '../core/address.js';
import { allGroups, type Groups, ownJobs, scoreCount } from '../gates/attention.js';
import type { Comparison } from '../gates/compare.js';
import { openedBits } from '../gates/compare.js';
import type { Gates } from '../gates/gates.js';
import type { Opening, Program } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { type BiasName, FIXED, type LayerPlan, type NormPlan, type Plan } from './plan.js';

/** Which rows' hidden states a step gives the client. */
export type Outputs = 'none' | 'last' | 'all';

/** One step of a session: `rows` tokens from `position` on. Public. */
export interface StepShape {
  readonly step: number;
  readonly rows: number;
  readonly position: number;
  readonly outputs: Outputs;
}

/** Where the windows of ln after the first begin: 8, 8^2, .. */
const SIZES: Comparison = {
  thresholds: BigUint64Array.from({ length: FIXED.ln.count - 1 }, (_, j) => 1n << BigInt(FIXED.ln.step * (j + 1))),
  digits: Uint8Array.from(FIXED.size.digits),
};
/** Whether a sum of probabilities is at least 7/8, and whether it is more than 9/8. */
const NEAR_ONE: Comparison = {
  thresholds: BigUint64Array.of(BigInt(FIXED.check.from), BigInt(FIXED.check.below)),
  digits: Uint8Array.from(FIXED.sign.digits),
};
const SIGN: Comparison = { thresholds: BigUint64Array.of(0n), digits: Uint8Array.from(FIXED.sign.digits) };

/** The round in which a layer's feed-forward half begins. */
const FEED_FORWARD = 11;

/** Scaled pre-activations, whether each is at least zero, and the round that opened the latter. */
interface Activation<W> {
  readonly bit: W;
  readonly scaled: W;
  readonly round: number;
}

/** What a step gives the client, as this party's shares. */
export interface StepShares<S> {
  /** The normalised hidden states, where the step outputs any. */
  readonly hidden?: S;
  /** Per layer, row and head one bit, shared by XOR: 1 where the attention weights sum to one. */
  readonly checks: readonly S[];
}

/** The wires of a layer's program, on one party's gates. */
class Layer<W extends Format, S> {
  /** Every head of every row. */
  private readonly groups: Groups;

  constructor(
    private readonly g: Gates<W, S>,
    private readonly plan: Plan,
    private readonly p: LayerPlan,
    private readonly step: StepShape,
    private readonly layer: number,
  ) {
    this.groups = allGroups(step.rows, plan.shape.heads, step.position);
  }

  private at(op: number): Address {
    return { step: this.step.step, layer: this.layer, op };
  }

  private opening(
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

  /** The attention half: x to x1 and the check of its softmax, rounds 1-10. */
  *attention(x: W): Program<{ x1: W; check: S }> {
    const { g, p, plan, layer, groups } = this;
    const { rows } = this.step;
    const { width: d } = plan.shape;
    const open = (round: number, ...openings: Opening<S>[]): Program<W[]> => g.open(layer, round, openings);
    const sr = p.sLift + p.normA.sr;

    const x6 = g.truncate(this.at(OP.sumA), x, p.normA.fx6);
    const xs = g.truncate(this.at(OP.raw), x, p.normA.fx);
    const qkv = yield* g.linear(this.at(OP.raw), xs, 'qkv', 3 * d, p.kRaw);
    const [sum, raw] = yield* open(
      1,
      this.sum(OP.sumA, x6, p.normA),
      this.opening(OP.raw, qkv, rows, 3 * d, p.normA.sxs + p.swQkv, p.kRaw),
    );
    const [r] = yield* open(2, this.root(OP.rA, sum, p.normA));

    const qkWidth = FIXED.qk.width + p.fQk;
    const rawQk = g.columns(raw, 0, 2 * d);
    const rawV = g.columns(raw, 2 * d, 3 * d);
    const scaledQk = g.scaleLift(this.at(OP.qk), r, rawQk, p.fLift, qkWidth);
    const scaledV = g.scaleLift(this.at(OP.v), r, rawV, p.fLift, p.kV);
    const [qkWide, v] = yield* open(
      3,
      this.opening(OP.qk, this.biased(OP.qk, scaledQk, 'qkvBias', 2 * d), rows, 2 * d, sr, qkWidth),
      this.opening(OP.v, this.biased(OP.v, scaledV, 'qkvBias', d, 2 * d), rows, d, sr, p.kV),
    );
    const qk = g.truncate(this.at(OP.qk), qkWide, p.fQk);
    const jobs = ownJobs(groups);
    g.store(layer, 'keys', jobs, g.columns(qk, d, 2 * d));

    const scoreWidth = FIXED.score.width + p.fS;
    const [lifted, wide] = yield* open(
      4,
      this.opening(OP.vLift, g.lift(this.at(OP.vLift), v, p.fV, p.kO), rows, d, p.sV, p.kO),
      this.opening(
        OP.score,
        g.scores(this.at(OP.score), g.columns(qk, 0, d), groups, p.centers, scoreWidth),
        scoreCount(groups),
        1,
        FIXED.score.scale + p.fS,
        scoreWidth,
      ),
    );
    g.store(layer, 'values', jobs, lifted);
    const weights = yield* this.softmax(g.truncate(this.at(OP.y), wide, p.fS));

    const sums = this.sumsOf(weights);
    const [oWide, digits] = yield* open(
      9,
      this.opening(OP.o, g.weighted(this.at(OP.o), weights, groups, p.kO), rows, d, weights.scale + p.sV, p.kO),
      this.checkDigits(sums),
    );
    const check = g.between(g.compareBits(this.at(OP.check), sums, digits, NEAR_ONE));
    const o = g.truncate(this.at(OP.x1), oWide, p.fO);
    const out = yield* g.linear(this.at(OP.x1), o, 'o', d, plan.wx);
    const sum1 = this.biased(OP.x1, g.plus(out, x), 'oBias', d);
    const [x1] = yield* open(10, this.opening(OP.x1, sum1, rows, d, plan.sx, plan.wx));
    return { x1, check };
  }

  /** Sums of the attention weights, in a ring just wide enough to tell one from any other sum. */
  private sumsOf(weights: W): W {
    const { g, groups } = this;
    return g.narrow(g.view(g.sums(weights, groups), weights.scale - FIXED.check.scale), FIXED.sign.width);
  }

  private checkDigits(sums: W): Opening<S> {
    const bits = this.g.compareDigits(this.at(OP.check), sums, NEAR_ONE);
    return this.opening(OP.check, bits, sums.rows * sums.cols, 2, 0, openedBits(NEAR_ONE), true);
  }

  /** `exp(s - ln sum exp s)`, rounds 5-8. */
  private *softmax(s: W): Program<W> {
    const { g, layer, groups } = this;
    const count = groups.heads.length;
    const open = (round: number, ...openings: Opening<S>[]): Program<W[]> => g.open(layer, round, openings);

    const exps = g.exp(this.at(OP.z), s, FIXED.exp1, FIXED.z.width);
    const z = this.opening(OP.z, g.sumScores(exps, groups), count, 1, FIXED.z.scale, FIXED.z.width);
    const [sum] = yield* open(5, z);

    const { count: windows, scale, width } = FIXED.ln;
    const bits = g.lnDigits(this.at(OP.lnDigits), g.view(sum, FIXED.size.shift), SIZES);
    const [digits, parts] = yield* open(
      6,
      this.opening(OP.lnDigits, bits, count, windows - 1, 0, openedBits(SIZES), true),
      this.opening(OP.lnParts, g.lnParts(this.at(OP.lnParts), sum), count, windows, scale, width),
    );
    const shifted = g.shiftScores(s, g.lnSelect(this.at(OP.y), digits, parts, SIZES), groups);
    const [y] = yield* open(7, this.opening(OP.y, shifted, s.rows, 1, scale, width));

    const { exp2, kO } = this.p;
    const power = g.exp(this.at(OP.p), g.view(y, FIXED.y.shift), { ...exp2, dtop: FIXED.exp2Top }, kO);
    const [weights] = yield* open(8, this.opening(OP.p, power, s.rows, 1, exp2.p + exp2.q, kO));
    return weights;
  }

  /** The feed-forward half: x1 to x2, five rounds, seven with biases. */
  *feedForward(x: W): Program<W> {
    const { g, p, plan, layer } = this;
    const { rows } = this.step;
    const { width: d, ffn } = plan.shape;
    const open = (round: number, ...openings: Opening<S>[]): Program<W[]> => g.open(layer, round, openings);

    const x6 = g.truncate(this.at(OP.sumB), x, p.normB.fx6);
    const xs = g.truncate(this.at(OP.up), x, p.normB.fx);
    const up = yield* g.linear(this.at(OP.up), xs, 'up', ffn, p.kU);
    const [sum, u] = yield* open(
      FEED_FORWARD,
      this.sum(OP.sumB, x6, p.normB),
      this.opening(OP.up, up, rows, ffn, p.normB.sxs + p.swUp, p.kU),
    );

    const { bit, scaled, round } = yield* p.bias ? this.scaledSigns(u, sum, p.bias.kSign) : this.signs(u, sum);
    const uh = g.truncate(this.at(OP.relu), scaled, p.fUh);
    const [a] = yield* open(
      round + 1,
      this.opening(OP.relu, g.select(this.at(OP.relu), bit, uh), rows, ffn, uh.scale, plan.wx),
    );
    const down = yield* g.linear(this.at(OP.x2), a, 'down', d, plan.wx);
    const sum2 = this.biased(OP.x2, g.plus(down, x), 'downBias', d);
    const [x2] = yield* open(round + 2, this.opening(OP.x2, sum2, rows, d, plan.sx, plan.wx));
    return x2;
  }

  /** Two rounds: `r u` and, because r is positive, the sign of u, compared while r is being computed. */
  private *signs(u: W, sum: W): Program<Activation<W>> {
    const { g, p, layer } = this;
    const top = g.view(u, p.kU - FIXED.sign.width);
    const [r, digits] = yield* g.open(layer, FEED_FORWARD + 1, [this.root(OP.rB, sum, p.normB), this.signDigits(top)]);
    const [bit, scaled] = yield* g.open(layer, FEED_FORWARD + 2, [this.signBit(top, digits), this.scaledUp(r, u)]);
    return { bit, scaled, round: FEED_FORWARD + 2 };
  }

  /** Four rounds: `r u + b` and its sign, which is known only once that is open. */
  private *scaledSigns(u: W, sum: W, kSign: number): Program<Activation<W>> {
    const { g, p, layer } = this;
    const [r] = yield* g.open(layer, FEED_FORWARD + 1, [this.root(OP.rB, sum, p.normB)]);
    const [scaled] = yield* g.open(layer, FEED_FORWARD + 2, [this.scaledUp(r, u)]);
    const top = g.view(g.narrow(scaled, kSign), kSign - FIXED.sign.width);
    const [digits] = yield* g.open(layer, FEED_FORWARD + 3, [this.signDigits(top)]);
    const [bit] = yield* g.open(layer, FEED_FORWARD + 4, [this.signBit(top, digits)]);
    return { bit, scaled, round: FEED_FORWARD + 4 };
  }

  private scaledUp(r: W, u: W): Opening<S> {
    const { g, p, plan } = this;
    const wide = plan.wx + p.fUh;
    const share = this.biased(OP.uh, g.scaleLift(this.at(OP.uh), r, u, p.fLiftU, wide), 'upBias', u.cols);
    return this.opening(OP.uh, share, u.rows, u.cols, p.sLiftU + p.normB.sr, wide);
  }

  private signDigits(top: W): Opening<S> {
    const bits = this.g.compareDigits(this.at(OP.signAnd), top, SIGN);
    return this.opening(OP.signAnd, bits, top.rows, top.cols, 0, openedBits(SIGN), true);
  }

  private signBit(top: W, digits: W): Opening<S> {
    const positive = this.g.compareBits(this.at(OP.signAnd), top, digits, SIGN);
    return this.opening(OP.signBit, positive, top.rows, top.cols, 0, 1, true);
  }

  /** Adds a bias where the layer has one. */
  private biased(op: number, share: S, name: BiasName, cols: number, from = 0): S {
    return this.p.bias ? this.g.bias(this.at(op), share, name, from, cols) : share;
  }

  private sum(op: number, x6: W, norm: NormPlan): Opening<S> {
    return this.opening(op, this.g.sumSquares(this.at(op), x6, norm.kSum), x6.rows, 1, 2 * norm.s6, norm.kSum);
  }

  private root(op: number, sum: W, norm: NormPlan): Opening<S> {
    return this.opening(op, this.g.rsqrt(this.at(op), norm, sum), sum.rows, 1, norm.sr, norm.kR);
  }
}

/** Operations of the final norm. */
export const FINAL_OP = { sum: 1, r: 2, hidden: 3, checks: 4 } as const;

/** The final norm: two rounds; returns this party's share of `r * xs`, which only the client may add up. */
function* finalNorm<W extends Format, S>(g: Gates<W, S>, { final, shape }: Plan, step: number, x: W): Program<S> {
  const layer = shape.layers;
  const at = (op: number): Address => ({ step, layer, op });
  yield* g.correlate(step, layer);
  const x6 = g.truncate(at(FINAL_OP.sum), x, final.fx6);
  const xs = g.truncate(at(FINAL_OP.hidden), x, final.fx);
  const { rows } = x;
  const share = g.sumSquares(at(FINAL_OP.sum), x6, final.kSum);
  const [sum] = yield* g.open(layer, 1, [
    { at: at(FINAL_OP.sum), share, rows, cols: 1, scale: 2 * final.s6, width: final.kSum },
  ]);
  const root = g.rsqrt(at(FINAL_OP.r), final, sum);
  const [r] = yield* g.open(layer, 2, [
    { at: at(FINAL_OP.r), share: root, rows, cols: 1, scale: final.sr, width: final.kR },
  ]);
  return g.scaleRows(at(FINAL_OP.hidden), r, xs, final.kOut);
}

/**
 * One step of the decoder.
 * @param x the client's input wire, `rows x d`
 * @returns shares for the client: the hidden states where the step outputs any, and whether every softmax stayed in its range
 */
export function* decoderStep<W extends Format, S>(
  g: Gates<W, S>,
  plan: Plan,
  step: StepShape,
  x: W,
): Program<StepShares<S>> {
  g.rewind(step.position);
  const checks: S[] = [];
  let stream = x;
  for (const [layer, layerPlan] of plan.layers.entries()) {
    yield* g.correlate(step.step, layer);
    const program = new Layer(g, plan, layerPlan, step, layer);
    const { x1, check } = yield* program.attention(stream);
    checks.push(check);
    stream = yield* program.feedForward(x1);
  }
  if (step.outputs === 'none') return { checks };
  const rows = step.outputs === 'last' ? g.rowsFrom(stream, step.rows - 1) : stream;
  return { hidden: yield* finalNorm(g, plan, step.step, rows), checks };
}
