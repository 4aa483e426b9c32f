/**
 * The model owner's plaintext preparation (protocol section 12, 1). Everything that writes to the residual stream is centred over its
 * outputs, so that the stream has mean zero and LayerNorm is a division by the root mean square; gain and bias of a norm go into the
 * matrix that reads it, and so does its centring, which by then only removes what rounding leaves. Projections of the embedding go into
 * embedding and head. The part of `1/sqrt(headDim)` that is not a power of two goes into Wq. The model's function stays the same.
 */
import type { Affine, Checkpoint, LayerBiases, LayerWeights } from '../checkpoint/checkpoint.js';
import type { CheckpointShape } from '../checkpoint/architecture.js';
import { requirePrivate } from '../checkpoint/config.js';
import type { FloatMatrix, Kernels } from '../kernels/load.js';
import { centred } from '../plain/centred.js';
import { qkvWidth, queryWidth, type Shape } from '../plan/shape.js';

/** A layer as the fixed-point program runs it. */
export interface PreparedLayer {
  readonly qkv: Float32Array;
  readonly o: Float32Array;
  readonly up: Float32Array;
  readonly down: Float32Array;
  readonly bias?: LayerBiases;
  /**
   * Of post-norm models: what the outputs of the norms before attention (`a`) and feed-forward (`b`) are multiplied by to be the residual,
   * `d x d`: the norm's gain, and centring. The first layer's attention reads its input as it is, without a norm.
   */
  readonly skip?: { readonly a: Float32Array; readonly b: Float32Array };
}

/** What the client gets: rows of zero mean. */
export interface ClientTables {
  /** `vocab x d`. */
  readonly embedding: Float32Array;
  /** `(positionOffset + context) x d`. */
  readonly positions: Float32Array;
  /** `vocab x d`, for the normalised final state. */
  readonly head: Float32Array;
  /** `vocab`; from the bias of the last norm. */
  readonly headBias?: Float32Array;
  /** Where the plan has a prefix: the normalised final state of its last position, `d`. */
  readonly prefixState?: Float32Array;
}

/** A model as the fixed-point program runs it: `y = x W + b`, matrices inputs by outputs, row-major; norms have no weights. */
export interface PreparedModel extends ClientTables {
  readonly shape: CheckpointShape;
  /** `1/sqrt(headDim) = 2^-scoreShift * rest`; the rest, in (0.5, 1], is in Wq. */
  readonly scoreShift: number;
  /** Every layer has biases, or none has. */
  readonly layers: readonly PreparedLayer[];
}

/** Prepares a checkpoint, which stays as it is. @throws CometError `E_UNSUPPORTED` naming the field, for a model that cannot be run privately. */
export function prepareModel(kernels: Kernels, checkpoint: Checkpoint): PreparedModel {
  const { shape, variant, name, embedding, projectIn, positions, projectOut, finalNorm } = checkpoint;
  requirePrivate(variant, name);
  const { width, headDim } = shape;
  const { FloatMatrix } = kernels;
  const scoreShift = scoreShiftOf(headDim);
  const rest = 2 ** scoreShift / Math.sqrt(headDim);
  const projected = projectIn
    ? product(FloatMatrix.fromRows(variant.embedWidth, width, projectIn), embedding)
    : embedding;
  const { normBefore } = variant;
  /** Post-norm models: the input is brought to an rms of one, because its fixed point is absolute; the first matrices take that back. */
  const unit = normBefore ? 1 : 2 ** Math.round(Math.log2(Math.hypot(rms(projected), rms(positions))));
  const layers = checkpoint.layers.map((layer, i) =>
    normBefore
      ? prepareLayer(layer, shape, rest, layer.norms?.attention, layer.norms?.feedForward)
      : preparePostNorm(layer, shape, rest, checkpoint.layers[i - 1], i === 0 ? unit : undefined),
  );
  const wide = projectOut
    ? product(new FloatMatrix(width, variant.embedWidth, projectOut), checkpoint.head)
    : checkpoint.head;
  const last = normBefore ? finalNorm : checkpoint.layers.at(-1)?.norms?.feedForward;
  const head = fold(byOutputs(wide, width), width, last);
  const biased = layers.some(({ bias }) => Object.values(bias).some(anyNonzero));
  return {
    shape,
    scoreShift,
    embedding: normBefore ? centred(projected, width) : projected.map((value) => value / unit),
    positions: normBefore ? centred(positions, width) : positions.map((value) => value / unit),
    layers: biased ? layers : layers.map(({ bias: _bias, ...layer }) => layer),
    head: head.matrix,
    ...(anyNonzero(head.bias) && { headBias: head.bias }),
  };
}

type BiasedLayer = PreparedLayer & Required<Pick<PreparedLayer, 'bias'>>;

