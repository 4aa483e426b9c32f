/**
 * `comet plan`: which variant of the program to run on this machine and a link, how each layer should be computed in it, and whether what
 * was foreseen is what is then measured.
 */
import { CometError } from '../core/errors.js';
import { type Constants, type LayerDensity, priceStep, type StepPlan } from '../cost/planner.js';
import { widenedOf, type WideningReport } from '../cost/widened.js';
import type { Kernels } from '../kernels/load.js';
import type { VariantName } from '../plan/variants.js';
import { type Candidate, fastest, priceVariant, reportOf, type VariantReport } from './candidates.js';
import { type LinkSpeed, measureConstants } from './constants.js';
import { measureCost } from './cost.js';

/** What {@link planModes} plans for. */
export interface PlanOptions extends LinkSpeed {
  /** Positions attended to by the token that is planned for, the new one included. */
  readonly context: number;
  /** Most that a variant may cost in cross-entropy, as a fraction, to be chosen; 0.01 unless given. */
  readonly maxLoss?: number;
  /** Measures a predicted layer, too, and compares. */
  readonly check?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface ModesReport {
  readonly constants: Constants;
  /** The fastest whose error is within bounds, or was not measured; what follows is of it. */
  readonly variant: VariantName;
  readonly variants: readonly VariantReport[];
  /** The best found, and the same step dense, all predicted, and with exact signs: these two only where the model has predictors. */
  readonly best: StepPlan;
  readonly dense: StepPlan;
  readonly predicted?: StepPlan;
  readonly exact?: StepPlan;
  /** Where the plan of the variant `digits` is wider than usual, and what that costs a dense token. */
  readonly widened: WideningReport;
  /** Of one predicted layer of the variant `digits` on this machine: what the planner says, and what was measured; as parts of a dense layer, both. */
  readonly check?: { readonly planned: number; readonly measured: number };
}

/** @throws CometError `E_ARGUMENT` for the check of a model that cannot run what is checked. */
export function requireChecked(hasPredictors: boolean, { check }: Pick<PlanOptions, 'check'>): void {
  if (check && !hasPredictors)
    throw new CometError(
      'E_ARGUMENT',
      'a check measures a predicted layer, and the model has no predictors: leave it out, or train them with "comet predictor train"',
    );
}

/**
 * @param candidates of a model that {@link requireChecked} accepts: the variant `digits`, and others
 * @param densities of its predictors; only dense steps are planned without
 */
export async function planModes(
  kernels: Kernels,
  candidates: readonly Candidate[],
  densities: readonly LayerDensity[] | undefined,
  { context, maxLoss = 0.01, check, signal, onProgress, ...link }: PlanOptions,
): Promise<ModesReport> {
  const plan = candidates.find(({ variant }) => variant === 'digits')!.plan;
  const { layers, width, heads, kvHeads, headDim, ffn } = plan.shape;
  const sizes = { width, heads, kvHeads, headDim, ffn };
  const { constants, dense: measured } = await measureConstants(kernels, sizes, link, { signal, onProgress });
  const step = { step: 0, rows: 1, position: context - 1, outputs: 'none' } as const;
  const priced = candidates.map((candidate) => priceVariant(candidate, densities, step, constants));
  const chosen = fastest(priced, maxLoss);
  const { best, dense, predicted: ofPredicted, exact } = chosen;
  const report = {
    ...{ constants, variant: chosen.variant, variants: priced.map(reportOf) },
    ...{ best, dense, ...(ofPredicted && { predicted: ofPredicted, exact }), widened: widenedOf(plan, context) },
  };
  if (!check || !densities) return report;
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
