/** Variants of the program against each other: what a step of each costs over a link, and which to take. */
import {
  type Constants,
  type LayerDensity,
  type PlannedLayer,
  planStep,
  priceStep,
  type StepPlan,
} from '../cost/planner.js';
import type { Plan } from '../plan/formats.js';
import { MODES, type StepShape } from '../plan/step.js';
import type { VariantName } from '../plan/variants.js';
import type { PlanError } from './variant-error.js';

/** A variant that the model can run. */
export interface Candidate {
  readonly variant: VariantName;
  readonly plan: Plan;
  /** What its fixed point costs, where that was measured. */
  readonly error?: PlanError;
}

/** What a step of one variant takes. */
export interface VariantCost {
  /** Rounds, and delays that a round waits for the dealer's answer. */
  readonly rounds: number;
  readonly onlineBytes: number;
  readonly offlineBytes: number;
  readonly seconds: number;
}

export interface VariantReport extends VariantCost {
  readonly variant: VariantName;
  /** The best found for it; its costs are these modes'. */
  readonly modes: string;
  /** With nothing left out. */
  readonly dense: VariantCost;
  readonly error?: PlanError;
}

/** A candidate with the best modes that the search finds for it, and with one mode throughout; only dense where there are no predictors. */
export interface PricedVariant extends Omit<Candidate, 'plan'> {
  readonly best: StepPlan;
  readonly dense: StepPlan;
  readonly predicted?: StepPlan;
  readonly exact?: StepPlan;
}

/** @param densities of a model with predictors: how much sparse layers compute is known from them alone */
export function priceVariant(
  { variant, plan, error }: Candidate,
  densities: readonly LayerDensity[] | undefined,
  step: Omit<StepShape, 'sparse' | 'modes'>,
  constants: Constants,
): PricedVariant {
  const all = (letter: string): StepPlan =>
    priceStep(plan, densities ?? [], { ...step, sparse: true, modes: letter.repeat(plan.layers.length) }, constants);
  const dense = all(MODES.dense);
  if (!densities) return { variant, error, best: dense, dense };
  return {
    ...{ variant, error, best: planStep(plan, densities, step, constants) },
    ...{ dense, predicted: all(MODES.predicted), exact: all(MODES.exact) },
  };
}

/** The fastest whose cross-entropy grows by no more than `maxLoss`, or was not measured; the first where none is within that. */
export function fastest(priced: readonly PricedVariant[], maxLoss: number): PricedVariant {
  const within = priced.filter(({ error }) => !error || error.crossEntropyChange <= maxLoss);
  return within.reduce((best, one) => (one.best.seconds < best.best.seconds ? one : best), within[0] ?? priced[0]);
}

export const reportOf = ({ variant, error, best, dense }: PricedVariant): VariantReport => ({
  variant,
  modes: best.modes,
  ...costOf(best),
  dense: costOf(dense),
  ...(error && { error }),
});

function costOf({ layers, seconds }: StepPlan): VariantCost {
  const sum = (of: (layer: PlannedLayer) => number): number => layers.reduce((total, layer) => total + of(layer), 0);
  return {
    rounds: sum(({ rounds, waits }) => rounds + waits),
    onlineBytes: sum(({ onlineBytes }) => onlineBytes),
    offlineBytes: sum(({ offlineBytes }) => offlineBytes),
    seconds,
  };
}
