/** What a benchmark continues, and for how many tokens. */
import type { Tokenizer } from '../checkpoint/tokenizer.js';
import { parsePrompt, planPrompt } from '../client/request.js';
import { CometError } from '../core/errors.js';
import { fitting } from '../core/fitting.js';

/** How texts begin where no prompt is given. */
export const PROMPT = 'Once upon a time there was a little girl who';

/** What was asked for. */
export interface Continuation {
  /** {@link PROMPT} unless given. */
  readonly prompt?: string;
  /** Tokens to generate; `usualTokens`, or fewer where the context is short, unless given. */
  readonly tokens?: number;
  readonly usualTokens: number;
  /** `--tokens` unless it has another name. */
  readonly option?: string;
}

/**
 * The prompt's tokens and how many follow. What nobody asked for is cut to what the context holds, half of it for the prompt.
 * @throws CometError E_ARGUMENT where what was asked for does not fit, E_PROMPT, E_LENGTH.
 */
export function continuation(
  { prompt, tokens, usualTokens, option = '--tokens' }: Continuation,
  tokenizer: Tokenizer,
  context: number,
  prefix: readonly number[] = [],
): { ids: readonly number[]; tokens: number } {
  const why = `the model's context is ${context} tokens`;
  if (prompt === undefined) {
    const usual = Math.min(usualTokens, Math.max(2, context >> 1));
    const count = fitting(tokens, { option, usual, most: context - prefix.length - 1, why });
    return { ids: tokenizer.encodeBehind(prefix, PROMPT).slice(0, context - count), tokens: count };
  }
  const { ids } = planPrompt(parsePrompt({ prompt }), tokenizer, context, { prefix });
  const most = context - ids.length;
  const rest = `${why}, and the prompt has ${ids.length}`;
  return { ids, tokens: fitting(tokens, { option, usual: usualTokens, most, why: rest }) };
}

/** @throws CometError E_ARGUMENT where fewer tokens are generated than can be measured. */
export function requireTokens(tokens: number, least: number): void {
  if (tokens < least)
    throw new CometError('E_ARGUMENT', `at least ${least} tokens are needed, not ${tokens}: the first is not counted`);
}
