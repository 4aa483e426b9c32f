/**
 * Which rules of a session go together, and with a model. What contradicts or would change nothing
 * is refused rather than ignored, and as soon as it is known: before anything is loaded, before
 * weights are, before anybody is disturbed.
 */
import { CometError } from '../core/errors.js';
import type { EpochChoice } from '../plan/epoch.js';
import type { Plan } from '../plan/formats.js';
import { MODES } from '../plan/step.js';
import type { SessionMode } from './session-mode.js';

/** What a caller may say of a session. */
export type SessionRules = Pick<SessionMode, 'dense' | 'modes' | 'budget' | 'prefetch'> & EpochChoice;

/** How each rule of sparse steps is called. */
const OF_SPARSE = {
  modes: 'modes',
  budget: 'a budget',
  prefetch: 'prefetch',
  epochTokens: 'epoch tokens',
  sharedEpoch: 'a shared epoch',
} as const satisfies Partial<Record<keyof SessionRules, string>>;

const refuse = (message: string): never => {
  throw new CometError('E_ARGUMENT', message);
};

/** Without a model. @throws CometError E_ARGUMENT. */
export function checkTogether(rules: SessionRules): void {
  const { dense = false, modes, budget } = rules;
  if (dense) refuseIdle(rules, 'a dense session opens no sets', 'or "dense"');
  if (budget !== undefined && modes?.includes(MODES.exact))
    refuse('exact signs are as many as there are: a budget needs modes without e');
}

/** With what is known of a model before its weights are loaded. @throws CometError E_ARGUMENT. */
export function checkOutline(layers: number, hasPredictors: boolean, rules: SessionRules): void {
  const { modes } = rules;
  if (modes !== undefined && (modes.length !== layers || /[^dpe]/.test(modes)))
    refuse(`modes are ${layers} letters, one a layer: d(ense), p(redicted) or e(xact)`);
  if (modes?.includes(MODES.predicted) && !hasPredictors)
    refuse('the model has no predictors for layers with the mode p; train them with "comet predictor train"');
  const others = { ...rules, modes: undefined };
  if (modes !== undefined && !/[pe]/.test(modes))
    refuseIdle(others, 'with all layers dense a session opens no sets', 'or give other modes');
  if (modes === undefined && !hasPredictors)
    refuseIdle(
      others,
      'the model has no predictors, so its sessions are dense and open no sets',
      'or train some with "comet predictor train"',
    );
}

/** With a model's plan, of rules that go together. @throws CometError E_ARGUMENT, E_UNSUPPORTED. */
export function checkRules({ shape, layers, publicWeights }: Plan, rules: SessionRules): void {
  const { modes, budget } = rules;
  const predicted = layers.filter((_, i) => (modes?.[i] ?? MODES.predicted) === MODES.predicted);
  const hasPredictors =
    modes === undefined ? layers.some(({ predictor }) => predictor) : predicted.every(({ predictor }) => predictor);
  checkOutline(shape.layers, hasPredictors, rules);
  if (publicWeights && modes !== undefined && /[pe]/.test(modes))
    throw new CometError(
      'E_UNSUPPORTED',
      'sets of neurons of public weights would tell the text: give every layer the mode d, or mask the weights ("--secret")',
    );
  if (layers.some(({ gate }, i) => gate?.way === 'sines' && modes?.[i] === MODES.exact))
    throw new CometError(
      'E_UNSUPPORTED',
      'an activation as silu or gelu is never zero, so no layer with one can be exact: give it the mode d',
    );
  if (budget !== undefined && predicted.some(({ predictor }) => predictor && predictor.budget === undefined))
    throw new CometError('E_UNSUPPORTED', 'the predictors have no budgets; choose them with "comet predictor tune"');
}

function refuseIdle(rules: SessionRules, why: string, instead: string): void {
  const idle = Object.entries(OF_SPARSE).flatMap(([rule, name]) =>
    [undefined, false].includes(rules[rule as keyof typeof OF_SPARSE] as undefined) ? [] : [name],
  );
  if (idle.length > 0) refuse(`${why}, so ${idle.join(' and ')} would change nothing: leave that out, ${instead}`);
}
