/** For the model's owner: shares, calibration, predictors. */
import { randomBytes } from '@noble/hashes/utils.js';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TOKENIZER_FILES } from '../checkpoint/tokenizer.js';
import { widenedOf, type WideningReport } from '../cost/widened.js';
import type { VariantName } from '../plan/variants.js';
import type { Evaluation } from '../predict/evaluate.js';
import { provisioningName } from '../provision/manifest.js';
import { writeShares } from '../provision/node/files.js';
import { calibrationOf, keepCalibration } from '../provision/node/calibration.js';
import { readBytes } from '../provision/node/io.js';
import { loadModel } from '../provision/node/load.js';
import { requirePlace } from '../provision/node/place.js';
import {
  evaluateModel,
  type EvaluateModelOptions,
  predictorsOf,
  trainModel,
  type TrainModelOptions,
  tuneModel,
  type TuneOptions,
  type Written,
} from '../provision/node/predictors.js';
import { planModel } from '../provision/owner.js';
import { checkArguments } from './arguments.js';
import { type CallOptions, memoryOf, workOf } from './call.js';

/** Options of {@link share}. */
export interface ShareOptions extends CallOptions {
  /** Where the four share directories go. */
  readonly out: string;
  /** Path of a text to calibrate on. */
  readonly calibration?: string;
  /** The model's constant prefix (docs/protocol.md section 3.5): a text, "none" or "auto", what its tokeniser puts before every text. Unless given it is what its kept calibration has, or the latter, or a bos_token that takes up a massive state. */
  readonly prefix?: string;
  /** Of the program that all parties will run; `digits` unless given. `plan` compares them. */
  readonly variant?: VariantName;
  /** Replace what exists. */
  readonly force?: boolean;
}

/** What {@link share} made. */
export interface Shared {
  /** The id that all parties must have, 16 hexadecimal digits. */
  readonly provisioning: string;
  readonly out: string;
  /** Where the plan is wider than usual, and what that costs a dense token. */
  readonly widened: WideningReport;
}

/**
 * As the model owner: prepares, calibrates and masks a checkpoint, and writes a share directory for
 * each role, all or nothing.
 */
export async function share(model: string, options: ShareOptions): Promise<Shared> {
  checkArguments('share', { ...options, model });
  const { out, calibration, prefix, variant, force, signal, onEvent, maxMemory } = options;
  await requirePlace(out, force ?? false);
  const loaded = await loadModel(model, [], memoryOf({ maxMemory, onEvent }), signal);
  const work = workOf({ signal, onEvent, maxMemory });
  const calibrated = await calibrationOf(loaded, { ...work, prefix, text: calibration });
  const predictors = await predictorsOf(loaded);
  const planned = planModel(loaded.kernels, loaded.prepared, calibrated, predictors, randomBytes(32), { variant });
  const tokenizer = await filesOf(loaded.dir, TOKENIZER_FILES);
  const source = { name: loaded.checkpoint.name, ...planned, tokenizer, ends: loaded.tokenizer.ends };
  const manifest = await writeShares(loaded.kernels, source, out, {
    force,
    signal,
    onTensor: (done, total) => work.onProgress('masking', done, total),
  });
  return { provisioning: provisioningName(manifest), out, widened: widenedOf(manifest.plan) };
}

/** Those of some files that a folder has, by their names. @throws CometError E_IO for one that cannot be read. */
async function filesOf(dir: string, names: readonly string[]): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of names) if (existsSync(join(dir, name))) files.set(name, await readBytes(join(dir, name)));
  return files;
}

/**
 * Measures a model's calibration and keeps it as calibration.json in its folder.
 * @returns the path.
 */
export async function calibrateModel(
  model: string,
  options: CallOptions & { text?: string; tokens?: number; prefix?: string } = {},
): Promise<string> {
  checkArguments('calibrateModel', { ...options, model });
  const { text, tokens, prefix, signal, onEvent, maxMemory } = options;
  return keepCalibration(await loadModel(model, [], memoryOf({ maxMemory, onEvent }), signal), {
    ...workOf({ signal, onEvent, maxMemory }),
    text,
    tokens,
    prefix,
  });
}

type Call<T> = Omit<T, 'onProgress' | 'onNotice' | 'maxLoss'> & CallOptions;

/**
 * Most that cross-entropy may grow, as fractions: by leaving out neurons, and by leaving out heads.
 */
export interface LossBudget {
  /** 0.002 unless given. */
  readonly maxLoss?: number;
  /** 0.002 unless given. */
  readonly maxHeadLoss?: number;
}

const budget = ({ maxLoss = 0.002, maxHeadLoss = 0.002 }: LossBudget) => ({ neurons: maxLoss, heads: maxHeadLoss });

/** Options of {@link trainPredictors}: rank 128 or the model's width, one pass and seed 0 unless given. */
export type TrainPredictorsOptions = Partial<Call<TrainModelOptions>> & LossBudget;

/**
 * Trains predictors of activation sparsity and writes predictors.safetensors and predictors.json
 * beside the model or to `out`. Stopped, the same call goes on later. @throws CometError
 * E_ARGUMENT, E_IO, E_ABORTED.
 */
export async function trainPredictors(
  model: string | undefined,
  { onEvent, passes = 1, seed = 0, ...options }: TrainPredictorsOptions = {},
): Promise<Written> {
  const settings = { ...options, ...workOf({ ...options, onEvent }), passes, seed, maxLoss: budget(options) };
  return trainModel(await loadModel(model), settings);
}

/**
 * Chooses the thresholds of predictors anew, for another budget or text.
 * @throws CometError as {@link trainPredictors}.
 */
export async function tunePredictors(
  model: string | undefined,
  { onEvent, ...options }: Call<TuneOptions> & LossBudget = {},
): Promise<Written> {
  const settings = { ...options, ...workOf({ ...options, onEvent }), maxLoss: budget(options) };
  return tuneModel(await loadModel(model), settings);
}

/**
 * Runs a model with only predicted neurons and heads, in plaintext floats, and compares (its
 * heldout.txt, or comet's own, unless a text is given).
 */
export async function evaluatePredictors(
  model: string | undefined,
  { onEvent, ...options }: Call<EvaluateModelOptions> = {},
): Promise<Evaluation> {
  return evaluateModel(await loadModel(model), { ...options, ...workOf({ ...options, onEvent }) });
}
