/** Which variant and which modes of layers are best over a link. */
import { randomBytes } from '@noble/hashes/utils.js';
import { CometError } from '../core/errors.js';
import { fitting } from '../core/fitting.js';
import { loadKernels } from '../kernels/load.js';
import { FloatModel } from '../plain/float.js';
import { VARIANT_NAMES } from '../plan/variants.js';
import { calibrationOf } from '../provision/node/calibration.js';
import { type Loaded, loadModel } from '../provision/node/load.js';
import { densitiesOf, predictorsOf } from '../provision/node/predictors.js';
import { findText, type OnNotice, wholeText } from '../provision/node/texts.js';
import { planModel } from '../provision/owner.js';
import type { Candidate } from '../verify/candidates.js';
import type { ModesReport, PlanOptions } from '../verify/plan.js';
import { checkArguments } from './arguments.js';
import { type CallEvent, workOf } from './call.js';

/** Tokens of held-out text on which the errors of variants are measured unless told otherwise. */
const ERROR_TOKENS = 128;

/** Positions that a planned token attends to unless told otherwise. */
const CONTEXT = 33;

/** Options of {@link plan}. */
export type PlanCall = Omit<PlanOptions, 'onProgress' | 'context'> & {
  /** Positions that the token attends to: 33, or as many as the model has, unless given. */
  readonly context?: number;
  /**
   * Tokens of held-out text on which each variant's error is measured; 128, or all where there are
   * fewer, unless given; none where 0.
   */
  readonly errorTokens?: number;
  /** Path of that text; the model's heldout.txt, or comet's own, unless given. */
  readonly text?: string;
  /** Random weights of a known shape instead of a model, which are planned dense; no error is measured. */
  readonly shape?: string;
  /** With `shape`; all of it unless given. */
  readonly layers?: number;
  readonly onEvent?: (event: CallEvent) => void;
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
  const work = workOf({ signal, onEvent });
  const { onProgress } = work;
  if (shape !== undefined) {
    const context = options.context ?? CONTEXT;
    return planShape(shape, layers, { ...settings, context, signal, onProgress });
  }
  if (errorTokens === 0 && (text ?? options.maxLoss) !== undefined)
    throw new CometError(
      'E_ARGUMENT',
      'without error tokens no error is measured: leave out the text and the largest loss',
    );
  const { planModes, requireChecked } = await import('../verify/plan.js');
  const { planError } = await import('../verify/variant-error.js');
  const loaded = await loadModel(model, [], {}, signal, ({ shape }) => void contextOf(shape.context, options));
  const { kernels, prepared } = loaded;
  const predictors = await predictorsOf(loaded);
  requireChecked(predictors !== undefined, options);
  const heldout = errorTokens === 0 ? [] : await heldoutTokens(loaded, errorTokens, text, work.onNotice);
  const calibration = await calibrationOf(loaded, work);
  const densities = predictors && (await densitiesOf(loaded, predictors, work));
  const float = new FloatModel(kernels, prepared);
  const candidates: Candidate[] = [];
  for (const variant of VARIANT_NAMES) {
    const planned = planModel(kernels, prepared, calibration, predictors, randomBytes(32), { variant });
    const progress = (done: number, total: number): void => onProgress(`error of ${variant}`, done, total);
    const error =
      heldout.length > 0
        ? await planError(kernels, planned, float, heldout, { signal, onProgress: progress })
        : undefined;
    candidates.push({ variant, plan: planned.plan, error });
  }
  const context = contextOf(prepared.shape.context, options);
  return planModes(kernels, candidates, densities, { ...settings, context, signal, onProgress });
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

/** Positions that the planned token attends to. @throws CometError E_ARGUMENT for more than the model has. */
const contextOf = (most: number, { context }: Pick<PlanCall, 'context'>): number =>
  fitting(context, { option: '--context', usual: CONTEXT, most, why: `the model's context is ${most} tokens` });

/** The first tokens of a held-out text: as many as are asked for, or else a few. @throws CometError E_ARGUMENT where it has fewer than that. */
async function heldoutTokens(loaded: Loaded, count?: number, path?: string, onNotice?: OnNotice): Promise<number[]> {
  const text = await findText(loaded, 'heldout', path, onNotice);
  const ids = loaded.tokenizer.encode(wholeText(text));
  if (ids.length < (count ?? 2))
    throw new CometError(
      'E_ARGUMENT',
      `${text.name} has ${ids.length} tokens, and the error is to be measured on ${count ?? 2}: give a longer text (--text), or ask for fewer (--error-tokens)`,
    );
  return ids.slice(0, count ?? ERROR_TOKENS);
}
