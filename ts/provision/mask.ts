/**
 * Masks a prepared model: `F = W + L0 + L1`, public to both servers; `Li` is expanded from the seed of server i, which the dealer knows
 * too (protocol section 3). The owner's plaintext weights go nowhere else.
 */
import type { Kernels } from '../kernels/load.js';
import type { Plan } from '../plan/formats.js';
import {
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

/** The masked tensors of a model, one at a time, in the model's order. @throws CometError E_RANGE for weights outside the fixed-point range. */
export function* maskModel(
  kernels: Kernels,
  model: OwnedModel,
  plan: Plan,
  { seed0, seed1 }: MaskSeeds,
): Generator<MaskedTensor> {
  for (const id of tensorIds(plan)) {
    const [[rows, cols], bits] = [tensorShape(plan, id), wordBits(plan, id)];
    const matrix = kernels.RingMatrix.fromF32(rows, cols, valuesOf(model, id), scaleOf(plan, id), bits);
    matrix.addPrg(seed0, maskNonce(id), false);
    matrix.addPrg(seed1, maskNonce(id), false);
    const bytes = kernels.packWords(matrix.words(), bits) as Uint8Array<ArrayBuffer>;
    matrix.free();
    yield { ...id, from: 0, bytes };
  }
}
