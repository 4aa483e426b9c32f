/** `comet plan`: how each layer should be computed on this machine and a link, and whether what was foreseen is what is then measured. */
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import type { Plan } from '../model/plan.js';
import { type Constants, type LayerDensity, planStep, priceStep, type StepPlan } from '../schedule/planner.js';
import { type LinkSpeed, measureConstants } from './constants.js';
import { measureCost } from './cost.js';

/** What {@link planModes} plans for. */
export interface PlanOptions extends LinkSpeed {
  /** Positions attended to by the token that is planned for, the new one included. */
  readonly context: number;
  /** Measures a predicted layer, too, and compares. */
  readonly check?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface ModesReport {
  readonly constants: Constants;
  /** The best found, and the same step dense, all predicted, and with exact signs. */
  readonly best: StepPlan;
  readonly dense: StepPlan;
  readonly predicted: StepPlan;
  readonly exact: StepPlan;
  /** Of one predicted layer on this machine: what the planner says, and what was measured; as parts of a dense layer, both. */
  readonly check?: { readonly planned: number; readonly measured: number };
}

/** @throws CometError `E_ARGUMENT` for a context beyond the model's, `E_UNSUPPORTED` for a model without predictors. */
export async function planModes(
  kernels: Kernels,
  plan: Plan,
  densities: readonly LayerDensity[],
  { context, check, signal, onProgress, ...link }: PlanOptions,
): Promise<ModesReport> {
  const { layers, context: most, width, heads, headDim, ffn } = plan.shape;
  if (context > most) throw new CometError('E_ARGUMENT', `the model's context is ${most} tokens`);
  if (!plan.layers.some(({ predictor }) => predictor))
    throw new CometError('E_UNSUPPORTED', 'the model has no predictors; train them with "comet predictor train"');
  const sizes = { width, heads, headDim, ffn };
  const { constants, dense: measured } = await measureConstants(kernels, sizes, link, { signal, onProgress });
  const step = { step: 0, rows: 1, position: context - 1, outputs: 'none' } as const;
  const all = (letter: string): StepPlan =>
    priceStep(plan, densities, { ...step, sparse: true, modes: letter.repeat(layers) }, constants);
  const report = {
    constants,
    best: planStep(plan, densities, step, constants),
    dense: all('d'),
    predicted: all('p'),
    exact: all('e'),
  };
  if (!check) return report;
  // A layer in the middle, as comet cost measures it, on this machine without the link.
  const layer = Math.min(1, layers - 1);
  const local = { ...constants, oneWaySeconds: 0, bytesPerSecond: Infinity };
  const [planned, whole] = ['p', 'd'].map(
    (letter) =>
      priceStep(plan, densities, { ...step, position: 32, sparse: true, modes: letter.repeat(layers) }, local).layers[
        layer
      ],
  );
  const { predicted, heads: part } = densities[layer];
  const sparse = await measureCost(kernels, {
    ...{ shape: 'own', sizes, step: 'decode', context: 33, sparse: true, signal, onProgress },
    ...{ density: predicted, heads: Math.round(part * heads), rank: plan.layers[layer].predictor?.rank },
  });
  return {
    ...report,
    check: { planned: planned.seconds / whole.seconds, measured: sparse.seconds / measured.seconds },
  };
}
