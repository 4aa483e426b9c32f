/**
 * How exact a model's private inference is, what its sessions leak, and what its plaintext does.
 */
import { randomBytes } from '@noble/hashes/utils.js';
import { checkOutline, checkTogether, type SessionRules } from '../client/mode-rules.js';
import { HOSTED } from '../parties/hosted.js';
import { FloatModel } from '../plain/float.js';
import { type Stats, modelStats as statsOf } from '../plain/stats.js';
import type { VariantName } from '../plan/variants.js';
import { calibrationOf, loadModel, loadPlain, readBytes, readText } from '../provision/node/load.js';
import { predictorsOf } from '../provision/node/predictors.js';
import { planModel, provision } from '../provision/owner.js';
import type { LeakageOptions, LeakageReport } from '../verify/leakage.js';
import type { VerifyReport } from '../verify/verify.js';
import { checkArguments } from './arguments.js';
import { type CallOptions, memoryOf, progressTo } from './call.js';
import { heldoutOf, PROMPTS } from './texts.js';

/** Options of {@link verify}. */
export interface VerifyCall extends CallOptions {
  /** Without predictors. */
  readonly dense?: boolean;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  readonly tokens?: number;
  /** Path of held-out text. */
  readonly text?: string;
  readonly windows?: number;
  readonly window?: number;
}

/** Compares private inference with its fixed-point twin, bit for bit, and with floats. */
export async function verify(model: string | undefined, options: VerifyCall = {}): Promise<VerifyReport> {
  checkArguments('verify', { ...options, model });
  const { tokens = 32, text, windows = 8, window = 128, dense = false, signal, onEvent, maxMemory } = options;
  const onProgress = progressTo(onEvent);
  const loaded = await loadModel(model, ['client', ...HOSTED], memoryOf({ maxMemory, onEvent }), signal);
  const { kernels, prepared, tokenizer } = loaded;
  const predictors = dense ? undefined : await predictorsOf(loaded);
  const calibration = await calibrationOf(loaded, { signal, onProgress });
  const owner = provision(kernels, loaded.checkpoint.name, prepared, calibration, {
    predictors,
    variant: options.variant,
  });
  const heldout = await readText(text ?? heldoutOf(loaded.dir));
  const float = new FloatModel(kernels, loaded.checkpoint);
  const subject = { kernels, owner, float, weights: loaded.checkpoint, predictors, tokenizer };
  const { verifyModel } = await import('../verify/verify.js');
  return verifyModel(subject, { prompts: PROMPTS, heldout, tokens, windows, window, signal, onProgress });
}

/**
 * What each party sees of a model's sessions, as docs/leakage.md states it (the model that comes
 * with comet unless another is given).
 * @throws CometError as {@link share}.
 */
export async function leakage(model: string | undefined, options: LeakageOptions = {}): Promise<LeakageReport> {
  checkArguments('leakage', { ...options, model });
  const { constantBudget, ...others } = options;
  const rules: SessionRules = { ...others, ...(constantBudget && { budget: 'constant' }) };
  checkTogether(rules);
  const loaded = await loadModel(model, [], {}, undefined, ({ shape, predictors }) =>
    checkOutline(shape.layers, predictors, rules),
  );
  const calibration = await calibrationOf(loaded);
  const predictors = await predictorsOf(loaded);
  const { plan } = planModel(loaded.kernels, loaded.prepared, calibration, predictors, randomBytes(32));
  const { leakageOf } = await import('../verify/leakage.js');
  return leakageOf(plan, options);
}

/** Plaintext statistics of a model on a text (its heldout.txt unless given). */
export async function modelStats(
  model: string | undefined,
  options: CallOptions & { text?: string; bytes?: number } = {},
): Promise<Stats> {
  checkArguments('modelStats', { ...options, model });
  const { text, bytes, signal, onEvent, maxMemory } = options;
  const { kernels, checkpoint, tokenizer, dir } = await loadPlain(model, memoryOf({ maxMemory, onEvent }), signal);
  const all = await readBytes(text ?? heldoutOf(dir));
  const progress = progressTo(onEvent);
  const onProgress = (done: number, total: number): void => progress('reading', done, total);
  return statsOf(kernels, checkpoint, tokenizer, all, { bytes, signal, onProgress });
}
