/**
 * The decoder program, 15 rounds a layer, 17 with biases (docs/protocol.md). One text for every party: gates decide whether it computes
 * shares, deals correlations or adds up costs. One text for all modes, too: a dense layer is one where everything is active.
 */
import { Holes } from '../cache/holes.js';
import { type Address, OP } from '../core/address.js';
import type { Gates } from '../gates/gates.js';
import { paddedSize } from '../gates/padding.js';
import { type ActiveHeads, allHeads, allPairs, cachedHeads, headsOf, levelled, pairsOf } from '../gates/sets.js';
import { type Plan, prefixLength } from '../plan/formats.js';
import { modeOf, type StepShape } from '../plan/step.js';
import { type Opening, type Program, SECTION } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { Attention } from './attention.js';
import { FeedForward } from './feed-forward.js';
import { GatedFeedForward } from './gated.js';
import { type Place, range, Rounds } from './layer.js';
import { refill } from './refill.js';
import { rootShare } from './root.js';

/** For every group (row, active head) one bit, shared by XOR: 1 where its attention weights sum to one. */
export interface Check<S> {
  readonly share: S;
  readonly active: ActiveHeads;
}

/** What a step gives the client, as this party's shares. */
export interface StepShares<S> {
  /** The normalised hidden states, where the step outputs any. */
  readonly hidden?: S;
  /** By layer. */
  readonly checks: readonly Check<S>[];
}

/** What a session's steps leave for later ones, besides the gates' caches. */
export class DecoderState<W extends Format> {
  readonly holes: readonly Holes<W>[];
  #begun = false;

  constructor(private readonly plan: Plan) {
    const { layers, kvHeads, context } = plan.shape;
    this.holes = Array.from({ length: layers }, () => new Holes(kvHeads, context, prefixLength(plan)));
  }

  /** Before every step: the first one finds the prefix's keys and values cached, in the order of heads that lasts the session. */
  begin<S>(g: Gates<W, S>): void {
    if (this.#begun) return;
    this.#begun = true;
    const { prefix, shape } = this.plan;
    if (!prefix) return;
    const { rows: positions, heads } = allHeads(prefix.length, shape.kvHeads);
    for (let layer = 0; layer < shape.layers; layer++) g.storePrefix(layer, { positions, heads });
  }

  /** Takes all positions before `position` as cached; for ledgers. */
  assume(position: number): void {
    for (const holes of this.holes) holes.assume(position);
  }

  rewind(position: number): void {
    for (const holes of this.holes) holes.rewind(position);
  }
}

/** What the cache lacks for these heads, in rounds of its own. */
function* refillNow<W extends Format, S>(place: Place<W, S>, holes: Holes<W>, active: ActiveHeads): Program<void> {
  const cached = cachedHeads(place.plan.shape, active, place.step.rows);
  const jobs = holes.ahead(cached, place.step.position, place.step);
  if (jobs.heads.length > 0) yield* refill(place, holes, jobs, cached);
}

/** The same for the next layer, while the feed-forward half of this one is computed. */
function* refillBeside<W extends Format, S>(place: Place<W, S>, holes: Holes<W>, active: ActiveHeads): Program<void> {
  const cached = cachedHeads(place.plan.shape, active, place.step.rows);
  const jobs = holes.ahead(cached, place.step.position, place.step);
  if (jobs.heads.length > 0) yield* place.g.beside(refill(place, holes, jobs, cached));
}

/** Operations of the final norm. */
export const FINAL_OP = { sum: 1, r: 2, hidden: 3, checks: 4, digits: 5, parts: 6 } as const;

/** The final norm: two rounds, three by windows; returns this party's share of `r * xs`, which only the client may add up. */
function* finalNorm<W extends Format, S>(g: Gates<W, S>, { final, shape }: Plan, step: number, x: W): Program<S> {
  const layer = shape.layers;
  const at = (op: number): Address => ({ step, layer, op });
  yield* g.correlate(step, layer, SECTION.layer);
  const x6 = g.truncate(at(FINAL_OP.sum), x, final.fx6);
  const xs = g.truncate(at(FINAL_OP.hidden), x, final.fx);
  const { rows } = x;
  const share = g.sumSquares(at(FINAL_OP.sum), x6, final.kSum);
  const rounds = new Rounds();
  const open = (...openings: readonly Opening<S>[]): Program<W[]> => g.open(layer, rounds.next(), openings);
  const ofRows = { rows, cols: 1 };
  const [sum] = yield* open({ ...ofRows, at: at(FINAL_OP.sum), share, scale: 2 * final.s6, width: final.kSum });
  const root = yield* rootShare({ g, at, ops: FINAL_OP, norm: final, sum }, open);
  const [r] = yield* open({ ...ofRows, at: at(FINAL_OP.r), share: root, scale: final.sr, width: final.kR });
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
  state: DecoderState<W>,
  step: StepShape,
  x: W,
): Program<StepShares<S>> {
  const { rows, position, outputs } = step;
  const { heads, ffn, layers } = plan.shape;
  state.begin(g);
  g.rewind(position);
  state.rewind(position);
  const checks: Check<S>[] = [];
  let stream = x;
  let active = allHeads(rows, heads);
  for (const [layer, p] of plan.layers.entries()) {
    const place = { g, plan, p, step, layer, rounds: new Rounds() };
    const mode = modeOf(step, layer, p.predictor !== undefined);
    const holes = state.holes[layer];
    if (step.apart) yield* refillNow(place, holes, active);
    yield* g.correlate(step.step, layer, SECTION.layer);
    const { x1, check, bits } = yield* new Attention(place).run(stream, active, holes, mode === 'predicted');
    checks.push({ share: check, active });
    g.endAll(bits ? [x1, bits] : [x1]);
    let pairs = allPairs(rows, ffn);
    active = allHeads(rows, heads);
    const feedForward = new (p.gate ? GatedFeedForward : FeedForward)(place, mode === 'dense');
    if (mode === 'exact') {
      stream = yield* feedForward.exact(x1);
      g.endAll([stream]);
      continue;
    }
    if (bits) {
      yield* g.correlate(step.step, layer, SECTION.predicted);
      const revealed = yield* g.reveal({ step: step.step, layer, op: OP.predBit }, bits);
      const budget = step.constant ? p.predictor?.budget : undefined;
      const predicted = { rows, ffn, heads: layer + 1 < layers && budget === undefined ? heads : 0 };
      const open = budget === undefined ? revealed : levelled(revealed, rows, paddedSize(ffn, budget));
      pairs = pairsOf(open, predicted);
      if (predicted.heads > 0) active = headsOf(open, predicted);
      if (step.prefetch !== undefined && layer + 1 < layers)
        yield* refillBeside({ ...place, p: plan.layers[layer + 1], layer: layer + 1 }, state.holes[layer + 1], active);
    }
    stream = yield* feedForward.run(x1, pairs);
    yield* g.join();
    g.endAll([stream]);
  }
  const output = outputs === 'last' ? g.pick(stream, range(1, rows - 1)) : stream;
  const hidden = outputs === 'none' ? undefined : yield* finalNorm(g, plan, step.step, output);
  g.endAll([]);
  return { hidden, checks };
}
