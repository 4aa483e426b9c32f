/** What the user of a session is told beside its tokens. */
import type { SessionRules } from './mode-rules.js';
import type { Summary } from './account.js';

/** What happens beside the tokens of a prompt. */
export type PromptEvent =
  | { readonly type: 'warning'; readonly message: string }
  /** What the servers and the dealer see of a sparse session beyond lengths. */
  | { readonly type: 'leakage'; readonly message: string }
  /** What is waited for. */
  | { readonly type: 'notice'; readonly message: string }
  /**
   * Before the first token: how many of the prompt's tokens are computed, of those that must be.
   */
  | { readonly type: 'reading'; readonly done: number; readonly total: number }
  | Summary;

const SPARSE =
  'sparse: both servers and the dealer see which neurons and heads each token computes, in a secret ' +
  'order; who knows the weights can tell the text from that (docs/attacks.md). --dense shows lengths only';

const PADDED =
  'sparse, padded: both servers and the dealer see a set of neurons for each token, the active ones among ' +
  'others by chance, in a secret order; a known text tells an operator which are which, in the same epoch ' +
  '(docs/attacks.md). --dense shows lengths only';

const SHARED_EPOCH =
  'this session begins in the order in which the owner masked the model: servers and dealer can match its ' +
  'neurons and heads with those of every other session that does, and one of them that is also a client ' +
  'can learn from its own text which is which (docs/epochs.md)';

const OWN_ORDER =
  "first the parties put the weights into an order of this session's own, which takes some seconds; " +
  '--shared-epoch begins at once (docs/epochs.md)';

/**
 * What is told of a sparse session before its first prompt. `local`: all parties are on this
 * machine, for one user only.
 */
export function noticesOf({ budget, sharedEpoch }: SessionRules, local: boolean): PromptEvent[] {
  const leakage = { type: 'leakage', message: budget ? PADDED : SPARSE } as const;
  if (local) return [leakage];
  return [leakage, sharedEpoch ? { type: 'warning', message: SHARED_EPOCH } : { type: 'notice', message: OWN_ORDER }];
}

/** What is told of a prompt that the context cuts short. */
export const contextEnds = (count: number): PromptEvent => ({
  type: 'warning',
  message: `the model's context ends after ${count} ${count === 1 ? 'token' : 'tokens'}`,
});
