/** The figures after a generation: measured where all roles are on this machine, else by formula. */
import type { Token } from '../client/text-session.js';
import { OP } from '../core/address.js';
import { paddedSize } from '../gates/padding.js';
import type { Revealed } from '../parties/hosted.js';
import { forwardBehind } from '../plain/behind.js';
import { FloatModel } from '../plain/float.js';
import type { EpochBegun, EpochPolicy } from '../plan/epoch.js';
import { type Plan, prefixLength } from '../plan/formats.js';
import type { Shape } from '../plan/shape.js';
import { MODES, type StepShape } from '../plan/step.js';
import type { Predictors } from '../predict/predictor.js';
import { predictorScales } from '../predict/scales.js';
import { PredictedOnly } from '../predict/sparse-run.js';
import { type CacheSummary, cachesOf } from '../verify/caches.js';
import { ledgerOf } from '../cost/ledger-of.js';
import { epochsOf } from '../epoch/cost.js';
import type { Deployment } from './deployment.js';

export interface Summary {
  readonly type: 'summary';
  readonly mode: 'sparse' | 'dense';
  readonly tokens: number;
  readonly promptTokens: number;
  /** Of these, from the first on, those whose keys and values the session had already. */
  readonly reusedTokens: number;
  readonly rounds: number;
  readonly onlineBytes: number;
  readonly offlineBytes: number;
  /** Epochs that the session began: weights put in another order. */
  readonly epochs: number;
  /** What that cost, on all links; in neither figure above. */
  readonly epochBytes: number;
  /** The time that it took, beside steps; only where the counts are the parties' own. */
  readonly epochSeconds?: number;
  /** The time of that in which steps waited for it, part of the times below; likewise. */
  readonly epochWaitSeconds?: number;
  readonly secondsToFirstToken: number;
  /** Mean over the tokens after the first. */
  readonly secondsPerToken: number;
  /** Parts of all neurons, and of all heads, that were computed; only where the counts are the parties' own. */
  readonly computedDensity?: number;
  readonly computedHeads?: number;
  /** What the caches of keys and values did; likewise, in sparse sessions. */
  readonly cache?: CacheSummary;
  /** Largest difference of a logit from plaintext floats that leave out what was predicted; only where the plaintext is on this machine. */
  readonly maxAbsLogitError?: number;
  /** Whether the counts are the parties' own, the ledger's, or the most that the ledger allows: a client does not see the sets. */
  readonly source: 'measured' | 'ledger' | 'bound';
}

/** What the parties counted from a session's begin on. */
export type Totals = Pick<Summary, 'rounds' | 'onlineBytes' | 'offlineBytes' | 'epochBytes'> & {
  readonly epochs: readonly EpochBegun[];
  readonly revealed: readonly Revealed[];
};

/** One generation. */
export interface Generated {
  readonly ids: readonly number[];
  /** Tokens of `ids` that were not computed again. */
  readonly reused: number;
  readonly tokens: readonly Token[];
  /** The logits that each token was drawn from. */
  readonly logits: readonly Float32Array[];
  /** Its own, and those of the session before. */
  readonly steps: Readonly<Record<'before' | 'own', readonly Omit<StepShape, 'step'>[]>>;
  readonly sparse: boolean;
  readonly modes?: string;
  readonly budget?: 'constant';
  readonly prefetch?: number;
  readonly keep?: number;
  readonly epochs?: EpochPolicy;
}

/**
 * What a generation took.
 * @param before what had been counted when it began, where it is not the first of its session
 */
export async function summarise(
  deployment: Deployment,
  generated: Generated,
  before?: Totals,
): Promise<{ summary: Summary; totals?: Totals }> {
  const { ids, reused, tokens, sparse } = generated;
  const totals = await countedBy(deployment);
  const later = tokens.slice(1);
  const sum = (list: readonly Token[]): number => list.reduce((total, { seconds }) => total + seconds, 0);
  const summary: Summary = {
    type: 'summary',
    mode: sparse ? 'sparse' : 'dense',
    tokens: tokens.length,
    promptTokens: ids.length,
    reusedTokens: reused,
    ...(totals ? measured(deployment, generated, totals, before) : byFormula(deployment, generated)),
    secondsToFirstToken: tokens[0]?.seconds ?? 0,
    secondsPerToken: later.length > 0 ? sum(later) / later.length : (tokens[0]?.seconds ?? 0),
    // No float model adds what a budget adds.
    ...(deployment.embedded &&
      !generated.budget && {
        maxAbsLogitError: logitError(deployment.embedded, prefixLength(deployment.model.plan), generated),
      }),
  };
  return { summary, totals };
}

type Counts = Pick<
  Summary,
  | 'rounds'
  | 'onlineBytes'
  | 'offlineBytes'
  | 'epochs'
  | 'epochBytes'
  | 'epochSeconds'
  | 'epochWaitSeconds'
  | 'source'
  | 'computedDensity'
  | 'computedHeads'
  | 'cache'
>;

/** What the parties have counted in this session, where they are here. */
export const countedBy = async ({ embedded }: Deployment): Promise<Totals | undefined> =>
  embedded && totalsOf(embedded);

async function totalsOf({ parties }: NonNullable<Deployment['embedded']>): Promise<Totals> {
  const { server0, server1, dealer } = await parties.counts();
  const sent = {
    s01: server0.links.server1.sent,
    s10: server1.links.server0.sent,
    s0d: server0.links.dealer.sent,
    s1d: server1.links.dealer.sent,
    ds0: dealer.links.server0.sent,
  };
  return {
    rounds: Math.max(sent.s01.opening.frames, sent.s10.opening.frames),
    onlineBytes:
      [sent.s01, sent.s10].reduce((sum, { opening, refill }) => sum + opening.bytes + refill.bytes, 0) +
      [sent.s0d, sent.s1d].reduce((sum, { credit, reveal }) => sum + credit.bytes + reveal.bytes, 0),
    offlineBytes: dealer.links.server0.sent.tape.bytes + dealer.links.server1.sent.tape.bytes,
    epochBytes: Object.values(sent).reduce((sum, { shuffle }) => sum + shuffle.bytes, 0),
    epochs: server0.epochs,
    revealed: server0.revealed,
  };
}