/** `before` are the norms whose outputs attention and feed-forward read. */
function prepareLayer(
  layer: LayerWeights,
  shape: Shape,
  rest: number,
  beforeAttention?: Affine,
  beforeFeedForward?: Affine,
): BiasedLayer {
  const { width } = shape;
  const qkv = fold(byInputs(layer.qkv, width), width, beforeAttention, layer.bias?.qkv);
  const up = fold(byInputs(layer.up, width), width, beforeFeedForward, layer.bias?.up);
  const scaled = (values: Float32Array): Float32Array => queriesTimes(values, shape, rest);
  const centredBias = (values?: Float32Array): Float32Array => centred(values ?? new Float32Array(width), width);
  return {
    qkv: scaled(qkv.matrix),
    o: centred(layer.o, width),
    up: up.matrix,
    down: centred(layer.down, width),
    bias: {
      qkv: scaled(qkv.bias),
      o: centredBias(layer.bias?.o),
      up: up.bias,
      down: centredBias(layer.bias?.down),
    },
  };
}

/**
 * A layer whose norms come after what they add up: attention reads the second norm of the layer before, feed-forward the first of its own,
 * and the same are the residual. `unit`: the first layer, whose attention reads the input times that, which has a mean.
 */
function preparePostNorm(
  layer: LayerWeights,
  shape: Shape,
  rest: number,
  previous: LayerWeights | undefined,
  unit?: number,
): BiasedLayer {
  const { width } = shape;
  const [normA, normB] = [previous?.norms?.feedForward, layer.norms?.attention];
  const prepared = prepareLayer(layer, shape, rest, normA, normB);
  const { bias } = prepared;
  const plus = (own: Float32Array, norm?: Affine): Float32Array =>
    norm
      ? centred(
          own.map((value, i) => value + norm.bias[i]),
          width,
        )
      : own;
  return {
    ...prepared,
    ...(unit !== undefined && { qkv: firstQkv(layer.qkv, shape, rest, unit) }),
    bias: { ...bias, o: plus(bias.o, normA), down: plus(bias.down, normB) },
    skip: { a: skipOf(width, normA?.gain, unit), b: skipOf(width, normB?.gain) },
  };
}

/** Queries, keys and values of an input that no norm has centred. */
const firstQkv = (values: Float32Array, shape: Shape, rest: number, unit: number): Float32Array =>
  queriesTimes(values.map((value) => value * unit), shape, rest); // prettier-ignore

/** Rows of queries, keys and values, with queries times a factor. */
function queriesTimes(values: Float32Array, shape: Shape, factor: number): Float32Array {
  const [all, queries] = [qkvWidth(shape), queryWidth(shape)];
  return values.map((value, i) => (i % all < queries ? value * factor : value));
}

/** `diag(gain)` and centring, `d x d`: what the output of a norm is multiplied by to be the residual. */
export function skipOf(width: number, gain?: Float32Array, unit = 1): Float32Array {
  return Float32Array.from({ length: width * width }, (_, at) => {
    const [i, j] = [Math.floor(at / width), at % width];
    return unit * (gain?.[i] ?? 1) * ((i === j ? 1 : 0) - 1 / width);
  });
}

const rms = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);

/** A matrix as values: `(input, output)` is at `input * inputStride + output * outputStride`. */
interface Strided {
  readonly values: Float32Array;
  readonly inputStride: number;
  readonly outputStride: number;
}
/** Inputs by outputs, row-major. */
const byInputs = (values: Float32Array, inputs: number): Strided => {
  return { values, inputStride: values.length / inputs, outputStride: 1 };
};
/** Outputs by inputs, row-major. */
const byOutputs = (values: Float32Array, inputs: number): Strided => ({ values, inputStride: 1, outputStride: inputs });

/**
 * `W` (laid out as the matrix given) and `b` such that `n W + b` is `(gain n + bias) matrix + own` for every `n` of mean zero; so the
 * means of W's columns are free, and taken out.
 */
function fold(
  { values, inputStride, outputStride }: Strided,
  inputs: number,
  norm?: Affine,
  own?: Float32Array,
): { matrix: Float32Array; bias: Float32Array } {
  const outputs = values.length / inputs;
  const matrix = new Float32Array(values.length);
  const bias = new Float32Array(outputs);
  for (let j = 0; j < outputs; j++) {
    let mean = 0;
    let shift = own ? own[j] : 0;
    for (let i = 0; i < inputs; i++) {
      const weight = values[i * inputStride + j * outputStride];
      mean += (norm ? norm.gain[i] * weight : weight) / inputs;
      if (norm) shift += norm.bias[i] * weight;
    }
    for (let i = 0; i < inputs; i++) {
      const at = i * inputStride + j * outputStride;
      matrix[at] = (norm ? norm.gain[i] : 1) * values[at] - mean;
    }
    bias[j] = shift;
  }
  return { matrix, bias };
}

/** Rows times a matrix, which is freed. */
function product(matrix: FloatMatrix, rows: Float32Array): Float32Array {
  const result = matrix.mul(rows, rows.length / matrix.rows);
  matrix.free();
  return result;
}

const anyNonzero = (values: Float32Array): boolean => values.some((value) => value !== 0);

/** The power of two in `1/sqrt(headDim)`: `floor(log2(sqrt(headDim)))`, in integers. */
export function scoreShiftOf(headDim: number): number {
  let shift = 0;
  while (4 ** (shift + 1) <= headDim) shift++;
  return shift;
}
