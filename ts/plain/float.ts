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

/** Dimensions of a decoder, as in `plan/shape.ts`; `positionOffset` is the row of position 0 in the position table. */
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

/** Gain and bias of a norm, `d` values each. */
export interface FloatNorm {
  readonly gain: Float32Array;
  readonly bias: Float32Array;
}

type Linear<T> = Readonly<Record<'qkv' | 'o' | 'up' | 'down', T>>;

/** Weights of one layer; matrices inputs by outputs, row-major. */
export interface FloatLayerWeights extends Linear<Float32Array> {
  readonly bias?: Linear<Float32Array>;
  readonly norms?: { readonly attention: FloatNorm; readonly feedForward: FloatNorm };
  /** The residual is what the norm gives, times these; the first layer's attention reads its input without a norm. */
  readonly skip?: { readonly a: Float32Array; readonly b: Float32Array };
}

/** A decoder's weights: a `Checkpoint` or a `PreparedModel`. `e` is the width of the token embedding, most often `d`. */
export interface FloatWeights {
  readonly shape: FloatShape;
  /** Whether norms come before what they feed, and whether there is one at the end; both, unless given. */
  readonly variant?: { readonly normBefore: boolean; readonly finalNorm: boolean };
  /** Scores are `q·k·2^-scoreShift`; absent, `q·k / sqrt(headDim)`. */
  readonly scoreShift?: number;
  /** `vocab x e`. */
  readonly embedding: Float32Array;
  /** `e x d`. */
  readonly projectIn?: Float32Array;
  /** `(positionOffset + context) x d`. */
  readonly positions: Float32Array;
  readonly layers: readonly FloatLayerWeights[];
  readonly finalNorm?: FloatNorm;
  /** `d x e`. */
  readonly projectOut?: Float32Array;
  /** `vocab x e`. */
  readonly head: Float32Array;
  /** `vocab`. */
  readonly headBias?: Float32Array;
}

/** A decoder ready to run; it holds memory of the kernels until {@link FloatModel.free}. */
export class FloatModel {
  readonly shape: FloatShape;
  readonly #layers: readonly Linear<FloatMatrix>[];
  readonly #skips: readonly (Readonly<Record<'a' | 'b', FloatMatrix>> | undefined)[];
  readonly #head: FloatMatrix;
  readonly #projectIn?: FloatMatrix;
  readonly #projectOut?: FloatMatrix;
  /** What a norm without weights multiplies by and adds. */
  readonly #plain: FloatNorm;

