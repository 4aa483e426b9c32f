/**
 * The float forward pass of a decoder on the f32 kernels: many rows at once, with cached keys and values. Works on checkpoints as they
 * were trained and on the model owner's prepared form; what it computes on the way can be watched and changed by hooks.
 */
import { CometError } from '../core/errors.js';
import type { FloatMatrix, Kernels } from '../kernels/load.js';
import { attendApart, attendCached, type Attention, FloatCache, SCORE_FACTS } from './float-attention.js';
import { queryWidth, qkvWidth } from '../plan/shape.js';
import { activated } from './float-activation.js';
import type { FloatHooks } from './float-hooks.js';
import { normed } from './float-norm.js';
import {
  type FloatNorm,
  type FloatShape,
  type FloatVariant,
  type FloatWeights,
  type Linear,
  type LinearName,
  PLAIN_VARIANT,
} from './float-weights.js';

export type { FloatLayerWeights, FloatShape, FloatWeights } from './float-weights.js';

/** A decoder ready to run; it holds memory of the kernels until {@link FloatModel.free}. */
export class FloatModel {
  readonly shape: FloatShape;
  readonly #layers: readonly Linear<FloatMatrix>[];
  readonly #skips: readonly (Readonly<Record<'a' | 'b', FloatMatrix>> | undefined)[];
  readonly #head: FloatMatrix;
  readonly #projectIn?: FloatMatrix;
  readonly #projectOut?: FloatMatrix;
  readonly #variant: FloatVariant;
  readonly #frequencies?: Float32Array;

