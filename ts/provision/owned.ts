/**
 * What the model owner masks: a prepared model with the secrets that provisioning adds to it, and the order in which it is masked. Neurons
 * of a layer and heads of a layer are put in a random order, the first epoch's (docs/protocol.md section 5): indices that are opened
 * later mean nothing to who does not know it. The model's function stays the same.
 */
import type { LayerBiases } from '../checkpoint/checkpoint.js';
import { nonce } from '../core/address.js';
import type { Kernels } from '../kernels/load.js';
import { keyWidth, queryWidth, type Shape } from '../plan/shape.js';
import { headOrderFrom, headOrderWords, kvOrder, orderFrom, unmoved } from '../weights/permutation.js';
import type { Words } from '../wires/wire.js';
import type { PrefixLayer } from './prefix.js';
import type { PreparedLayer, PreparedModel } from './prepare.js';

/** A layer's predictor as the program runs it. */
export interface OwnedPredictor {
  /** `d x rank`, row-major. */
  readonly down: Float32Array;
  /** `rank x outputs`. */
  readonly up: Float32Array;
  /** Minus the thresholds: what is added to the scores. */
  readonly thresholds: Float32Array;
}

/** What provisioning adds to a layer. */
export interface LayerSecrets {
  /** Minus the centre of each head's scores, nats. */
  readonly centers: Float32Array;
  readonly prefix?: PrefixLayer;
  readonly predictor?: OwnedPredictor;
}

/** A layer's matrices are put in order when they are read, each time anew: the model is not in memory twice. */
export type OwnedLayer = PreparedLayer & LayerSecrets;

export interface OwnedModel extends Omit<PreparedModel, 'layers'> {
  readonly layers: readonly OwnedLayer[];
}

/** Where what is now at index i was before. */
export interface LayerOrder {
  readonly neurons: Uint32Array;
  /** Of queries: those that read the same keys and values stay neighbours. */
  readonly heads: Uint32Array;
}

/** Random orders of every layer from a secret 32-byte seed that is used for nothing else. */
export function drawOrders(kernels: Kernels, shape: Shape, seed: Uint8Array): LayerOrder[] {
  const words = (layer: number, op: number, count: number): Words =>
    kernels.prgWords(seed, nonce({ step: 0, layer, op }, 0), 0, count, 64) as Words;
  return Array.from({ length: shape.layers }, (_, layer) => ({
    neurons: orderFrom(words(layer, 0, shape.ffn)),
    heads: headOrderFrom(words(layer, 1, headOrderWords(shape)), shape),
  }));
}

/** The checkpoint's own order, of every layer. */
export function ownOrders({ layers, ffn, heads }: Shape): LayerOrder[] {
  return Array.from({ length: layers }, () => ({ neurons: unmoved(ffn), heads: unmoved(heads) }));
}

/** The model with its `secrets`, the neurons and heads of every layer in these orders. */
export function inOrder(
  model: PreparedModel,
  secrets: readonly LayerSecrets[],
  orders: readonly LayerOrder[],
): OwnedModel {
  const { shape } = model;
  const { headDim } = shape;
  const layers = model.layers.map((layer, l): OwnedLayer => {
    const { neurons, heads } = orders[l];
    const ofKeys = kvOrder(shape, heads);
    const keys = widened(ofKeys, headDim, 0);
    const [fromKeys, fromValues] = [queryWidth(shape), queryWidth(shape) + keyWidth(shape)];
    const dims = widened(heads, headDim, 0);
    const qkv = concat(dims, widened(ofKeys, headDim, fromKeys), widened(ofKeys, headDim, fromValues));
    const { centers, predictor, prefix } = secrets[l];
    const { bias, skip } = layer;
    const next = orders[l + 1]?.heads ?? new Uint32Array(0);
    const outputs = concat(neurons, widened(next, 1, neurons.length));
    return {
      get qkv() {
        return columns(layer.qkv, qkv);
      },
      get o() {
        return rows(layer.o, dims);
      },
      get gate() {
        return layer.gate && columns(layer.gate, neurons);
      },
      get up() {
        return columns(layer.up, neurons);
      },
      get down() {
        return rows(layer.down, neurons);
      },
      centers: columns(centers, heads),
      ...(bias && { bias: biasInOrder(bias, qkv, neurons) }),
      ...(skip && { skip }),
      ...(prefix && { prefix: { keys: columns(prefix.keys, keys), values: columns(prefix.values, keys) } }),
      ...(predictor && {
        predictor: {
          down: predictor.down,
          up: columns(predictor.up, outputs),
          thresholds: columns(predictor.thresholds, outputs),
        },
      }),
    };
  });
  return { ...model, layers };
}

const biasInOrder = (bias: LayerBiases, qkv: Uint32Array, neurons: Uint32Array): LayerBiases => ({
  ...bias,
  ...(bias.qkv && { qkv: columns(bias.qkv, qkv) }),
  ...(bias.gate && { gate: columns(bias.gate, neurons) }),
  ...(bias.up && { up: columns(bias.up, neurons) }),
});

/** Indices of blocks of `size` as indices of their elements, `from` on. */
const widened = (order: Uint32Array, size: number, from: number): Uint32Array =>
  Uint32Array.from({ length: order.length * size }, (_, i) => from + order[Math.floor(i / size)] * size + (i % size));

function concat(...parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}

/** Columns of a row-major matrix that has as many as `order`. */
function columns(values: Float32Array, order: Uint32Array): Float32Array {
  const cols = order.length;
  const out = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += cols)
    for (let i = 0; i < cols; i++) out[row + i] = values[row + order[i]];
  return out;
}

/** Rows of a row-major matrix that has as many as `order`. */
function rows(values: Float32Array, order: Uint32Array): Float32Array {
  const cols = values.length / order.length;
  const out = new Float32Array(values.length);
  for (const [i, from] of order.entries()) out.set(values.subarray(from * cols, (from + 1) * cols), i * cols);
  return out;
}

/** The transpose of a `rows x cols` matrix. */
export function transposed(values: Float32Array, rows: number): Float32Array {
  const cols = values.length / rows;
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++) out[col * rows + row] = values[row * cols + col];
  return out;
}