function measured(
  { embedded, model }: Deployment,
  generated: Generated,
  totals: Totals,
  before: Totals = { rounds: 0, onlineBytes: 0, offlineBytes: 0, epochBytes: 0, epochs: [], revealed: [] },
): Counts {
  const { budget } = generated;
  const epochs = totals.epochs.slice(before.epochs.length);
  return {
    rounds: totals.rounds - before.rounds,
    onlineBytes: totals.onlineBytes - before.onlineBytes,
    offlineBytes: totals.offlineBytes - before.offlineBytes,
    epochs: epochs.length,
    epochBytes: totals.epochBytes - before.epochBytes,
    ...(epochs.length > 0 && {
      epochSeconds: epochs.reduce((sum, { seconds }) => sum + seconds, 0),
      epochWaitSeconds: epochs.reduce((sum, { waitSeconds }) => sum + waitSeconds, 0),
    }),
    source: 'measured',
    ...(budget
      ? padded(model.plan)
      : computed(totals.revealed.slice(before.revealed.length), embedded!.loaded.prepared.shape)),
    // Of the session: what a prompt finds in the caches, earlier ones have put there.
    ...(totals.revealed.length > 0 && { cache: cachesOf(model.plan, stepsOf(generated), totals.revealed) }),
  };
}

/** The steps of the session as they were announced. */
const stepsOf = ({ steps: { before, own }, sparse, modes, budget, prefetch, keep }: Generated): StepShape[] =>
  [...before, ...own].map((step, i) => ({
    ...{ ...step, sparse, modes, constant: budget !== undefined, prefetch, keep },
    step: i,
  }));

function byFormula({ model: { plan } }: Deployment, generated: Generated): Counts {
  const { steps, sparse, epochs } = generated;
  const all = stepsOf(generated);
  const [before, own] = [all.slice(0, steps.before.length), all.slice(steps.before.length)];
  // A prompt of the prefix alone, of which one token follows, runs no step.
  const { rounds, onlineBytes, offlineBytes } = ledgerOf(plan, own, { cached: own[0]?.position });
  const policy = sparse ? epochs : undefined;
  const [begun, whole] = [epochsOf(plan, before, policy), epochsOf(plan, all, policy)];
  return {
    ...{ rounds, onlineBytes, offlineBytes },
    epochs: whole.epochs - begun.epochs,
    epochBytes: whole.epochBytes - begun.epochBytes,
    source: sparse ? 'bound' : 'ledger',
  };
}

/** Parts that every row computes with a constant budget, of the layers where something is predicted. */
function padded({ shape: { ffn }, layers }: Plan): Partial<Counts> {
  const budgets = layers.flatMap(({ predictor }) => predictor?.budget ?? []);
  const sum = budgets.reduce((total, budget) => total + paddedSize(ffn, budget), 0);
  return { computedDensity: sum / (budgets.length * ffn), computedHeads: 1 };
}

/** Parts that were computed, of the steps and layers where something was predicted. */
function computed(revealed: readonly Revealed[], { ffn, heads, layers }: Shape): Partial<Counts> {
  const sums = { neurons: 0, of: 0, heads: 0, ofHeads: 0 };
  for (const { layer, op, bits } of revealed) {
    const outputs = op === OP.predBit && layer + 1 < layers ? ffn + heads : ffn;
    for (let at = 0; at < bits.length; at += outputs) {
      sums.neurons += count(bits.subarray(at, at + ffn));
      sums.heads += count(bits.subarray(at + ffn, at + outputs));
      sums.of += ffn;
      sums.ofHeads += outputs - ffn;
    }
  }
  if (sums.of === 0) return {};
  return {
    computedDensity: sums.neurons / sums.of,
    ...(sums.ofHeads > 0 && { computedHeads: sums.heads / sums.ofHeads }),
  };
}
/** Predictors that leave out nothing where a layer is not predicted. */
const inModes = (predictors: Predictors, modes?: string): Predictors => ({
  ...predictors,
  layers: predictors.layers.map((layer, i) =>
    (modes?.[i] ?? MODES.predicted) === MODES.predicted
      ? layer
      : { ...layer, thresholds: layer.thresholds.map(() => -Infinity) },
  ),
});

const count = (bits: Uint8Array): number => bits.reduce((sum, bit) => sum + bit, 0);

/** Against the float forward pass on the same tokens. */
function logitError(
  { loaded: { kernels, checkpoint }, predictors }: NonNullable<Deployment['embedded']>,
  prefix: number,
  { ids, tokens, logits, sparse, modes }: Generated,
): number {
  const float = new FloatModel(kernels, checkpoint);
  const used = sparse && predictors ? inModes(predictors, modes) : undefined;
  const only = used && new PredictedOnly(kernels, checkpoint, used, predictorScales);
  const sequence = [...ids, ...tokens.slice(0, -1).map(({ id }) => id)];
  const hidden = forwardBehind(float, sequence, prefix, only).slice((ids.length - 1) * float.shape.width);
  const reference = float.logits(hidden);
  float.free();
  only?.free();
  let max = 0;
  for (const [t, row] of logits.entries())
    for (let i = 0; i < row.length; i++) max = Math.max(max, Math.abs(row[i] - reference[t * row.length + i]));
  return max;
}
