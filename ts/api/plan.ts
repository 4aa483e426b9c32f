/** Which variant and which modes of layers are best over a link. */
import { randomBytes } from '@noble/hashes/utils.js';
import { CometError } from '../core/errors.js';
import { loadKernels } from '../kernels/load.js';
import { FloatModel } from '../plain/float.js';
import { VARIANT_NAMES } from '../plan/variants.js';
import { calibrationOf, type Loaded, loadModel, readText } from '../provision/node/load.js';
import { densitiesOf, predictorsOf } from '../provision/node/predictors.js';
import { planModel } from '../provision/owner.js';
import type { Candidate } from '../verify/candidates.js';
import type { ModesReport, PlanOptions } from '../verify/plan.js';
import { checkArguments } from './arguments.js';
import { type ProgressEvent, progressTo } from './call.js';
import { heldoutOf } from './texts.js';

/** Tokens of held-out text on which the errors of variants are measured unless told otherwise. */
const ERROR_TOKENS = 128;

/** Options of {@link plan}. */
export type PlanCall = Omit<PlanOptions, 'onProgress'> & {
  /**
   * Tokens of held-out text on which each variant's error is measured; 128, or all where there are
   * fewer, unless given; none where 0.
   */
  readonly errorTokens?: number;
  /** Path of that text; the model's heldout.txt unless given. */
  readonly text?: string;
  /** Random weights of a known shape instead of a model, which are planned dense; no error is measured. */
  readonly shape?: string;
  /** With `shape`; all of it unless given. */
  readonly layers?: number;
  readonly onEvent?: (event: ProgressEvent) => void;
};

/**
 * Measures this machine and says which variant of the program to run over a link, and how each
 * layer should be computed for one token: dense, predicted or exact. A model without predictors is
 * planned dense.
 * @throws CometError E_ARGUMENT, E_CHECKPOINT, E_ABORTED ...
 */
export async function plan(model: string | undefined, { onEvent, ...options }: PlanCall): Promise<ModesReport> {
  checkArguments('plan', { ...options, onEvent, model });
  const { errorTokens, text, shape, layers, signal, ...settings } = options;
  const onProgress = progressTo(onEvent);
  if (shape !== undefined) return planShape(shape, layers, { ...settings, signal, onProgress });
  if (errorTokens === 0 && (text ?? options.maxLoss) !== undefined)
    throw new CometError(
      'E_ARGUMENT',
      'without error tokens no error is measured: leave out the text and the largest loss',
    );
  const { planModes, requireChecked, requireContext } = await import('../verify/plan.js');
  const { planError } = await import('../verify/variant-error.js');
  const loaded = await loadModel(model, [], {}, signal, ({ shape }) => requireContext(shape.context, options));
  const { kernels, prepared } = loaded;
  const predictors = await predictorsOf(loaded);
  requireChecked(predictors !== undefined, options);
  const heldout = errorTokens === 0 ? [] : await heldoutTokens(loaded, text, errorTokens);
  const calibration = await calibrationOf(loaded, { signal, onProgress });
  const densities = predictors && (await densitiesOf(loaded));
  const float = new FloatModel(kernels, prepared);
  const candidates: Candidate[] = [];
  for (const variant of VARIANT_NAMES) {
    const planned = planModel(kernels, prepared, calibration, predictors, randomBytes(32), variant);
    const progress = (done: number, total: number): void => onProgress(`error of ${variant}`, done, total);
    const work = { signal, onProgress: progress };
    const error = heldout.length > 0 ? await planError(kernels, planned, float, heldout, work) : undefined;
    candidates.push({ variant, plan: planned.plan, error });
  }
  return planModes(kernels, candidates, densities, { ...settings, signal, onProgress });
}

async function planShape(shape: string, layers: number | undefined, options: PlanOptions): Promise<ModesReport> {
  const { context, signal, onProgress } = options;
  const [{ shapeCandidates }, { planModes }] = await Promise.all([
    import('../verify/shape-plan.js'),
    import('../verify/plan.js'),
  ]);
  const kernels = await loadKernels();
  const calibrating = (done: number, total: number): void => onProgress?.('calibrating', done, total);
  const candidates = await shapeCandidates(kernels, shape, { context, layers, signal, onProgress: calibrating });
  return planModes(kernels, candidates, undefined, options);
}

/**
 * The first tokens of a held-out text: as many as are asked for, or else a few.
 * @throws CometError E_ARGUMENT where it has fewer than that.
 */
async function heldoutTokens({ tokenizer, dir }: Loaded, text?: string, count?: number): Promise<number[]> {
  const path = text ?? heldoutOf(dir);
  const ids = tokenizer.encode(await readText(path));
  if (ids.length < (count ?? 2))
    throw new CometError(
      'E_ARGUMENT',
      `${path} has ${ids.length} tokens, and the error is to be measured on ${count ?? 2}: give a longer text, or ask for fewer (--error-tokens)`,
    );
  return ids.slice(0, count ?? ERROR_TOKENS);
}