  constructor(
    private readonly kernels: Kernels,
    private readonly weights: FloatWeights,
  ) {
    const { width, vocab } = (this.shape = weights.shape);
    this.#variant = weights.variant ?? PLAIN_VARIANT;
    const { FloatMatrix } = kernels;
    this.#layers = weights.layers.map((layer) => packed(kernels, this.shape, layer, this.#variant.feedForward.gated));
    const square = (values: Float32Array): FloatMatrix => FloatMatrix.fromRows(width, width, values);
    this.#skips = weights.layers.map(({ skip }) => skip && { a: square(skip.a), b: square(skip.b) });
    const { projectIn, projectOut } = weights;
    const embedWidth = weights.embedding.length / vocab;
    this.#projectIn = projectIn && FloatMatrix.fromRows(embedWidth, width, projectIn);
    this.#projectOut = projectOut && FloatMatrix.fromRows(width, embedWidth, projectOut);
    this.#head = new FloatMatrix(vocab, embedWidth, weights.head);
    this.#frequencies = this.#variant.rope && Float32Array.from(this.#variant.rope.frequencies);
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
    const positions = Uint32Array.from(ids, (_, row) => cache.length + row);
    const hidden = this.#run(ids, hooks, {
      positions,
      attend: (attention, layer, qkv) => attendCached(attention, cache, layer, qkv),
    });
    cache.length += ids.length;
    return hidden;
  }

  /**
   * The final states of texts that know nothing of each other, one after the other: the same bits as of each alone. All follow what
   * `before` holds, which stays as it is.
   * @throws CometError as {@link forward}.
   */
  forwardApart(texts: readonly (readonly number[])[], hooks: FloatHooks = {}, before?: FloatCache): Float32Array {
    const lengths = texts.map(({ length }) => length);
    const start = before?.length ?? 0;
    return this.#run(texts.flat(), hooks, {
      positions: Uint32Array.from(lengths.flatMap((length) => Array.from({ length }, (_, i) => start + i))),
      attend: (attention, layer, qkv) => attendApart(attention, lengths, qkv, before?.held(layer)),
    });
  }

  /** Logits of final states: `rows x vocab`. */
  logits(hidden: Float32Array): Float32Array {
    const rows = hidden.length / this.shape.width;
    const projected = this.#projectOut ? this.#projectOut.mul(hidden, rows) : hidden;
    return product(this.#head, projected, rows, this.weights.headBias);
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

  #run(ids: readonly number[], hooks: FloatHooks, pass: Pass): Float32Array {
    let x = this.#embed(ids, pass.positions);
    for (let layer = 0; layer < this.#layers.length; layer++) x = this.#layer(layer, x, pass, hooks);
    const hidden = this.#variant.finalNorm ? this.#norm(x, this.weights.finalNorm) : x;
    hooks.final?.({ positions: pass.positions, rows: ids.length, x, hidden });
    return hidden;
  }

  #embed(ids: readonly number[], at: Uint32Array): Float32Array {
    const { width, vocab, context, positionOffset } = this.shape;
    const most = at.reduce((last, position) => Math.max(last, position + 1), 0);
    if (most > context)
      throw new CometError('E_LENGTH', `${most} tokens are more than the model's context of ${context}`);
    for (const id of ids) {
      if (!(Number.isInteger(id) && id >= 0 && id < vocab)) {
        throw new CometError('E_ARGUMENT', `the token ${id} is not one of the model's ${vocab}`);
      }
    }
    const { embedding, positions } = this.weights;
    const embedWidth = embedding.length / vocab;
    const tokens = gather(embedding, embedWidth, ids);
    const x = this.#projectIn ? this.#projectIn.mul(tokens, ids.length) : tokens;
    if (!positions) return x;
    return sum(gather(positions, width, at.map((position) => position + positionOffset)), x); // prettier-ignore
  }

  #layer(index: number, x: Float32Array, { positions, attend }: Pass, hooks: FloatHooks): Float32Array {
    const rows = positions.length;
    const { normBefore } = this.#variant;
    const { norms } = this.weights.layers[index];
    const before = (input: Float32Array, norm?: FloatNorm) => (normBefore ? this.#norm(input, norm) : input);
    const after = (output: Float32Array, norm?: FloatNorm) => (normBefore ? output : this.#norm(output, norm));
    const skip = this.#skips[index];
    const input = skip && index === 0 ? x : before(x, norms?.attention);
    const residual = (matrix: FloatMatrix | undefined, stream: Float32Array, normed: Float32Array) =>
      matrix ? matrix.mul(normed, rows) : stream;

    hooks.input?.(index, input);
    const qkv = this.#linear(index, 'qkv', input, rows);
    const turned = this.#turned(index, qkv, positions);
    const attention = this.#attention(hooks.scores ? rows : 0);
    const out = attend(attention, index, turned);
    hooks.scores?.({ layer: index, positions, facts: attention.facts });
    hooks.heads?.(index, out);
    const x1 = after(sum(residual(skip?.a, x, input), this.#linear(index, 'o', out, rows)), norms?.attention);

    const input1 = before(x1, norms?.feedForward);
    const { gated, activation } = this.#variant.feedForward;
    const gate = gated ? this.#linear(index, 'gate', input1, rows) : undefined;
    const up = this.#linear(index, 'up', input1, rows);
    const active = activated(this.kernels, activation, gate ?? up);
    if (gate) for (let i = 0; i < up.length; i++) active[i] *= up[i];
    hooks.neurons?.(index, { inner: gate ?? up, active });
    const down = this.#linear(index, 'down', active, rows);
    const x2 = after(sum(residual(skip?.b, x1, input1), down), norms?.feedForward);
    hooks.layer?.({ layer: index, positions, rows, x, qkv, turned, attention: out, x1, gate, up, active, x2 });
    return x2;
  }

  #linear(index: number, name: LinearName, input: Float32Array, rows: number): Float32Array {
    return product(this.#layers[index][name]!, input, rows, this.weights.layers[index].bias?.[name]);
  }

  /** Queries and keys as scores read them, each head's norm and rotation applied; values as they are. */
  #turned(index: number, qkv: Float32Array, positions: Uint32Array): Float32Array {
    const { kernels, shape } = this;
    const { heads, kvHeads, headDim } = shape;
    const { eps, rope } = this.#variant;
    const { headNorms } = this.weights.layers[index];
    const cols = qkvWidth(shape);
    let turned = qkv;
    if (headNorms) {
      turned = kernels.rmsNorm(turned, cols, 0, heads, headNorms.q.gain, eps);
      turned = kernels.rmsNorm(turned, cols, heads * headDim, kvHeads, headNorms.k.gain, eps);
    }
    if (!rope) return turned;
    return kernels.rotate(turned, positions, heads + kvHeads, headDim, this.#frequencies!, rope.factor ?? 1);
  }

  /** `told`: rows whose scores are asked for. */
  #attention(told: number): Attention {
    const { shape, scoreShift } = this.weights;
    const scale = scoreShift === undefined ? 1 / Math.sqrt(shape.headDim) : 2 ** -scoreShift;
    const facts = new Float64Array(told * shape.heads * SCORE_FACTS);
    return { kernels: this.kernels, shape, scale, facts };
  }

  #norm(x: Float32Array, norm?: FloatNorm): Float32Array {
    return normed(this.kernels, x, this.#variant, this.shape.width, norm);
  }
}

/** The matrices of a layer. One at a time: they may be made as they are read. */
function packed(
  { FloatMatrix }: Kernels,
  shape: FloatShape,
  layer: Linear<Float32Array>,
  gated: boolean,
): Linear<FloatMatrix> {
  const { width, ffn } = shape;
  return {
    qkv: FloatMatrix.fromRows(width, qkvWidth(shape), layer.qkv),
    o: FloatMatrix.fromRows(queryWidth(shape), width, layer.o),
    ...(gated && { gate: FloatMatrix.fromRows(width, ffn, layer.gate!) }),
    up: FloatMatrix.fromRows(width, ffn, layer.up),
    down: FloatMatrix.fromRows(ffn, width, layer.down),
  };
}

/** Rows that run together: where each stands, and what their attention sees. */
interface Pass {
  readonly positions: Uint32Array;
  readonly attend: (attention: Attention, layer: number, qkv: Float32Array) => Float32Array;
}

/** Some rows of a table, in their order. */
function gather(table: Float32Array, width: number, rows: ArrayLike<number>): Float32Array {
  const some = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) some.set(table.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
  return some;
}

/** Adds `a` to `b`, in place. */
function sum(a: Float32Array, b: Float32Array): Float32Array {
  for (let i = 0; i < b.length; i++) b[i] += a[i];
  return b;
}

/** `x W + b`, or `x W` without a bias. */
const product = (matrix: FloatMatrix, x: Float32Array, rows: number, bias?: Float32Array): Float32Array =>
  bias ? matrix.mulBiased(x, rows, bias) : matrix.mul(x, rows);
