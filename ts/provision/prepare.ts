/**
 * The model owner's plaintext preparation (protocol section 12, 1). Where norms are LayerNorms everything that writes to the residual
 * stream is centred over its outputs, so that the stream has mean zero and a norm is a division by the root mean square; gain and bias of
 * a norm go into the matrix that reads it, and so does its centring, which by then only removes what rounding leaves. RMSNorms have a gain
 * only. Projections of the embedding go into embedding and head. The part of `1/sqrt(headDim)` that is not a power of two goes into Wq, or
 * into the gain of the queries' own norm, and so does what rotated queries and keys are multiplied by. The model's function stays the same.
 */
import type { Affine, Checkpoint, LayerBiases, LayerWeights } from '../checkpoint/checkpoint.js';
import type { CheckpointShape, Variant } from '../checkpoint/architecture.js';
import { requirePrivate } from '../checkpoint/config.js';
import type { FloatMatrix, Kernels } from '../kernels/load.js';
import { centred } from '../plain/centred.js';
import { qkvWidth, queryWidth } from '../plan/shape.js';
import type { FloatVariant } from '../plain/float-weights.js';
import { byInputs, byOutputs, folding } from './fold.js';

/** A layer as the fixed-point program runs it. */
export interface PreparedLayer {
  readonly qkv: Float32Array;
  readonly o: Float32Array;
  /** Of gated layers. */
  readonly gate?: Float32Array;
  readonly up: Float32Array;
  readonly down: Float32Array;
  /** The same of every layer; zeros stand where a layer has none. */
  readonly bias?: LayerBiases;
  /** Of models that have norms of queries and keys: their gains, `headDim` values each. */
  readonly headNorms?: { readonly q: HeadNorm; readonly k: HeadNorm };
  /**
   * Of post-norm models: what the outputs of the norms before attention (`a`) and feed-forward (`b`) are multiplied by to be the residual,
   * `d x d`: the norm's gain, and centring. The first layer's attention reads its input as it is, without a norm.
   */
  readonly skip?: { readonly a: Float32Array; readonly b: Float32Array };
}

/** The gain of a norm of each head. */
export interface HeadNorm {
  readonly gain: Float32Array;
}

/** What the client gets; rows of zero mean, where norms centre. */
export interface ClientTables {
  /** `vocab x d`. */
  readonly embedding: Float32Array;
  /** `(positionOffset + context) x d`, where positions are not rotations. */
  readonly positions?: Float32Array;
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
  /** What it computes between its matrices; that of OPT, unless given. */
  readonly variant?: FloatVariant;
  /** `1/sqrt(headDim) = 2^-scoreShift * rest`; the rest, in (0.5, 1], is in Wq. */
  readonly scoreShift: number;
  /** Every layer has the same biases. */
  readonly layers: readonly PreparedLayer[];
}

/** Prepares a checkpoint, which stays as it is. @throws CometError `E_UNSUPPORTED` naming the field, for a model that cannot be run privately. */
export function prepareModel(kernels: Kernels, checkpoint: Checkpoint): PreparedModel {
  const { shape, variant, name, embedding, projectIn, positions, projectOut, finalNorm } = checkpoint;
  requirePrivate(variant, name);
  const { width } = shape;
  const { normBefore } = variant;
  const { FloatMatrix } = kernels;
  const projected = projectIn
    ? product(FloatMatrix.fromRows(variant.embedWidth, width, projectIn), embedding)
    : embedding;
  const wide = projectOut
    ? product(new FloatMatrix(width, variant.embedWidth, projectOut), checkpoint.head)
    : checkpoint.head;
  const last = normBefore ? finalNorm : checkpoint.layers.at(-1)?.norms?.feedForward;
  const head = folding(variant)(byOutputs(wide, width), last);
  const common = {
    shape,
    variant: preparedVariant(variant),
    scoreShift: scoreShiftOf(shape.headDim),
    head: head.matrix,
    ...(anyNonzero(head.bias) && { headBias: head.bias }),
  };
  if (!normBefore) return { ...common, ...preparePostNorm(checkpoint, projected) };
  const layers = checkpoint.layers.map((layer) => prepareLayer(layer, checkpoint, layer.norms));
  const ready = (rows: Float32Array): Float32Array => (variant.norm === 'layer' ? centred(rows, width) : rows);
  return {
    ...common,
    embedding: ready(projected),
    ...(positions && { positions: ready(positions) }),
    layers: withBiases(layers, variant),
  };
}

/** Norms without weights, before what they feed; queries are rotated without a factor. */
function preparedVariant({ norm, eps, feedForward, rope }: Variant): FloatVariant {
  const { frequencies } = rope ?? {};
  return { norm, eps, normBefore: true, finalNorm: true, feedForward, ...(frequencies && { rope: { frequencies } }) };
}

