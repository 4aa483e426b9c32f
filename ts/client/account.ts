/** What a prompt took: the figures after its last token. */
import type { CacheCounts } from '../cache/holes.js';
import { ledgerOf } from '../cost/ledger-of.js';
import { epochsOf } from '../epoch/cost.js';
import type { EpochPolicy } from '../plan/epoch.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import type { FinishReason, Token } from './text-session.js';

/**
 * What caches of keys and values did. Vectors are a key and a value of one head at one position.
 */
export interface CacheSummary extends CacheCounts {
  /**
   * Part of the vectors of earlier positions that attention read which were there when it came to
   * them.
   */
  readonly hitRate: number;
  /** Vectors that were not computed in the end. */
  readonly neverFilled: number;
  /** Inputs that are kept in the end. */
  readonly kept: number;
  /** Of a server's caches in the end: vectors and inputs. */
  readonly bytes: number;
}

/** Tokens of a prompt, with those of the model's prefix and of its chat template, and those that followed. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** The figures of one prompt. */
export interface Summary {
  readonly type: 'summary';
  readonly mode: 'sparse' | 'dense';
  readonly tokens: number;
  readonly promptTokens: number;
  readonly usage: Usage;
  readonly finishReason: FinishReason;
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
  /**
   * Parts of all neurons, and of all heads, that were computed; only where the counts are the
   * parties' own.
   */
  readonly computedDensity?: number;
  readonly computedHeads?: number;
  /** What the caches of keys and values did; likewise, in sparse sessions. */
  readonly cache?: CacheSummary;
  /**
   * Largest difference of a logit from plaintext floats that leave out what was predicted; only
   * where the plaintext is on this machine.
   */
  readonly maxAbsLogitError?: number;
  /**
   * Whether the counts are the parties' own, the ledger's, or the most that the ledger allows: a
   * client does not see the sets.
   */
  readonly source: 'measured' | 'ledger' | 'bound';
}

/** What one prompt was. */
export interface Generated {
  readonly ids: readonly number[];
  /** Tokens of `ids` that were not computed again. */
  readonly reused: number;
  readonly tokens: readonly Token[];
  readonly finishReason: FinishReason;
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

/** Tells what each prompt of one session took. */
export interface Account {
  /** Whatever was counted until now is no part of the prompts that follow. */
  skip(): Promise<void>;
  /** The figures of the prompt that has just ended. */
  summarise(generated: Generated): Promise<Summary>;
}

/** What an account says of a prompt beside its tokens and times. */
export type Counts = Omit<
  Summary,
  | 'type'
  | 'mode'
  | 'tokens'
  | 'promptTokens'
  | 'usage'
  | 'finishReason'
  | 'reusedTokens'
  | 'secondsToFirstToken'
  | 'secondsPerToken'
>;

/** A summary of counts. */
export function summaryOf({ ids, reused, tokens, sparse, finishReason }: Generated, counts: Counts): Summary {
  const first = tokens[0]?.seconds ?? 0;
  const later = tokens.slice(1);
  const seconds = later.reduce((total, token) => total + token.seconds, 0);
  return {
    type: 'summary',
    mode: sparse ? 'sparse' : 'dense',
    tokens: tokens.length,
    promptTokens: ids.length,
    usage: { promptTokens: ids.length, completionTokens: tokens.length },
    finishReason,
    reusedTokens: reused,
    ...counts,
    secondsToFirstToken: first,
    secondsPerToken: later.length > 0 ? seconds / later.length : first,
  };
}

/**
 * The account of a client whose parties are elsewhere: it knows what it announced, and the
 * formulas.
 */
export const accountByFormula = (plan: Plan): Account => ({
  skip: () => Promise.resolve(),
  summarise: (generated) => Promise.resolve(summaryOf(generated, byFormula(plan, generated))),
});

/** The steps of the session as they were announced. */
export const stepsOf = ({ steps: { before, own }, sparse, modes, budget, prefetch, keep }: Generated): StepShape[] =>
  [...before, ...own].map((step, i) => ({
    ...{ ...step, sparse, modes, constant: budget !== undefined, prefetch, keep },
    step: i,
  }));

function byFormula(plan: Plan, generated: Generated): Counts {
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
