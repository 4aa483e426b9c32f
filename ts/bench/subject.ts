/** Models to generate with on this machine: the shipped one, another folder, or random weights of a known shape. */
import { type Kernels, loadKernels } from '../kernels/load.js';
import { HOSTED } from '../parties/hosted.js';
import { shapeOf } from '../plan/shapes.js';
import type { VariantName } from '../plan/variants.js';
import { calibrationOf } from '../provision/node/calibration.js';
import { loadModel, type OnProgress } from '../provision/node/load.js';
import type { OnOutline } from '../provision/outline.js';
import type { MemoryOptions } from '../provision/node/machine.js';
import { predictorsOf } from '../provision/node/predictors.js';
import type { OnNotice } from '../provision/node/texts.js';
import { provision, type Provisioned } from '../provision/owner.js';
import { syntheticModel } from '../provision/synthetic.js';
import { type Continuation, continuation } from './continued.js';

/** A model that can be provisioned again and again. */
export interface Subject {
  readonly name: string;
  readonly kernels: Kernels;
  readonly prompt: readonly number[];
  /** Tokens to generate. */
  readonly tokens: number;
  provision(): Provisioned;
}

/** Vocabulary of OPT; the head is the client's work. */
const VOCAB = 50272;
/** Positions before the first decoded token: its context is then 33. */
const PROMPT_TOKENS = 32;

export interface FolderOptions {
  readonly continued: Continuation;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  readonly memory?: MemoryOptions;
  readonly onOutline?: OnOutline;
  readonly signal?: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly onNotice?: OnNotice;
}

/** The model in `dir`, or the shipped one. @throws CometError as {@link continuation}. */
export async function folderSubject(dir: string | undefined, options: FolderOptions): Promise<Subject> {
  const { continued, variant, memory, onOutline, signal, onProgress, onNotice } = options;
  const model = await loadModel(dir, ['client', ...HOSTED], memory, signal, async (outline) => {
    await onOutline?.(outline);
    continuation(continued, outline.tokenizer, outline.shape.context); // what cannot be met fails before the weights are read
  });
  const { kernels, prepared, checkpoint, tokenizer } = model;
  const calibration = await calibrationOf(model, { signal, onProgress, onNotice });
  const { ids, tokens } = continuation(continued, tokenizer, prepared.shape.context, calibration.prefix);
  const provisioning = { predictors: await predictorsOf(model), variant };
  return {
    ...{ name: checkpoint.name, kernels, prompt: ids, tokens },
    provision: () => provision(kernels, checkpoint.name, prepared, calibration, provisioning),
  };
}

/** Random weights: `layers` layers of a known shape, the context just long enough for `tokens`. */
export async function syntheticSubject(
  shape: string,
  layers: number,
  tokens: number,
  { variant, signal }: Pick<FolderOptions, 'variant' | 'signal'> = {},
): Promise<Subject> {
  const kernels = await loadKernels();
  const context = PROMPT_TOKENS + tokens;
  const size = { ...shapeOf(shape), layers, context, vocab: VOCAB };
  const { model, calibration } = await syntheticModel(kernels, size, { signal });
  const prompt = Array.from({ length: PROMPT_TOKENS }, (_, i) => 7 * i + 3);
  const name = `${shape}, random weights`;
  return { name, kernels, prompt, tokens, provision: () => provision(kernels, name, model, calibration, { variant }) };
}
