/**
 * How exact a model's private inference is, what its sessions leak, and what its plaintext does.
 */
import { randomBytes } from '@noble/hashes/utils.js';
import { checkOutline, checkTogether, type SessionRules } from '../client/mode-rules.js';
import { HOSTED } from '../parties/hosted.js';
import { FloatModel } from '../plain/float.js';
import { behind } from '../plain/windows.js';
import { type Stats, modelStats as statsOf } from '../plain/stats.js';
import type { VariantName } from '../plan/variants.js';
import { calibrationOf } from '../provision/node/calibration.js';
import { loadModel, loadPlain } from '../provision/node/load.js';
import { arePublic } from '../provision/node/origin.js';
import { predictorsOf } from '../provision/node/predictors.js';
import { findText, wholeText } from '../provision/node/texts.js';
import { planModel, provision } from '../provision/owner.js';
import type { LeakageOptions, LeakageReport } from '../verify/leakage.js';
import type { VerifyReport } from '../verify/verify.js';
import { checkArguments } from './arguments.js';
import { type CallOptions, memoryOf, workOf } from './call.js';
import { PROMPTS } from './texts.js';

/** Options of {@link verify}. */
export interface VerifyCall extends CallOptions {
  /** Without predictors. */
  readonly dense?: boolean;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  /** Whether everybody may know the weights; what the folder's comet.json says, unless given. */
  readonly publicWeights?: boolean;
  /** Generated for each of four prompts: 32, or fewer where the context is short, unless given. */
  readonly tokens?: number;
  /** Path of held-out text; the model's heldout.txt, or comet's own, unless given. */
  readonly text?: string;
  /** Windows of that text: 8, or as many as it has, unless given. */
  readonly windows?: number;
  /** Tokens of a window: 128, or as many as the context and the text hold, unless given. */
  readonly window?: number;
}

/** Compares private inference with its fixed-point twin, bit for bit, and with floats. */
export async function verify(model: string | undefined, options: VerifyCall = {}): Promise<VerifyReport> {
  checkArguments('verify', { ...options, model });
  const { tokens, text, windows, window, dense = false, signal, onEvent, maxMemory } = options;
  const publicWeights = await arePublic(model, options.publicWeights);
  const work = workOf({ signal, onEvent, maxMemory });
  const memory = { ...memoryOf({ maxMemory, onEvent }), publicWeights };
  const loaded = await loadModel(model, ['client', ...HOSTED], memory, signal);
  const { kernels, prepared, tokenizer } = loaded;
  const predictors = dense || publicWeights ? undefined : await predictorsOf(loaded);
  const { verifyModel, verifySizes } = await import('../verify/verify.js');
  const heldout = tokenizer.encode(wholeText(await findText(loaded, 'heldout', text, work.onNotice)));
  const calibration = await calibrationOf(loaded, work);
  const { prefix = [] } = calibration;
  const length = behind(heldout, prefix).length;
  const sizes = verifySizes({ tokens, windows, window }, prepared.shape.context, length, prefix.length);
  const owner = provision(kernels, loaded.checkpoint.name, prepared, calibration, {
    predictors,
    variant: options.variant,
    publicWeights,
  });
  const float = new FloatModel(kernels, loaded.checkpoint);
  const subject = { kernels, owner, float, weights: loaded.checkpoint, predictors, tokenizer };
  return verifyModel(subject, { prompts: PROMPTS, heldout, ...sizes, ...work });
}

/**
 * What each party sees of a model's sessions, as docs/leakage.md states it (the model that comes
 * with comet unless another is given).
 * @throws CometError as {@link share}.
 */
export async function leakage(
  model: string | undefined,
  options: LeakageOptions & CallOptions = {},
): Promise<LeakageReport> {
  checkArguments('leakage', { ...options, model });
  const { constantBudget, signal, onEvent, maxMemory, ...others } = options;
  const rules: SessionRules = { ...others, ...(constantBudget && { budget: 'constant' }) };
  checkTogether(rules);
  const loaded = await loadModel(model, [], memoryOf({ maxMemory, onEvent }), signal, ({ shape, predictors }) =>
    checkOutline(shape.layers, predictors, rules),
  );
  const calibration = await calibrationOf(loaded, workOf({ signal, onEvent, maxMemory }));
  const predictors = await predictorsOf(loaded);
  const { plan } = planModel(loaded.kernels, loaded.prepared, calibration, predictors, randomBytes(32));
  const { leakageOf } = await import('../verify/leakage.js');
  return leakageOf(plan, options);
}

/** Plaintext statistics of a model on a text (its heldout.txt, or comet's own, unless given). */
export async function modelStats(
  model: string | undefined,
  options: CallOptions & { text?: string; bytes?: number } = {},
): Promise<Stats> {
  checkArguments('modelStats', { ...options, model });
  const { text, bytes, signal, onEvent, maxMemory } = options;
  const loaded = await loadPlain(model, memoryOf({ maxMemory, onEvent }), signal);
  const { kernels, checkpoint, tokenizer } = loaded;
  const work = workOf({ signal, onEvent });
  const { bytes: all } = await findText(loaded, 'heldout', text, work.onNotice);
  const onProgress = (done: number, total: number): void => work.onProgress('reading', done, total);
  return statsOf(kernels, checkpoint, tokenizer, all, { bytes, signal, onProgress });
}
