/** Causal attention in f32: of a sequence over its cached keys and values, and of texts that stand apart. */
import type { Kernels } from '../kernels/load.js';

/** Keys and values of one sequence; `length` positions are filled. */
export class FloatCache {
  length = 0;
  /** Per layer, `context x d`. */
  readonly keys: readonly Float32Array[];
  readonly values: readonly Float32Array[];

  constructor(private readonly shape: { layers: number; width: number; context: number }) {
    const { layers, width, context } = shape;
    const empty = () => Array.from({ length: layers }, () => new Float32Array(context * width));
    this.keys = empty();
    this.values = empty();
  }

  /** A copy of what one layer holds, `length x d` each. */
  held(layer: number): Held {
    const filled = this.length * this.shape.width;
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
  readonly heads: number;
  /** Scores are multiplied by it. */
  readonly scale: number;
  /** `rows x heads x SCORE_FACTS`, to be filled; empty where nobody asks. */
  readonly facts: Float64Array;
}

/**
 * Stores the keys and values of `qkv` (`rows x 3d`) after those of `cache` and attends to all: `rows x d`. Does not change the cache's
 * length, which is the same for all layers of a pass.
 */
export function attendCached(
  { kernels, heads, scale, facts }: Attention,
  cache: FloatCache,
  layer: number,
  width: number,
  qkv: Float32Array,
): Float32Array {
  const { q, k, v } = parts(qkv, width, scale);
  const at = cache.length * width;
  cache.keys[layer].set(k, at);
  cache.values[layer].set(v, at);
  const [keys, values] = [cache.keys, cache.values].map((all) => all[layer].subarray(0, at + k.length));
  return kernels.floatAttend(q, keys, values, width, heads, facts);
}

/** Attends within each of some texts, whose rows of `qkv` (`rows x 3d`) follow each other, and to what is before all of them: `rows x d`. */
export function attendApart(
  attention: Attention,
  lengths: readonly number[],
  width: number,
  qkv: Float32Array,
  before?: Held,
): Float32Array {
  const { kernels, heads, scale, facts } = attention;
  const out = new Float32Array(qkv.length / 3);
  const told = facts.length / (out.length / width);
  let row = 0;
  for (const length of lengths) {
    const own = qkv.subarray(3 * row * width, 3 * (row + length) * width);
    const ownFacts = facts.subarray(row * told, (row + length) * told);
    if (length === 1 && !before) {
      // Of one score the softmax is 1.
      out.set(own.subarray(2 * width), row * width);
      if (told > 0) tellSingle(own, width, heads, scale, ownFacts);
    } else {
      const { q, k, v } = parts(own, width, scale);
      const [keys, values] = before ? [joined(before.keys, k), joined(before.values, v)] : [k, v];
      out.set(kernels.floatAttend(q, keys, values, width, heads, ownFacts), row * width);
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

/** The only score of a row: rounded as the kernel rounds. */
function tellSingle(qkv: Float32Array, width: number, heads: number, scale: number, facts: Float64Array): void {
  const dim = width / heads;
  for (let head = 0; head < heads; head++) {
    let score = 0;
    for (let i = head * dim; i < (head + 1) * dim; i++)
      score = Math.fround(score + Math.fround(Math.fround(qkv[i] * scale) * qkv[width + i]));
    facts.fill(score, head * SCORE_FACTS, (head + 1) * SCORE_FACTS);
  }
}

function parts(qkv: Float32Array, width: number, scale: number) {
  const [q, k, v] = [0, width, 2 * width].map((from) => columns(qkv, 3 * width, from, width));
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
