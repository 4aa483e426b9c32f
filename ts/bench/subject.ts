/** Models to generate with on this machine: the shipped one, another folder, or random weights of a known shape. */
import { loadKernels } from '../kernels/load.js';
import type { Kernels } from '../kernels/load.js';
import { calibrationOf, loadModel } from '../parties/node/load.js';
import { predictorsOf } from '../parties/node/predictors.js';
import { type Provisioned, provision } from '../parties/owner.js';
import type { Predictors } from '../predict/predictor.js';
import type { Calibration } from '../provision/calibrate.js';
import type { PreparedModel } from '../provision/prepare.js';
import { syntheticModel } from '../provision/synthetic.js';
import { SHAPES } from '../verify/cost.js';

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
const PROMPT = 'Once upon a time there was a little girl who';

/** The model in `dir`, or the shipped one. */
export async function folderSubject(dir: string | undefined, signal?: AbortSignal): Promise<Subject> {
  const model = await loadModel(dir);
  const { kernels, prepared, checkpoint, tokenizer } = model;
  const calibration = await calibrationOf(model, { signal });
  return subject(kernels, checkpoint.name, tokenizer.encode(PROMPT), prepared, calibration, await predictorsOf(model));
}

/** Random weights: `layers` layers of a known shape, the context just long enough for `tokens`. */
export async function syntheticSubject(
  shape: string,
  layers: number,
  tokens: number,
  signal?: AbortSignal,
): Promise<Subject> {
  const kernels = await loadKernels();
  const context = PROMPT_TOKENS + tokens;
  const size = { ...SHAPES[shape], layers, context, vocab: VOCAB };
  const { model, calibration } = await syntheticModel(kernels, size, { signal });
  const prompt = Array.from({ length: PROMPT_TOKENS }, (_, i) => 7 * i + 3);
  return subject(kernels, `${shape}, random weights`, prompt, model, calibration);
}

const subject = (
  kernels: Kernels,
  name: string,
  prompt: readonly number[],
  model: PreparedModel,
  calibration: Calibration,
  predictors?: Predictors,
): Subject => ({
  name,
  kernels,
  prompt,
  provision: () => provision(kernels, name, model, calibration, { predictors }),
});
