/**
 * The account of a session whose parties are all on this machine: they tell what they counted, and
 * the plaintext is here, too.
 */
import { type Account, type Counts, type Generated, stepsOf, type Summary, summaryOf } from '../client/account.js';
import { OP } from '../core/address.js';
import { paddedSize } from '../gates/padding.js';
import type { EmbeddedParties } from '../parties/embedded.js';
import type { Revealed } from '../parties/hosted.js';
import { forwardBehind } from '../plain/behind.js';
import { FloatModel } from '../plain/float.js';
import type { EpochBegun } from '../plan/epoch.js';
import { type Plan, prefixLength } from '../plan/formats.js';
import type { Shape } from '../plan/shape.js';
import { MODES } from '../plan/step.js';
import type { Predictors } from '../predict/predictor.js';
import { predictorScales } from '../predict/scales.js';
import { PredictedOnly } from '../predict/sparse-run.js';
import type { Loaded } from '../provision/node/load.js';
import { cachesOf } from '../verify/caches.js';

/** Parties on this machine, and the model that they share. */
export interface Embedded {
  readonly parties: EmbeddedParties;
  readonly plan: Plan;
  readonly loaded: Loaded;
  readonly predictors?: Predictors;
}

/** What the parties counted from a session's begin on. */
export type Totals = Pick<Summary, 'rounds' | 'onlineBytes' | 'offlineBytes' | 'epochBytes'> & {
  readonly epochs: readonly EpochBegun[];
  readonly revealed: readonly Revealed[];
};

const NOTHING: Totals = { rounds: 0, onlineBytes: 0, offlineBytes: 0, epochBytes: 0, epochs: [], revealed: [] };

/** What the parties measured. */
export class MeasuredAccount implements Account {
  /** What they had counted when the last prompt was done. */
  #before = NOTHING;

  constructor(private readonly embedded: Embedded) {}

  async skip(): Promise<void> {
    this.#before = await totalsOf(this.embedded.parties);
  }

  async summarise(generated: Generated): Promise<Summary> {
    const before = this.#before;
    const totals = (this.#before = await totalsOf(this.embedded.parties));
    return summaryOf(generated, {
      ...measured(this.embedded, generated, totals, before),
      // No float model adds what a budget adds.
      ...(!generated.budget && { maxAbsLogitError: logitError(this.embedded, generated) }),
    });
  }
}

async function totalsOf(parties: EmbeddedParties): Promise<Totals> {
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

function measured({ plan, loaded }: Embedded, generated: Generated, totals: Totals, before: Totals): Counts {
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
    ...(budget ? padded(plan) : computed(totals.revealed.slice(before.revealed.length), loaded.prepared.shape)),
    // Of the session: what a prompt finds in the caches, earlier ones have put there.
    ...(totals.revealed.length > 0 && { cache: cachesOf(plan, stepsOf(generated), totals.revealed) }),
  };
}

/**
 * Parts that every row computes with a constant budget, of the layers where something is predicted.
 */
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
  { plan, loaded: { kernels, checkpoint }, predictors }: Embedded,
  { ids, tokens, logits, sparse, modes }: Generated,
): number {
  const float = new FloatModel(kernels, checkpoint);
  const used = sparse && predictors ? inModes(predictors, modes) : undefined;
  const only = used && new PredictedOnly(kernels, checkpoint, used, predictorScales);
  const sequence = [...ids, ...tokens.slice(0, -1).map(({ id }) => id)];
  const states = forwardBehind(float, sequence, prefixLength(plan), only);
  const hidden = states.slice((ids.length - 1) * float.shape.width);
  const reference = float.logits(hidden);
  float.free();
  only?.free();
  let max = 0;
  for (const [t, row] of logits.entries())
    for (let i = 0; i < row.length; i++) max = Math.max(max, Math.abs(row[i] - reference[t * row.length + i]));
  return max;
}
