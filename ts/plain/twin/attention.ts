/** The twin's attention half: rows 1 to 15 of docs/protocol.md section 3, and refills (section 5.2). */
import { OP } from '../../core/address.js';
import { predicted } from './predictor.js';
import { softmax } from './softmax.js';
import { biased, type TwinMode, type TwinPlace } from './state.js';
import type { NormOps, Wire } from './wires.js';
import { concat, everyRow, type Pairs, pairsWhere, pick, type Words } from './words.js';

/** What opens queries, keys and values: of a step, and of refills before it. */
const STEP_OPS: Readonly<Record<'raw' | 'qk' | 'v' | 'vLift', number>> = OP;
const REFILL_OPS: typeof STEP_OPS = { raw: OP.refillRaw, qk: OP.refillKey, v: OP.refillValue, vLift: OP.refillLift };
const NORM_A: NormOps = { sum: OP.sumA, r: OP.rA, parts: OP.rAParts };

/** What a step's attention gives: x1, and the predictor's bits where the layer predicts. */
export interface Attended {
  readonly x1: Wire;
  readonly bits?: Words;
}

/** How a layer predicts in a step: whether at all, and the number of neurons that it hides counts behind. */
export interface Predicts {
  readonly predicts: boolean;
  readonly budget?: number;
}

export class TwinAttention {
  constructor(private readonly place: TwinPlace) {}

  /** Rows 1 to 15 and the predictor's, for some pairs (row, head). */
  run(x: Wire, active: Pairs, { predicts, budget }: Predicts, keep?: number): Attended {
    const { place } = this;
    const { wires, layer, p, rows, position, state } = place;
    const { kernels, plan } = wires;
    const { width: d, heads: count, kvHeads, headDim } = plan.shape;
    const open = wires.openIn(layer);
    const bare = p.postNorm !== undefined && layer === 0;
    const one = new BigUint64Array(rows).fill(1n << BigInt(p.normA.sr));
    const r = bare
      ? { v: one, mask: new BigUint64Array(rows), width: p.normA.kR }
      : wires.norm(x, p.normA, rows, NORM_A, open);
    const xs = wires.truncated(x, p.normA.fx);
    const ofHeads = p.rope ? wires.truncated(r, p.rope.fR) : r;
    for (let row = 0; row < rows; row++)
      state.inputs[position + row] = { xs: xs.v.slice(row * d, (row + 1) * d), r: ofHeads.v[row] };
    const bits = predicts && p.predictor ? predicted(place, xs, r, budget) : undefined;

    const dKv = kvHeads * headDim;
    const length = (position + rows) * dKv;
    state.keys = concat(state.keys.slice(0, length), new BigUint64Array(Math.max(0, length - state.keys.length)));
    state.values = concat(state.values.slice(0, length), new BigUint64Array(Math.max(0, length - state.values.length)));
    const queries = active.map(([row, head]) => [position + row, head] as const);
    const cached = this.#cached(active);
    const query = this.#heads(STEP_OPS, queries, this.#missing(cached, keep));
    for (let head = 0; head < kvHeads; head++) {
      const latest = cached.filter(([, other]) => other === head).map(([row]) => position + row + 1);
      state.active[head] = Math.max(Math.min(state.active[head] ?? 0, position), ...latest);
    }

    const allCenters = kernels.quantise(state.floats.centers, 14 + p.fS).map((word) => -word);
    const centers = pick(allCenters, active.map(([, head]) => head)); // prettier-ignore
    const heads = Uint32Array.from(active, ([, head]) => Math.floor((head * kvHeads) / count));
    const lengths = Uint32Array.from(active, ([row]) => position + row + 1);
    const scores = kernels.plainScores(query, state.keys, centers, heads, lengths, dKv, headDim);
    const width = p.softmax?.width ?? 21;
    const weights = softmax(place, open(OP.score, scores, width + p.fS), lengths, open);
    const out = kernels.plainWeighted(weights.v, state.values, heads, lengths, dKv, headDim);
    const wide = open(OP.o, out, p.kO);
    const o = p.oLift ? open(OP.oLift, wires.lifted(wide, p.fO), plan.wx) : wires.truncated(wide, p.fO);
    const spread = new BigUint64Array(rows * count * headDim);
    for (const [i, [row, head]] of active.entries())
      spread.set(o.v.subarray(i * headDim, (i + 1) * headDim), (row * count + head) * headDim);
    const n =
      p.postNorm &&
      wires.normed(
        x,
        bare ? undefined : r,
        { op: OP.nA, lift: OP.nALift, f: p.postNorm.fA, sLift: p.sLift, narrow: p.postNorm.kA },
        open,
      );
    const residual = n ? state.skip!.a.mul(n.v, rows) : x.v;
    const x1 = wires.sum(residual, state.matrices.o.mul(spread, rows));
    return { x1: open(OP.x1, biased(place, 'o', x1, everyRow(rows, d)), plan.wx), bits };
  }

