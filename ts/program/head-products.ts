/**
 * Queries, keys and values of chosen heads from normalised rows (docs/protocol.md ops 3 to 6): what each of three rounds opens. Attention
 * computes those of its step, and refill.ts, under addresses of its own, what the cache lacks of earlier positions.
 */
import { headScale, qkWidth } from '../plan/formats.js';
import type { Opening, Program } from '../wires/effects.js';
import type { Format } from '../wires/wire.js';
import { elementsOf, joined, LayerHalf, type Place, range } from './layer.js';

/** Pairs of a row among the inputs, which stands at a position, and a head. */
export interface RowHeads {
  readonly rows: Uint32Array;
  readonly positions: Uint32Array;
  readonly heads: Uint32Array;
}

/** Operations: of all products, of queries and keys, of values, and of lifted values. */
export interface HeadOps {
  readonly raw: number;
  readonly qk: number;
  readonly v: number;
  readonly vLift: number;
}

export class HeadProducts<W extends Format, S> extends LayerHalf<W, S> {
  /** @param jobs whose keys and values are computed */
  constructor(
    place: Place<W, S>,
    private readonly ops: HeadOps,
    private readonly queries: RowHeads,
    private readonly jobs: RowHeads,
  ) {
    super(place);
  }

  /** Before the norm: `q` of the queries, `k` of the jobs, `v` of the jobs. */
  *raw(inputs: W): Program<Opening<S>> {
    const { g, p, ops, queries, jobs } = this;
    const { headDim } = this.plan.shape;
    const rows = joined(queries.rows, jobs.rows, jobs.rows);
    const blocks = joined(queries.heads, this.#keyBlocks, this.#valueBlocks);
    const job = { kind: 'columns', matrix: 'qkv', size: headDim, rows, blocks } as const;
    const share = yield* g.product(this.at(ops.raw), inputs, job, p.kRaw);
    return this.opening(ops.raw, share, rows.length, headDim, p.normA.sxs + p.swQkv, p.kRaw);
  }

  /** Times the norm's `r`, with biases: queries and keys, then values. */
  scaled(roots: W, raw: W): Opening<S>[] {
    const { g, p, ops, queries, jobs } = this;
    const { headDim } = this.plan.shape;
    const [before, keys] = [queries.rows.length, jobs.rows.length];
    const wide = qkWidth(p) + p.fQk;
    const rawQk = g.pick(raw, range(before + keys));
    const rawV = g.pick(raw, range(keys, before + keys));
    const ofQk = g.pick(roots, joined(queries.rows, jobs.rows));
    const scaledQk = g.scaleLift(this.at(ops.qk), ofQk, rawQk, p.fLift, wide);
    const scaledV = g.scaleLift(this.at(ops.v), g.pick(roots, jobs.rows), rawV, p.fLift, p.kV);
    const scale = headScale(p);
    const elements = (blocks: Uint32Array) => () => elementsOf(blocks, headDim);
    const plain = this.biased(ops.qk, scaledQk, 'qkvBias', elements(joined(queries.heads, this.#keyBlocks)));
    const qk = this.#rotated(plain);
    const v = this.biased(ops.v, scaledV, 'qkvBias', elements(this.#valueBlocks));
    return [
      this.opening(ops.qk, qk, before + keys, headDim, scale + (p.rope?.bits ?? 0), wide),
      this.opening(ops.v, v, keys, headDim, scale, p.kV),
    ];
  }

  /** Queries and keys turned by their positions, where they are. */
  #rotated(share: S): S {
    const { g, p, plan, queries, jobs } = this;
    if (!plan.rope || !p.rope) return share;
    const positions = joined(queries.positions, jobs.positions);
    return g.rotate(share, { positions, frequencies: Float32Array.from(plan.rope.frequencies), bits: p.rope.bits });
  }

  /** Queries and keys as scores take them. */
  split(qkWide: W): { readonly queries: W; readonly keys: W } {
    const { g, ops } = this;
    const before = this.queries.rows.length;
    const qk = g.truncate(this.at(ops.qk), qkWide, this.p.fQk);
    return { queries: g.pick(qk, range(before)), keys: g.pick(qk, range(this.jobs.rows.length, before)) };
  }

  /** Values as sums take them. */
  lifted(v: W): Opening<S> {
    const { g, p, ops } = this;
    const share = g.lift(this.at(ops.vLift), v, p.fV, p.kO);
    return this.opening(ops.vLift, share, this.jobs.rows.length, this.plan.shape.headDim, p.sV, p.kO);
  }

  /** Blocks of columns of the matrix of q, k and v: all of q come first, then those of k. */
  get #keyBlocks(): Uint32Array {
    const { heads } = this.plan.shape;
    return this.jobs.heads.map((head) => heads + head);
  }

  get #valueBlocks(): Uint32Array {
    const { heads, kvHeads } = this.plan.shape;
    return this.jobs.heads.map((head) => heads + kvHeads + head);
  }
}
