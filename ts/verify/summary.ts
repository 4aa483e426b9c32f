/** The figures after a generation: measured where all roles are on this machine, else by formula. */
import type { Token } from '../generate.js';
import type { StepShape } from '../model/step.js';
import type { Deployment } from '../parties/node/deployments.js';
import { FloatModel } from '../plain/float.js';
import { ledgerOf } from './ledger-of.js';

export interface Summary {
  readonly type: 'summary';
  readonly tokens: number;
  readonly promptTokens: number;
  readonly rounds: number;
  readonly onlineBytes: number;
  readonly offlineBytes: number;
  readonly secondsToFirstToken: number;
  /** Mean over the tokens after the first. */
  readonly secondsPerToken: number;
  /** Largest difference of a logit from plaintext floats; only where the plaintext is on this machine. */
  readonly maxAbsLogitError?: number;
  /** Whether the counts are the parties' own or the ledger's. */
  readonly source: 'measured' | 'ledger';
}

/** One generation. */
export interface Generated {
  readonly ids: readonly number[];
  readonly tokens: readonly Token[];
  /** The logits that each token was drawn from. */
  readonly logits: readonly Float32Array[];
  readonly steps: readonly Omit<StepShape, 'step'>[];
}

export async function summarise(deployment: Deployment, generated: Generated): Promise<Summary> {
  const { ids, tokens, steps } = generated;
  const later = tokens.slice(1);
  const sum = (list: readonly Token[]): number => list.reduce((total, { seconds }) => total + seconds, 0);
  return {
    type: 'summary',
    tokens: tokens.length,
    promptTokens: ids.length,
    ...((await measured(deployment)) ?? byFormula(deployment, steps)),
    secondsToFirstToken: tokens[0]?.seconds ?? 0,
    secondsPerToken: later.length > 0 ? sum(later) / later.length : (tokens[0]?.seconds ?? 0),
    ...(deployment.embedded && { maxAbsLogitError: logitError(deployment.embedded.loaded, generated) }),
  };
}

type Counts = Pick<Summary, 'rounds' | 'onlineBytes' | 'offlineBytes' | 'source'>;

async function measured({ embedded }: Deployment): Promise<Counts | undefined> {
  if (!embedded) return undefined;
  const { server0, server1, dealer } = await embedded.parties.counts();
  const sent = {
    s01: server0.links.server1.sent,
    s10: server1.links.server0.sent,
    s0d: server0.links.dealer.sent,
    s1d: server1.links.dealer.sent,
  };
  return {
    rounds: Math.max(sent.s01.opening.frames, sent.s10.opening.frames),
    onlineBytes: sent.s01.opening.bytes + sent.s10.opening.bytes + sent.s0d.credit.bytes + sent.s1d.credit.bytes,
    offlineBytes: dealer.links.server0.sent.tape.bytes + dealer.links.server1.sent.tape.bytes,
    source: 'measured',
  };
}

function byFormula({ model }: Deployment, steps: Generated['steps']): Counts {
  const { rounds, onlineBytes, offlineBytes } = ledgerOf(
    model.plan,
    steps.map((step, i) => ({ ...step, step: i })),
  );
  return { rounds, onlineBytes, offlineBytes, source: 'ledger' };
}

/** Against the float forward pass on the same tokens. */
function logitError(
  { kernels, checkpoint }: NonNullable<Deployment['embedded']>['loaded'],
  { ids, tokens, logits }: Generated,
): number {
  const float = new FloatModel(kernels, checkpoint);
  const sequence = [...ids, ...tokens.slice(0, -1).map(({ id }) => id)];
  const hidden = float.forward(sequence).slice((ids.length - 1) * float.shape.width);
  const reference = float.logits(hidden);
  float.free();
  let max = 0;
  for (const [t, row] of logits.entries())
    for (let i = 0; i < row.length; i++) max = Math.max(max, Math.abs(row[i] - reference[t * row.length + i]));
  return max;
}
