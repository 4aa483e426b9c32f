/** Causal attention in f32: of a sequence over its cached keys and values, and of texts that stand apart. */
import type { Kernels } from '../kernels/load.js';
import { type HeadShape, keyWidth, kvHeadOf, queryWidth, qkvWidth, type Shape } from '../plan/shape.js';

/** Keys and values of one sequence; `length` positions are filled. */
export class FloatCache {
  length = 0;
  /** Per layer, `context` positions of all heads. */
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];

  constructor(private readonly shape: HeadShape & Pick<Shape, 'layers' | 'context'>) {
    const { layers, context } = shape;
    const empty = () => Array.from({ length: layers }, () => new Float32Array(context * keyWidth(shape)));
    this.keys = empty();
    this.values = empty();
  }

  /** A copy of what one layer holds of the filled positions. */
  held(layer: number): Held {
    const filled = this.length * keyWidth(this.shape);
    return { keys: this.keys[layer].slice(0, filled), values: this.values[layer].slice(0, filled) };
  }
}

/** Keys and values of one layer, from position 0 on. */
export type Held = Readonly<Record<'keys' | 'values', Float32Array>>;

/** What is told of the scaled causal scores of each row and head: their log-sum-exp in nats, the least and the largest. */
export const SCORE_FACTS = 3;

/** Attention of one layer over rows. */
export interface Attention {
  readonly kernels: Kernels;
  readonly shape: HeadShape;
  /** Scores are multiplied by it. */
  readonly scale: number;
  /** `rows x heads x SCORE_FACTS`, to be filled; empty where nobody asks. */
  readonly facts: Float64Array;
}

/**
 * Stores the keys and values of `qkv` (rows of queries, keys and values) after those of `cache` and attends to all: outputs of all heads
 * of queries. Does not change the cache's length, which is the same for all layers of a pass.
 */
export function attendCached(attention: Attention, cache: FloatCache, layer: number, qkv: Float32Array): Float32Array {
  const { q, k, v } = parts(attention, qkv);
  const at = cache.length * keyWidth(attention.shape);
  cache.keys[layer].set(k, at);
  cache.values[layer].set(v, at);
  const [keys, values] = [cache.keys, cache.values].map((all) => all[layer].subarray(0, at + k.length));
  return attend(attention, q, { keys, values }, attention.facts);
}

/** Attends within each of some texts, whose rows of `qkv` follow each other, and to what is before all of them: as {@link attendCached}. */
export function attendApart(
  attention: Attention,
  lengths: readonly number[],
  qkv: Float32Array,
  before?: Held,
): Float32Array {
  const { shape, facts } = attention;
  const [width, outputs] = [qkvWidth(shape), queryWidth(shape)];
  const rows = qkv.length / width;
  const out = new Float32Array(rows * outputs);
  const told = facts.length / rows;
  let row = 0;
  for (const length of lengths) {
    const own = qkv.subarray(row * width, (row + length) * width);
    const ownFacts = facts.subarray(row * told, (row + length) * told);
    if (length === 1 && !before) {
      out.set(attendSingle(attention, own, ownFacts), row * outputs);
    } else {
      const { q, k, v } = parts(attention, own);
      const [keys, values] = before ? [joined(before.keys, k), joined(before.values, v)] : [k, v];
      out.set(attend(attention, q, { keys, values }, ownFacts), row * outputs);
    }
    row += length;
  }
  return out;
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const all = new Float32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function attend({ kernels, shape }: Attention, q: Float32Array, held: Held, facts: Float64Array): Float32Array {
  return kernels.floatAttend(q, held.keys, held.values, shape.heads, shape.kvHeads, shape.headDim, facts);
}

/** A row that attends to itself alone. Of one score the softmax is 1; the score is rounded as the kernel rounds, where it is asked for. */
function attendSingle({ shape, scale }: Attention, qkv: Float32Array, facts: Float64Array): Float32Array {
  const { heads, headDim } = shape;
  const out = new Float32Array(queryWidth(shape));
  const [keys, values] = [queryWidth(shape), queryWidth(shape) + keyWidth(shape)];
  for (let head = 0; head < heads; head++) {
    const [from, kv] = [head * headDim, kvHeadOf(shape, head) * headDim];
    out.set(qkv.subarray(values + kv, values + kv + headDim), from);
    let score = 0;
    for (let i = 0; i < headDim && facts.length > 0; i++)
      score = Math.fround(score + Math.fround(Math.fround(qkv[from + i] * scale) * qkv[keys + kv + i]));
    facts.fill(score, head * SCORE_FACTS, (head + 1) * SCORE_FACTS);
  }
  return out;
}

/** Scaled queries, keys and values. */
function parts({ shape, scale }: Attention, qkv: Float32Array) {
  const [all, queries, keys] = [qkvWidth(shape), queryWidth(shape), keyWidth(shape)];
  const q = columns(qkv, all, 0, queries);
  const [k, v] = [queries, queries + keys].map((from) => columns(qkv, all, from, keys));
  for (let i = 0; i < q.length; i++) q[i] *= scale;
  return { q, k, v };
}

/** Columns `from .. from + count` of rows of `width` values. */
function columns(rows: Float32Array, width: number, from: number, count: number): Float32Array {
  const part = new Float32Array((rows.length / width) * count);
  for (let row = 0; row * width < rows.length; row++)
    part.set(rows.subarray(row * width + from, row * width + from + count), row * count);
  return part;
}