/** A layer, with `norms` before attention and feed-forward; it has all biases, which may be zero. */
function prepareLayer(
  layer: LayerWeights,
  { shape, variant }: Pick<Checkpoint, 'shape' | 'variant'>,
  norms?: { readonly attention?: Affine; readonly feedForward?: Affine },
): PreparedLayer & { readonly bias: LayerBiases } {
  const { width } = shape;
  const fold = folding(variant);
  const ofQuery = queryScale({ shape, variant });
  const { headNorms } = layer;
  const qkv = fold(byInputs(layer.qkv, width), norms?.attention, layer.bias?.qkv);
  const scaled = (values: Float32Array) => (headNorms ? values : scaledQueries(values, shape, ofQuery));
  const gate = layer.gate && fold(byInputs(layer.gate, width), norms?.feedForward, layer.bias?.gate);
  const up = fold(byInputs(layer.up, width), norms?.feedForward, layer.bias?.up);
  const written = (values: Float32Array = new Float32Array(width)): Float32Array =>
    variant.norm === 'layer' ? centred(values, width) : values;
  return {
    qkv: scaled(qkv.matrix),
    o: written(layer.o),
    ...(gate && { gate: gate.matrix }),
    up: up.matrix,
    down: written(layer.down),
    bias: {
      qkv: scaled(qkv.bias),
      o: written(layer.bias?.o),
      ...(gate && { gate: gate.bias }),
      up: up.bias,
      down: written(layer.bias?.down),
    },
    ...(headNorms && {
      headNorms: {
        q: { gain: headNorms.q.gain.map((value, i) => value * ofQuery[i]) },
        k: { gain: headNorms.k.gain },
      },
    }),
  };
}

/** What is left of `1/sqrt(headDim)`, and what rotation multiplies queries and keys by, for each value of a query. */
function queryScale({ shape: { headDim }, variant: { rope } }: Pick<Checkpoint, 'shape' | 'variant'>): number[] {
  const rest = 2 ** scoreShiftOf(headDim) / Math.sqrt(headDim);
  const rotated = 2 * (rope?.frequencies.length ?? 0);
  return Array.from({ length: headDim }, (_, i) => (i < rotated ? rest * rope!.factor ** 2 : rest));
}

/** Rows of q, k and v with queries multiplied. */
function scaledQueries(rows: Float32Array, shape: CheckpointShape, scale: readonly number[]): Float32Array {
  const [cols, queries] = [qkvWidth(shape), queryWidth(shape)];
  return rows.map((value, i) => (i % cols < queries ? value * scale[(i % cols) % shape.headDim] : value));
}

/** Which biases stand or fall together: none is kept that is zero in all layers. */
const BIASES = {
  layer: [['qkv', 'o', 'up', 'down']],
  rms: [['qkv'], ['o'], ['gate', 'up', 'down']],
} as const satisfies Record<Variant['norm'], readonly (readonly (keyof LayerBiases)[])[]>;

function withBiases(layers: readonly PreparedLayer[], { norm }: Variant): PreparedLayer[] {
  const isThere = (name: keyof LayerBiases): boolean =>
    layers.some(({ bias }) => bias?.[name] !== undefined && anyNonzero(bias[name]));
  const kept = BIASES[norm].filter((names) => names.some(isThere)).flat();
  return layers.map(({ bias, ...layer }) => {
    const entries = kept.map((name) => [name, bias?.[name]] as const).filter(([, values]) => values);
    return entries.length > 0 ? { ...layer, bias: Object.fromEntries(entries) as LayerBiases } : layer;
  });
}

/**
 * Embeddings and layers of a model whose norms come after what they add up. The input is brought to an rms of one, because its fixed point
 * is absolute; the first matrices take that back.
 */
function preparePostNorm(
  checkpoint: Checkpoint,
  projected: Float32Array,
): Pick<PreparedModel, 'embedding' | 'positions' | 'layers'> {
  const positions = checkpoint.positions!;
  const unit = 2 ** Math.round(Math.log2(Math.hypot(rms(projected), rms(positions))));
  const layers = checkpoint.layers.map((layer, i) =>
    postNormLayer(layer, checkpoint, checkpoint.layers[i - 1], i === 0 ? unit : undefined),
  );
  return {
    embedding: projected.map((value) => value / unit),
    positions: positions.map((value) => value / unit),
    layers: withBiases(layers, checkpoint.variant),
  };
}

/**
 * A layer whose norms come after what they add up: attention reads the second norm of the layer before, feed-forward the first of its own,
 * and the same are the residual. `unit`: the first layer, whose attention reads the input times that, which has a mean.
 */
function postNormLayer(
  layer: LayerWeights,
  checkpoint: Checkpoint,
  previous: LayerWeights | undefined,
  unit?: number,
): PreparedLayer {
  const { width } = checkpoint.shape;
  const [normA, normB] = [previous?.norms?.feedForward, layer.norms?.attention];
  const prepared = prepareLayer(layer, checkpoint, { attention: normA, feedForward: normB });
  const { bias } = prepared;
  const plus = (own: Float32Array, norm?: Affine): Float32Array =>
    norm
      ? centred(
          own.map((value, i) => value + norm.bias![i]),
          width,
        )
      : own;
  return {
    ...prepared,
    // Queries, keys and values of an input that no norm has centred.
    ...(unit !== undefined && {
      qkv: scaledQueries(layer.qkv, checkpoint.shape, queryScale(checkpoint)).map((value) => value * unit),
    }),
    bias: { ...bias, o: plus(bias.o!, normA), down: plus(bias.down!, normB) },
    skip: { a: skipOf(width, normA?.gain, unit), b: skipOf(width, normB?.gain) },
  };
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
