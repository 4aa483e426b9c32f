/**
 * What moves when an epoch begins (docs/epochs.md): everything whose index a sparse step may open. Neurons are rows of `gate`, `up` and `down`,
 * heads are blocks of columns of `qkv` (those of keys and values move with the queries that read them) and of rows of `o`; the outputs of a predictor are neurons of its layer and heads of the next. Heads
 * that nobody predicts stay where they are; neurons of any layer can be told by their signs (`exact`).
 */
import type { Epoch } from '../plan/epoch.js';
import type { Plan, WordBits } from '../plan/formats.js';
import type { LayerOrder } from '../provision/owned.js';
import { kvOrder, unmoved } from '../weights/permutation.js';
import { TENSORS, type TensorId, type TensorName, tensorIds, tensorShape, wordBits } from '../weights/tensors.js';

export interface MovedTensor extends TensorId {
  readonly rows: number;
  readonly cols: number;
  /** Of a word: what is above is lost on the way. */
  readonly bits: WordBits;
  /** Its number among a layer's tensors, a part of addresses. */
  readonly place: number;
  /** Words that stay together. */
  readonly block: number;
  /** The order of its blocks, for the orders of all layers. */
  readonly order: (orders: readonly LayerOrder[]) => Uint32Array;
}

/** Whether the heads of a layer are predicted, by the layer before. */
export const predictsHeads = ({ layers, shape }: Plan, layer: number): boolean =>
  (layers[layer - 1]?.predictor?.outputs ?? 0) > shape.ffn;

/** The tensors that move, in the order in which all parties handle them. */
export function movedTensors(plan: Plan, { heads }: Epoch): MovedTensor[] {
  return tensorIds(plan).flatMap((id): MovedTensor[] => {
    const [rows, cols] = tensorShape(plan, id);
    const moves = movesOf(plan, id, cols);
    if (!moves || (moves.by === 'heads' && !heads)) return [];
    const { block, order } = moves;
    return [{ ...id, rows, cols, bits: wordBits(plan, id), place: TENSORS.indexOf(id.name), block, order }];
  });
}

interface Moves {
  readonly by: 'neurons' | 'heads';
  readonly block: number;
  readonly order: MovedTensor['order'];
}

/** What moves a tensor, if anything does. */
function movesOf(plan: Plan, { layer, name }: TensorId, cols: number): Moves | undefined {
  const { headDim, heads: count, kvHeads, ffn } = plan.shape;
  const neurons = (block: number): Moves => ({ by: 'neurons', block, order: (orders) => orders[layer].neurons });
  const outputs = (block: number): Moves => ({
    by: 'neurons',
    block,
    order: (orders) => {
      const next = predictsHeads(plan, layer + 1) ? orders[layer + 1].heads : new Uint32Array(0);
      return oneAfterOther(orders[layer].neurons, shifted(next, ffn));
    },
  });
  const heads = (block: number): Moves => ({ by: 'heads', block, order: (orders) => orders[layer].heads });
  const keys = (): Moves => ({
    by: 'heads',
    block: headDim,
    order: (orders) => kvOrder(plan.shape, orders[layer].heads),
  });
  /** Queries, keys and values. */
  const parts = (): Moves => ({
    by: 'heads',
    block: headDim,
    order: (orders) => {
      const kv = kvOrder(plan.shape, orders[layer].heads);
      return oneAfterOther(orders[layer].heads, shifted(kv, count), shifted(kv, count + kvHeads));
    },
  });
  const all: Partial<Record<TensorName, () => Moves>> = {
    gate: () => neurons(cols),
    up: () => neurons(cols),
    down: () => neurons(cols),
    gateBias: () => neurons(1),
    upBias: () => neurons(1),
    predictUp: () => outputs(cols),
    thresholds: () => outputs(1),
    ...(predictsHeads(plan, layer) && {
      qkv: parts,
      o: () => heads(headDim * cols),
      qkvBias: parts,
      centers: () => heads(1),
      prefixKeys: keys,
      prefixValues: keys,
    }),
  };
  return all[name]?.();
}

const shifted = (order: Uint32Array, by: number): Uint32Array => order.map((from) => from + by);

function oneAfterOther(...orders: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(orders.reduce((sum, order) => sum + order.length, 0));
  orders.reduce((at, order) => (all.set(order, at), at + order.length), 0);
  return all;
}

/** The orders that draw nothing: where they stand, nothing moves. */
export const unmovedLayer = ({ shape: { ffn, heads } }: Plan): LayerOrder => ({
  neurons: unmoved(ffn),
  heads: unmoved(heads),
});