  constructor(
    private readonly kernels: Kernels,
    private readonly weights: FloatWeights,
  ) {
    const { width, ffn, vocab } = (this.shape = weights.shape);
    const { FloatMatrix } = kernels;
    // One matrix at a time: they may be made as they are read.
    this.#layers = weights.layers.map((layer) => ({
      qkv: FloatMatrix.fromRows(width, 3 * width, layer.qkv),
      o: FloatMatrix.fromRows(width, width, layer.o),
      up: FloatMatrix.fromRows(width, ffn, layer.up),
      down: FloatMatrix.fromRows(ffn, width, layer.down),
    }));
    const square = (values: Float32Array): FloatMatrix => FloatMatrix.fromRows(width, width, values);
    this.#skips = weights.layers.map(({ skip }) => skip && { a: square(skip.a), b: square(skip.b) });
    const { projectIn, projectOut } = weights;
    const embedWidth = weights.embedding.length / vocab;
    this.#projectIn = projectIn && FloatMatrix.fromRows(embedWidth, width, projectIn);
    this.#projectOut = projectOut && FloatMatrix.fromRows(width, embedWidth, projectOut);
    this.#head = new FloatMatrix(vocab, embedWidth, weights.head);
    this.#plain = { gain: new Float32Array(width).fill(1), bias: new Float32Array(width) };
  }

  /** An empty cache, for one sequence. */
  newCache(): FloatCache {
    return new FloatCache(this.shape);
  }

  /**
   * The final states of `ids` after the last norm, `ids.length x d`, which follow what `cache` holds and are added to it. The same bits
   * whether a sequence is given at once or in parts.
   * @throws CometError `E_LENGTH` beyond the context, `E_ARGUMENT` for an id outside the vocabulary.
   */
  forward(ids: readonly number[], cache = this.newCache(), hooks: FloatHooks = {}): Float32Array {
    let x = this.#embed(ids, cache.length);
    for (let layer = 0; layer < this.#layers.length; layer++) x = this.#layer(layer, x, ids.length, cache, hooks);
    const hidden = (this.weights.variant?.finalNorm ?? true) ? this.#norm(x, this.weights.finalNorm) : x;
    hooks.final?.({ start: cache.length, rows: ids.length, x, hidden });
    cache.length += ids.length;
    return hidden;
  }

  /** Logits of final states: `rows x vocab`. */
  logits(hidden: Float32Array): Float32Array {
    const rows = hidden.length / this.shape.width;
    const projected = this.#projectOut ? this.#projectOut.mul(hidden, rows) : hidden;
    return biased(this.#head.mul(projected, rows), this.weights.headBias);
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
    for (const layer of [...this.#layers, ...this.#skips])
      for (const matrix of Object.values(layer ?? {})) matrix.free();
    for (const matrix of [this.#head, this.#projectIn, this.#projectOut]) matrix?.free();
  }

  #embed(ids: readonly number[], start: number): Float32Array {
    const { width, vocab, context, positionOffset } = this.shape;
    if (start + ids.length > context) {
      throw new CometError('E_LENGTH', `${start + ids.length} tokens are more than the model's context of ${context}`);
    }
    for (const id of ids) {
      if (!(Number.isInteger(id) && id >= 0 && id < vocab)) {
        throw new CometError('E_ARGUMENT', `the token ${id} is not one of the model's ${vocab}`);
      }
    }
    const { embedding, positions } = this.weights;
    const embedWidth = embedding.length / vocab;
    const tokens = new Float32Array(ids.length * embedWidth);
    ids.forEach((id, row) => tokens.set(embedding.subarray(id * embedWidth, (id + 1) * embedWidth), row * embedWidth));
    const x = this.#projectIn ? this.#projectIn.mul(tokens, ids.length) : tokens;
    return sum(positions.subarray((start + positionOffset) * width, (start + ids.length + positionOffset) * width), x);
  }

  #layer(index: number, x: Float32Array, rows: number, cache: FloatCache, hooks: FloatHooks): Float32Array {
    const matrices = this.#layers[index];
    const { shape, scoreShift, variant } = this.weights;
    const { bias, norms } = this.weights.layers[index];
    const linear = (name: keyof typeof matrices, input: Float32Array) =>
      biased(matrices[name].mul(input, rows), bias?.[name]);
    const normBefore = variant?.normBefore ?? true;
    const before = (input: Float32Array, norm?: FloatNorm) => (normBefore ? this.#norm(input, norm) : input);
    const after = (output: Float32Array, norm?: FloatNorm) => (normBefore ? output : this.#norm(output, norm));

    const skip = this.#skips[index];
    const input = skip && index === 0 ? x : before(x, norms?.attention);
    const residual = (matrix: FloatMatrix | undefined, stream: Float32Array, normed: Float32Array) =>
      matrix ? matrix.mul(normed, rows) : stream;
    hooks.input?.(index, input);
    const qkv = linear('qkv', input);
    const scale = scoreShift === undefined ? 1 / Math.sqrt(shape.headDim) : 2 ** -scoreShift;
    const out = attend(this.kernels, cache, index, qkv, scale, hooks.scores);
    hooks.heads?.(index, out);
    const x1 = after(sum(residual(skip?.a, x, input), linear('o', out)), norms?.attention);
    const input1 = before(x1, norms?.feedForward);
    const up = linear('up', input1);
    hooks.neurons?.(index, up);
    const active = up.map((value) => (value > 0 ? value : 0));
    const x2 = after(sum(residual(skip?.b, x1, input1), linear('down', active)), norms?.feedForward);
    hooks.layer?.({ layer: index, start: cache.length, rows, x, qkv, attention: out, x1, up, x2 });
    return x2;
  }

  #norm(x: Float32Array, { gain, bias } = this.#plain): Float32Array {
    return this.kernels.layerNorm(x, gain, bias, EPSILON);
  }
}

/** Adds `a` to `b`, in place. */
function sum(a: Float32Array, b: Float32Array): Float32Array {
  for (let i = 0; i < b.length; i++) b[i] += a[i];
  return b;
}

/** Adds a bias to every row, in place. */
function biased(rows: Float32Array, bias?: Float32Array): Float32Array {
  if (bias) for (let i = 0; i < rows.length; i++) rows[i] += bias[i % bias.length];
  return rows;
}
