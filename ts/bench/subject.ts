/** Models to generate with on this machine: the shipped one, another folder, or random weights of a known shape. */
import { type Kernels, loadKernels } from '../kernels/load.js';
import { HOSTED } from '../parties/hosted.js';
import { shapeOf } from '../plan/shapes.js';
import type { VariantName } from '../plan/variants.js';
import type { Calibration } from '../provision/calibrate.js';
import { calibrationOf, loadModel } from '../provision/node/load.js';
import type { OnOutline } from '../provision/outline.js';
import type { MemoryOptions } from '../provision/node/machine.js';
import { predictorsOf } from '../provision/node/predictors.js';
import { provision, type Provisioned, type ProvisionOptions } from '../provision/owner.js';
import type { PreparedModel } from '../provision/prepare.js';
import { syntheticModel } from '../provision/synthetic.js';

/** A model that can be provisioned again and again. */
export interface Subject {
  readonly name: string;
  readonly kernels: Kernels;
  readonly prompt: readonly number[];
  provision(): Provisioned;
}

/** Vocabulary of OPT; the head is the client's work. */
const VOCAB = 50272;
/** Positions before the first decoded token: its context is then 33. */
const PROMPT_TOKENS = 32;
export const PROMPT = 'Once upon a time there was a little girl who';

export interface FolderOptions {
  /** {@link PROMPT} unless given. */
  readonly prompt?: string;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  readonly memory?: MemoryOptions;
  readonly onOutline?: OnOutline;
  readonly signal?: AbortSignal;
}

/** The model in `dir`, or the shipped one. */
export async function folderSubject(dir: string | undefined, options: FolderOptions = {}): Promise<Subject> {
  const { prompt = PROMPT, variant, memory, onOutline, signal } = options;
  const model = await loadModel(dir, ['client', ...HOSTED], memory, signal, onOutline);
  const { kernels, prepared, checkpoint, tokenizer } = model;
  const calibration = await calibrationOf(model, { signal });
  const ids = tokenizer.encodeBehind(calibration.prefix ?? [], prompt);
  const provisioning = { predictors: await predictorsOf(model), variant };
  return subject(kernels, checkpoint.name, ids, prepared, calibration, provisioning);
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
  return subject(kernels, `${shape}, random weights`, prompt, model, calibration, { variant });
}

const subject = (
  kernels: Kernels,
  name: string,
  prompt: readonly number[],
  model: PreparedModel,
  calibration: Calibration,
  provisioning: ProvisionOptions,
): Subject => ({
  name,
  kernels,
  prompt,
  provision: () => provision(kernels, name, model, calibration, provisioning),
});