  /** Section 5.2: what heads lack of earlier positions, and the first of what heads lack that were active a moment ago. */
  refill(queries: Pairs, { prefetch = 0, keep }: TwinMode): void {
    const { wires, state, position } = this.place;
    const active = this.#cached(queries);
    const jobs = this.#missing(active, keep).filter(([at]) => at < position);
    const until = (head: number): number => Math.min(state.active[head] ?? 0, position);
    const heads = Array.from({ length: wires.plan.shape.kvHeads }, (_, head) => head)
      .filter((head) => until(head) > 0 && until(head) >= position - 7 && !active.some(([, other]) => other === head))
      .sort((a, b) => until(b) - until(a) || a - b);
    const has = (at: number, head: number): boolean =>
      state.filled[at]?.[head] || jobs.some(([job, other]) => job === at && other === head);
    const also = heads.flatMap((head) => [...Array(position).keys()].filter((at) => !has(at, head)).map((at) => [at, head] as const)); // prettier-ignore
    const all = [...jobs, ...also.slice(0, prefetch)].sort(([a, i], [b, j]) => a - b || i - j);
    if (all.length > 0) this.#heads(REFILL_OPS, [], all);
  }

  /** Queries, keys and values of some pairs (position, head); keys and values are cached. */
  #heads(ops: typeof STEP_OPS, queries: Pairs, jobs: Pairs): Words {
    const { place } = this;
    const { wires, layer, p, state } = place;
    const { heads, kvHeads, headDim } = wires.plan.shape;
    const open = wires.openIn(layer);
    /** All products of a position's input, of which a head's are taken: q of all heads come first, then k, then v. */
    const dims = (head: number): number[] => Array.from({ length: headDim }, (_, i) => head * headDim + i);
    const list = [
      ...queries.map(([at, head]) => ({ at, dims: dims(head) })),
      ...jobs.map(([at, head]) => ({ at, dims: dims(heads + head) })),
      ...jobs.map(([at, head]) => ({ at, dims: dims(heads + kvHeads + head) })),
    ];
    const products = new Map<number, Words>();
    for (const { at } of list) if (!products.has(at)) products.set(at, state.matrices.qkv.mul(state.inputs[at].xs, 1));
    const words = concat(...list.map(({ at, dims: places }) => pick(products.get(at)!, places)));
    const raw = open(ops.raw, words, p.kRaw);
    const roots = BigUint64Array.from(list, ({ at }) => state.inputs[at].r);
    const places = list.flatMap((item) => item.dims);
    const scaled = biased(place, 'qkv', wires.kernels.plainScaleRows(roots, wires.lifted(raw, p.fLift)), places);
    const split = (queries.length + jobs.length) * headDim;
    const turned = this.#turned(scaled.slice(0, split), [...queries, ...jobs]);
    const qk = wires.truncated(open(ops.qk, turned, Math.max(30, (p.softmax?.width ?? 21) + p.fS) + p.fQk), p.fQk);
    const v = open(ops.v, scaled.slice(split), p.kV);
    const lifted = open(ops.vLift, wires.lifted(v, p.fV), p.kO);
    for (const [i, [at, head]] of jobs.entries()) {
      (state.filled[at] ??= [])[head] = true;
      const [to, from] = [(at * kvHeads + head) * headDim, i * headDim];
      state.keys.set(qk.v.subarray(queries.length * headDim + from, queries.length * headDim + from + headDim), to);
      state.values.set(lifted.v.subarray(from, from + headDim), to);
    }
    return qk.v.slice(0, queries.length * headDim);
  }

  /** Section 3.8: vectors of heads turned by their positions, where the model has rotations. */
  #turned(words: Words, vectors: Pairs): Words {
    const { wires, p } = this.place;
    const { rope } = wires.plan;
    if (!rope || !p.rope) return words;
    const positions = Uint32Array.from(vectors, ([at]) => at);
    return wires.kernels.plainRotate(words, positions, Float32Array.from(rope.frequencies), p.rope.bits);
  }

  /** The heads of keys and values that a step computes: those of its queries, or all where they are fewer. */
  #cached(active: Pairs): Pairs {
    const { heads, kvHeads } = this.place.wires.plan.shape;
    return kvHeads === heads ? active : pairsWhere(this.place.rows, kvHeads, () => true);
  }

  /**
   * Keys and values that the cache lacks, by position, then head: for every active head up to the last row that needs it, for all others
   * before the positions whose inputs are kept.
   */
  #missing(active: Pairs, keep = Infinity): Pairs {
    const { wires, rows, position, state } = this.place;
    const { kvHeads } = wires.plan.shape;
    const until = (head: number): number =>
      Math.max(-1, position - keep - 1, ...active.filter(([, other]) => other === head).map(([row]) => position + row));
    const last = Array.from({ length: kvHeads }, (_, head) => until(head));
    return pairsWhere(position + rows, kvHeads, (at, head) => at <= last[head] && !state.filled[at]?.[head]);
  }
}
