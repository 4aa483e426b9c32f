/** The tensors of a layer: their order, shapes, words and scales, and where their masks come from. */
import { nonce } from '../core/address.js';
import type { MatrixName, RowsName } from '../gates/product-spec.js';
import {
  type BiasName,
  biasScale,
  hasBias,
  type LayerPlan,
  type Plan,
  prefixFormat,
  prefixLength,
  type PrefixName,
  productBits,
  type WordBits,
} from '../plan/formats.js';
import { keyWidth, queryWidth, qkvWidth } from '../plan/shape.js';

/**
 * Tensors of a layer in the order of files and frames. Their places are parts of nonces: new ones go to the end. Matrices whose outputs or
 * inputs may be skipped one by one are kept as rows: a vector for each neuron (`gate` and `up`: its column, transposed), or for each predicted output.
 */
export const TENSORS = [
  'qkv', 'o', 'up', 'down', 'qkvBias', 'oBias', 'upBias', 'downBias', 'centers', 'predictDown', 'predictUp', 'thresholds',
  'skipA', 'skipB', 'prefixKeys', 'prefixValues', 'gate', 'gateBias',
] as const satisfies readonly (MatrixName | RowsName | BiasName | PrefixName)[]; // prettier-ignore
export type TensorName = (typeof TENSORS)[number];
const BIASES: readonly TensorName[] = ['qkvBias', 'oBias', 'gateBias', 'upBias', 'downBias', 'centers', 'thresholds'];
const ROWS: readonly TensorName[] = ['gate', 'up', 'down', 'predictUp'];
export const isBias = (name: TensorName): name is BiasName => BIASES.includes(name);
export const isPrefix = (name: TensorName): name is PrefixName => name === 'prefixKeys' || name === 'prefixValues';
/** Whether nothing multiplies by a tensor as by weights: its words are added, or cached. */
export const isWords = (name: TensorName): name is BiasName | PrefixName => isBias(name) || isPrefix(name);
export const isRows = (name: TensorName): name is RowsName => ROWS.includes(name);

/** Which tensor of which layer. */
export interface TensorId {
  readonly layer: number;
  readonly name: TensorName;
}

/** Every masked tensor of a model, in the order of files and frames. */
export const tensorIds = (plan: Plan): TensorId[] =>
  plan.layers.flatMap((p, layer) => TENSORS.filter((name) => has(plan, p, name)).map((name) => ({ layer, name })));

function has(plan: Plan, p: LayerPlan, name: TensorName): boolean {
  const { predictor, postNorm, gate } = p;
  if (isPrefix(name)) return plan.prefix !== undefined;
  if (name === 'skipA' || name === 'skipB') return postNorm !== undefined;
  if (name === 'centers') return true;
  if (name === 'gate') return gate?.matrix !== undefined;
  if (isBias(name) && name !== 'thresholds') return hasBias(p, name);
  return predictor !== undefined || !['predictDown', 'predictUp', 'thresholds'].includes(name);
}

/** Rows and columns of a tensor as its words are ordered; a bias is one row. */
export function tensorShape(plan: Plan, { layer, name }: TensorId): readonly [rows: number, cols: number] {
  const { shape, layers } = plan;
  const { width, ffn, heads } = shape;
  const [queries, keys] = [queryWidth(shape), keyWidth(shape)];
  const { rank = 0, outputs = 0 } = layers[layer].predictor ?? {};
  const shapes: Record<TensorName, readonly [number, number]> = {
    qkv: [width, qkvWidth(shape)],
    o: [queries, width],
    gate: [ffn, width],
    up: [ffn, width],
    down: [ffn, width],
    qkvBias: [1, qkvWidth(shape)],
    oBias: [1, width],
    gateBias: [1, ffn],
    upBias: [1, ffn],
    downBias: [1, width],
    centers: [1, heads],
    predictDown: [width, rank],
    predictUp: [outputs, rank],
    thresholds: [1, outputs],
    skipA: [width, width],
    skipB: [width, width],
    prefixKeys: [prefixLength(plan), keys],
    prefixValues: [prefixLength(plan), keys],
  };
  return shapes[name];
}

/** Bits of the words that a tensor is kept in. */
export const wordBits = (plan: Plan, { layer, name }: TensorId): WordBits => productBits(plan, layer, name);

export function scaleOf(plan: Plan, { layer, name }: TensorId): number {
  const p = plan.layers[layer];
  if (isBias(name)) return biasScale(plan, p, name);
  if (isPrefix(name)) return prefixFormat(p, name).scale;
  const { swDown: predictDown = 0, swUp: predictUp = 0 } = p.predictor ?? {};
  const { swA: skipA = 0, swB: skipB = 0 } = p.postNorm ?? {};
  const { sw: gate = 0 } = p.gate?.matrix ?? {};
  return { gate, qkv: p.swQkv, o: p.swO, up: p.swUp, down: p.swDown, predictDown, predictUp, skipA, skipB }[name];
}

/** Address of a tensor's mask: under the seeds' own keys, so it only needs to be unique among tensors. */
export const maskNonce = ({ layer, name }: TensorId): Uint8Array =>
  nonce({ step: 0, layer, op: TENSORS.indexOf(name) }, 0);

/** A masked tensor as it travels and is stored, or a piece of one: pieces come in their order. */
export interface MaskedTensor extends TensorId {
  /** The place of its first word. */
  readonly from: number;
  /** Words of {@link wordBits} each, little endian. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Present where they are public integers of 16 bits instead, in the order of {@link integerLayout}. */
  readonly integers?: true;
}

/** Seeds of the two mask halves, 32 bytes each: `seed0` goes to server 0 and the dealer, `seed1` to server 1 and the dealer. */
export interface MaskSeeds {
  readonly seed0: Uint8Array;
  readonly seed1: Uint8Array;
}

/** The key of a tensor in a map. */
export const where = ({ layer, name }: TensorId): string => `${layer}.${name}`;
