/**
 * Masks a prepared model: `F = W + L0 + L1`, public to both servers; `Li` is expanded from the seed of server i, which the dealer knows
 * too (protocol section 3). The owner's plaintext weights go nowhere else.
 */
import { codeOf } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import type { Plan } from '../plan/formats.js';
import { integerLayout } from '../weights/integers.js';
import {
  isWords,
  type MaskedTensor,
  type MaskSeeds,
  type TensorId,
  type TensorName,
  maskNonce,
  scaleOf,
  tensorIds,
  tensorShape,
  wordBits,
} from '../weights/tensors.js';
import { type OwnedModel, transposed } from './owned.js';

/** One tensor of a model; no other is made. */
function valuesOf({ layers, shape }: OwnedModel, { layer: index, name }: TensorId): Float32Array {
  const layer = layers[index];
  const { bias, centers, predictor, skip, prefix } = layer;
  const values: Record<TensorName, () => Float32Array | undefined> = {
    qkv: () => layer.qkv,
    o: () => layer.o,
    gate: () => layer.gate && transposed(layer.gate, shape.width),
    up: () => transposed(layer.up, shape.width),
    down: () => layer.down,
    qkvBias: () => bias?.qkv,
    oBias: () => bias?.o,
    gateBias: () => bias?.gate,
    upBias: () => bias?.up,
    downBias: () => bias?.down,
    centers: () => centers,
    predictDown: () => predictor?.down,
    predictUp: () => predictor && transposed(predictor.up, predictor.up.length / predictor.thresholds.length),
    thresholds: () => predictor?.thresholds,
    skipA: () => skip?.a,
    skipB: () => skip?.b,
    prefixKeys: () => prefix?.keys,
    prefixValues: () => prefix?.values,
  };
  return values[name]()!;
}

/**
 * The tensors of a model as servers get them, one at a time, in the model's order: masked by both seeds, or, without
 * seeds, public.
 * @throws CometError E_RANGE for weights outside the fixed-point range.
 */
export function* maskModel(
  kernels: Kernels,
  model: OwnedModel,
  plan: Plan,
  seeds: MaskSeeds | undefined,
): Generator<MaskedTensor> {
  for (const id of tensorIds(plan)) {
    const values = valuesOf(model, id);
    const integers = seeds || isWords(id.name) ? undefined : integersOf(kernels, plan, id, values);
    if (integers) {
      yield { ...id, from: 0, bytes: integers, integers: true };
      continue;
    }
    const [[rows, cols], bits] = [tensorShape(plan, id), wordBits(plan, id)];
    const matrix = kernels.RingMatrix.fromF32(rows, cols, values, scaleOf(plan, id), bits);
    for (const seed of seeds ? [seeds.seed0, seeds.seed1] : []) matrix.addPrg(seed, maskNonce(id), false);
    const bytes = kernels.packWords(matrix.words(), bits) as Uint8Array<ArrayBuffer>;
    matrix.free();
    yield { ...id, from: 0, bytes };
  }
}

/** A public tensor's integers of 16 bits; nothing where one does not fit: then its words travel. */
function integersOf(
  kernels: Kernels,
  plan: Plan,
  id: TensorId,
  values: Float32Array,
): Uint8Array<ArrayBuffer> | undefined {
  const { vectors, dim, transposed: turned } = integerLayout(plan, id);
  const integers = new kernels.IntegerRows(vectors, dim);
  try {
    integers.setF32(0, turned ? transposed(values, dim) : values, scaleOf(plan, id));
    return new Uint8Array(integers.values().buffer as ArrayBuffer);
  } catch (error) {
    if (codeOf(error) === 'E_RANGE' && values.every(Number.isFinite)) return undefined;
    throw error;
  } finally {
    integers.free();
  }
}
