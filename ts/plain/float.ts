/**
 * The float forward pass of an OPT decoder on the f32 kernels: many rows at once, with cached keys and values. Works on checkpoints as
 * they were trained and on the model owner's prepared form; what it computes on the way can be watched and changed by hooks.
 */
import { CometError } from '../core/errors.js';
import type { FloatMatrix, Kernels } from '../kernels/load.js';
import { attend, FloatCache } from './float-attention.js';
import type { FloatHooks } from './float-hooks.js';

/** Added to the variance in every norm. */
export const EPSILON = 1e-5;

/** Dimensions of a decoder, as in `model/shape.ts`; `positionOffset` is the row of position 0 in the position table. */
export interface FloatShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly headDim: number;
  readonly ffn: number;
  readonly context: number;
  readonly vocab: number;
  readonly positionOffset: number;
}

/** Matrices of one layer, inputs by outputs, row-major. */
export interface FloatLayerWeights {
  readonly qkv: Float32Array;
  readonly o: Float32Array;
  readonly up: Float32Array;
  readonly down: Float32Array;
}

/** A decoder's weights: a `Checkpoint` or a `PreparedModel`. */
export interface FloatWeights {
  readonly shape: FloatShape;
  /** Scores are `q·k·2^-scoreShift`; absent, `q·k / sqrt(headDim)`. */
  readonly scoreShift?: number;
  /** `vocab x d`. */
  readonly embedding: Float32Array;
  /** `(positionOffset + context) x d`. */
  readonly positions: Float32Array;
  /** `vocab x d`. */
  readonly head: Float32Array;
  readonly layers: readonly FloatLayerWeights[];
}

type Matrices = Readonly<Record<'qkv' | 'o' | 'up' | 'down', FloatMatrix>>;

/** A decoder ready to run; it holds memory of the kernels until {@link FloatModel.free}. */
export class FloatModel {
  readonly shape: FloatShape;
  readonly #layers: readonly Matrices[];
  readonly #head: FloatMatrix;
  readonly #ones: Float32Array;
  readonly #zeros: Float32Array;

  constructor(
    private readonly kernels: Kernels,
    private readonly weights: FloatWeights,
  ) {
    const { width, ffn, vocab } = (this.shape = weights.shape);
    const { FloatMatrix } = kernels;
    this.#layers = weights.layers.map(({ qkv, o, up, down }) => ({
      qkv: FloatMatrix.fromRows(width, 3 * width, qkv),
      o: FloatMatrix.fromRows(width, width, o),
      up: FloatMatrix.fromRows(width, ffn, up),
      down: FloatMatrix.fromRows(ffn, width, down),
    }));
    this.#head = new FloatMatrix(vocab, width, weights.head);
    this.#ones = new Float32Array(width).fill(1);
    this.#zeros = new Float32Array(width);
  }

  /** An empty cache, for one sequence. */
  newCache(): FloatCache {
    return new FloatCache(this.shape);
  }

  /**
   * The normalised final states of `ids`, `ids.length x d`, which follow what `cache` holds and are added to it. The same bits whether a
   * sequence is given at once or in parts.
   * @throws CometError `E_LENGTH` beyond the context, `E_ARGUMENT` for an id outside the vocabulary.
   */
  forward(ids: readonly number[], cache = this.newCache(), hooks: FloatHooks = {}): Float32Array {
    let x = this.#embed(ids, cache.length);
    for (let layer = 0; layer < this.#layers.length; layer++) x = this.#layer(layer, x, ids.length, cache, hooks);
    const hidden = this.#norm(x);
    hooks.final?.({ start: cache.length, rows: ids.length, x, hidden });
    cache.length += ids.length;
    return hidden;
  }

  /** Logits of final states: `rows x vocab`. */
  logits(hidden: Float32Array): Float32Array {
    return this.#head.mul(hidden, hidden.length / this.shape.width);
  }

  /**
   * Nats that the model needs for each of `ids[1..]` after those before it; the cross-entropy of the window is their mean. All ids are run.
   * @throws CometError as {@link forward}.
   */
  losses(ids: readonly number[], hooks: FloatHooks = {}): Float64Array {
    const { vocab } = this.shape;
    const logits = this.logits(this.forward(ids, this.newCache(), hooks));
    return Float64Array.from(ids.slice(1), (id, i) => {
      const row = logits.subarray(i * vocab, (i + 1) * vocab);
      return this.kernels.logSumExp(row) - row[id];
    });
  }

  /** Gives the kernels' memory back. */
  free(): void {
    for (const layer of this.#layers) for (const matrix of Object.values(layer)) matrix.free();
    this.#head.free();
  }

  #embed(ids: readonly number[], start: number): Float32Array {
    const { width, vocab, context, positionOffset } = this.shape;
    if (start + ids.length > context) {
      throw new CometError('E_LENGTH', `${start + ids.length} tokens are more than the model's context of ${context}`);
    }
    const { embedding, positions } = this.weights;
    const x = new Float32Array(ids.length * width);
    ids.forEach((id, row) => {
      if (!(Number.isInteger(id) && id >= 0 && id < vocab)) {
        throw new CometError('E_ARGUMENT', `the token ${id} is not one of the model's ${vocab}`);
      }
      const position = start + row + positionOffset;
      for (let i = 0; i < width; i++) x[row * width + i] = embedding[id * width + i] + positions[position * width + i];
    });
    return x;
  }

  #layer(index: number, x: Float32Array, rows: number, cache: FloatCache, hooks: FloatHooks): Float32Array {
    const { qkv: wQkv, o: wO, up: wUp, down: wDown } = this.#layers[index];
    const { shape, scoreShift } = this.weights;
    const qkv = wQkv.mul(this.#norm(x), rows);
    const scale = scoreShift === undefined ? 1 / Math.sqrt(shape.headDim) : 2 ** -scoreShift;
    const out = attend(this.kernels, cache, index, qkv, scale, hooks.scores);
    hooks.heads?.(index, out);
    const x1 = sum(x, wO.mul(out, rows));
    const up = wUp.mul(this.#norm(x1), rows);
    const active = up.map((value) => (value > 0 ? value : 0));
    const x2 = sum(x1, wDown.mul(active, rows));
    hooks.layer?.({ layer: index, start: cache.length, rows, x, qkv, attention: out, x1, up, x2 });
    return x2;
  }

  #norm(x: Float32Array): Float32Array {
    return this.kernels.layerNorm(x, this.#ones, this.#zeros, EPSILON);
  }
}

function sum(a: Float32Array, b: Float32Array): Float32Array {
  for (let i = 0; i < b.length; i++) b[i] += a[i];
  return b;
}
