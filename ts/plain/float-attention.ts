/** Causal attention over cached keys and values, in f32. */
import type { FloatMatrix, Kernels } from '../kernels/load.js';
import type { ScoreTrace } from './float-hooks.js';

/** Rows whose scores are computed together: each block skips the keys after it. */
const BLOCK = 64;

/** Keys and values of one sequence; `length` positions are filled. */
export class FloatCache {
  length = 0;
  /** Per layer and head, `context x headDim`. */
  readonly #keys: Float32Array[];
  readonly #values: Float32Array[];

  constructor(readonly shape: { layers: number; heads: number; headDim: number; width: number; context: number }) {
    const { layers, heads, headDim, context } = shape;
    const empty = () => Array.from({ length: layers * heads }, () => new Float32Array(context * headDim));
    this.#keys = empty();
    this.#values = empty();
  }

  /** Keys of one head from position 0 on. */
  keys(layer: number, head: number): Float32Array {
    return this.#keys[layer * this.shape.heads + head];
  }

  /** Values of one head from position 0 on. */
  values(layer: number, head: number): Float32Array {
    return this.#values[layer * this.shape.heads + head];
  }
}

/**
 * Stores the keys and values of `qkv` (`rows x 3d`) after those of `cache` and attends to all: `rows x d`. Does not change the cache's
 * length, which is the same for all layers of a pass.
 */
export function attend(
  kernels: Kernels,
  cache: FloatCache,
  layer: number,
  qkv: Float32Array,
  scale: number,
  watch?: (trace: ScoreTrace) => void,
): Float32Array {
  const { width, heads, headDim } = cache.shape;
  const rows = qkv.length / (3 * width);
  const out = new Float32Array(rows * width);
  const scores = watch && { layer, logSums: new Float64Array(rows * heads), max: 0 };
  for (let head = 0; head < heads; head++) {
    const at = head * headDim;
    const keys = cache.keys(layer, head);
    const values = cache.values(layer, head);
    copyColumns(qkv, 3 * width, width + at, headDim, keys, cache.length);
    copyColumns(qkv, 3 * width, 2 * width + at, headDim, values, cache.length);
    for (let from = 0; from < rows; from += BLOCK) {
      const count = Math.min(BLOCK, rows - from);
      const end = cache.length + from + count;
      const q = new Float32Array(count * headDim);
      copyColumns(qkv.subarray(3 * width * from, 3 * width * (from + count)), 3 * width, at, headDim, q, 0);
      for (let i = 0; i < q.length; i++) q[i] *= scale;
      const k = new kernels.FloatMatrix(end, headDim, keys.subarray(0, end * headDim));
      const s = product(k, q, count);
      for (let row = 0; row < count; row++) s.fill(-Infinity, row * end + end - count + row + 1, (row + 1) * end);
      if (scores) trace(kernels, s, count, scores, from, head, heads);
      const v = kernels.FloatMatrix.fromRows(end, headDim, values.subarray(0, end * headDim));
      const o = product(v, kernels.softmaxRows(s, end), count);
      for (let row = 0; row < count; row++) {
        out.set(o.subarray(row * headDim, (row + 1) * headDim), (from + row) * width + at);
      }
    }
  }
  if (scores) watch(scores);
  return out;
}

function product(matrix: FloatMatrix, x: Float32Array, rows: number): Float32Array {
  const y = matrix.mul(x, rows);
  matrix.free();
  return y;
}

/** Columns `from .. from + count` of rows of `width` values, to rows of `count` values that start at row `start`. */
function copyColumns(rows: Float32Array, width: number, from: number, count: number, to: Float32Array, start: number) {
  for (let row = 0; row * width < rows.length; row++) {
    to.set(rows.subarray(row * width + from, row * width + from + count), (start + row) * count);
  }
}

/** Log-sums and the maximum of a block of masked scores (`count` rows). */
function trace(
  kernels: Kernels,
  s: Float32Array,
  count: number,
  to: { logSums: Float64Array; max: number },
  from: number,
  head: number,
  heads: number,
): void {
  const cols = s.length / count;
  for (let row = 0; row < count; row++) {
    const causal = s.subarray(row * cols, row * cols + cols - count + row + 1);
    to.logSums[(from + row) * heads + head] = kernels.logSumExp(causal);
    for (const score of causal) to.max = Math.max(to.max, Math.abs(score));
  }
}
