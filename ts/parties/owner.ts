/** The model owner: turns a prepared, calibrated model into what the other roles get. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js';
import type { Kernels } from '../kernels/load.js';
import { makePlan, type Ranges, type WeightRms } from '../model/plan-make.js';
import type { Plan } from '../model/plan.js';
import type { Calibration } from '../provision/calibrate.js';
import { type Manifest, SHARE_FORMAT } from '../provision/manifest.js';
import { type MaskedTensor, maskModel, type MaskSeeds } from '../provision/mask.js';
import type { ClientTables, PreparedModel } from '../provision/prepare.js';
import type { ClientModel } from './client.js';

/** A provisioned model, in memory. */
export interface Provisioned {
  readonly manifest: Manifest;
  readonly seeds: MaskSeeds;
  /** Made as they are consumed, once. */
  readonly tensors: Iterable<MaskedTensor>;
  readonly client: ClientModel;
}

/** The plan of a model. @throws CometError E_RANGE when its values fit no plan. */
export function planOf(model: PreparedModel, calibration: Calibration): Plan {
  const weights = model.layers.map(({ qkv, o, up, down }): WeightRms => ({
    qkv: rms(qkv),
    o: rms(o),
    up: rms(up),
    down: rms(down),
  }));
  const biased = model.layers.some(({ bias }) => bias);
  const ranges: Ranges = { layers: calibration.layers, finalNorm: calibration.finalNorm, weights, biased };
  const { layers, width, heads, headDim, ffn, context, vocab } = model.shape;
  const shape = { layers, width, heads, headDim, ffn, context, vocab };
  return makePlan(shape, model.scoreShift, ranges).plan;
}

/** Masks a model for parties on this machine. `insecureSeeds` replaces fresh randomness where runs must be repeatable: tests only. */
export function provision(
  kernels: Kernels,
  name: string,
  model: PreparedModel,
  calibration: Calibration,
  insecureSeeds?: MaskSeeds,
): Provisioned {
  const plan = planOf(model, calibration);
  const seeds = insecureSeeds ?? { seed0: randomBytes(32), seed1: randomBytes(32) };
  const salt = insecureSeeds ? '00'.repeat(16) : bytesToHex(randomBytes(16));
  const manifest: Manifest = {
    format: SHARE_FORMAT,
    model: name,
    plan,
    positionOffset: model.shape.positionOffset,
    salt,
    masked: '',
    tables: '',
  };
  return {
    manifest,
    seeds,
    tensors: maskModel(kernels, model, plan, seeds),
    client: clientModel(kernels, manifest, model),
  };
}

/** The client's part, from its float tables. */
export function clientModel(kernels: Kernels, manifest: Manifest, tables: ClientTables): ClientModel {
  const { plan, positionOffset } = manifest;
  const { vocab, width } = plan.shape;
  const head = new kernels.FloatMatrix(vocab, width, tables.head);
  const { embedding, positions, headBias } = tables;
  return { kernels, plan, positionOffset, embedding, positions, head, headBias };
}

function rms(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum / values.length);
}
