/**
 * What a caller asks for, parsed once: first without a model, then with its tokeniser and plan.
 * Each step gives a value that holds only what was checked, and the next one takes nothing else.
 */
import * as v from 'valibot';
import { keepWithin } from '../cache/memory.js';
import type { Tokenizer } from '../checkpoint/tokenizer.js';
import { CometError } from '../core/errors.js';
import { abortSignal, argument, callback, finite, integer } from '../core/schema.js';
import { PREFILL_ROWS } from '../cost/prefill.js';
import { type EpochChoice, epochPolicy } from '../plan/epoch.js';
import type { Plan } from '../plan/formats.js';
import { MOST_PREFETCH } from '../plan/step.js';
import { checkRules, checkTogether, type SessionRules } from './mode-rules.js';
import { type ParsedSampling, parseSampling, type Sampling } from './sampling.js';
import type { Prefetch, SessionMode } from './session-mode.js';
import { parseStops } from './stopping.js';

/** Most tokens of a continuation unless the caller says how many. */
const MAX_TOKENS = 64;

/** What the continuation of one prompt asks for. */
export interface PromptRequest extends Sampling {
  readonly prompt: string;
  /**
   * Adds the prompt to the text so far of its session, which goes on token by token as it is. It
   * may be empty then. Without it the prompt is the whole text.
   */
  readonly continues?: boolean;
  /** Most tokens to generate; 64 unless given. */
  readonly maxTokens?: number;
  /** Strings that end the text; neither they nor what follows is emitted. */
  readonly stop?: readonly string[];
}

/** How a session computes, for all its prompts. */
export interface SessionRequest extends EpochChoice {
  /**
   * Computes everything, also what the model's predictors would leave out: slower, and nothing of
   * the sets is seen by anybody.
   */
  readonly dense?: boolean;
  /**
   * How each layer is computed, a letter each: d(ense), p(redicted) or e(xact); `comet plan` finds
   * the best. All predicted unless given.
   */
  readonly modes?: string;
  /**
   * "constant": sets are padded before they are opened (what still shows: docs/leakage.md), and all
   * heads are computed.
   */
  readonly budget?: 'constant';
  /**
   * Whether keys and values that a layer lacks are computed while the layer before is, and how many
   * more a layer: "auto" unless given.
   */
  readonly prefetch?: Prefetch;
  /**
   * Bytes that a server's caches may take; inputs of old positions are not kept longer than fits.
   * No bound unless given.
   */
  readonly cacheMemory?: number;
}

/** A prompt whose values are checked. Whether it fits a model is not known yet. */
export interface ParsedPrompt {
  readonly prompt: string;
  readonly continues: boolean;
  /** As the caller gave it. */
  readonly maxTokens?: number;
  readonly sampling: ParsedSampling;
  readonly stop: readonly string[];
}

/** A session whose rules go together. Whether they go with a model is not known yet. */
export interface ParsedSession {
  readonly rules: SessionRules;
  /** Bytes. */
  readonly cacheMemory: number;
}

/** A prompt in tokens, which fits its model. */
export interface PlannedPrompt {
  readonly ids: readonly number[];
  /** How many tokens may follow. */
  readonly count: number;
  /** Whether the context leaves fewer tokens than the caller asked for. */
  readonly shortened: boolean;
  /** As the caller gave it. */
  readonly maxTokens?: number;
  readonly sampling: ParsedSampling;
  readonly stop: readonly string[];
}

const PROMPT = v.object({
  prompt: v.string(),
  continues: v.optional(v.boolean(), false),
  maxTokens: v.optional(integer(1)),
  temperature: v.optional(finite),
  topK: v.optional(finite),
  topP: v.optional(finite),
  repetitionPenalty: v.optional(finite),
  seed: v.optional(finite),
  stop: v.optional(v.array(v.string())),
  signal: abortSignal,
  onEvent: callback,
  onLogits: callback,
});

const SESSION = v.object({
  dense: v.optional(v.boolean()),
  sharedEpoch: v.optional(v.boolean()),
  epochTokens: v.optional(integer(1)),
  budget: v.optional(v.literal('constant')),
  modes: v.optional(v.pipe(v.string(), v.regex(/^[dpe]+$/, 'must be letters d, p and e'))),
  prefetch: v.optional(v.union([v.picklist(['none', 'auto']), integer(0, MOST_PREFETCH)])),
  cacheMemory: v.optional(v.pipe(finite, v.gtValue(0))),
});

/** @throws CometError E_ARGUMENT for a wrong value. */
export function parsePrompt(given: PromptRequest): ParsedPrompt {
  const { prompt, continues, maxTokens, stop, ...sampling } = argument('generate', PROMPT, given);
  return { prompt, continues, maxTokens, sampling: parseSampling(sampling), stop: parseStops(stop) };
}

/** @throws CometError E_ARGUMENT for a wrong value, and for rules that contradict each other. */
export function parseSession(given: SessionRequest): ParsedSession {
  const { cacheMemory = Infinity, ...rules } = argument('the session', SESSION, given);
  checkTogether(rules);
  return { rules, cacheMemory };
}

/** What a prompt needs of a tokeniser. */
export type Encoder = Pick<Tokenizer, 'encode' | 'encodeNext' | 'behind'>;

/** Tokens that a prompt may come behind. */
export interface Before {
  /** That every text begins with. */
  readonly prefix?: readonly number[];
  /** Of the text so far. */
  readonly said?: readonly number[];
}

/**
 * The prompt in tokens: behind the model's constant prefix where that is known, or behind the tokens of the text so far,
 * which one that continues follows.
 * @throws CometError E_PROMPT where it has none, E_LENGTH where it leaves no place in the context.
 */
export function planPrompt(
  parsed: ParsedPrompt,
  tokenizer: Encoder,
  context: number,
  { prefix = [], said = [] }: Before = {},
): PlannedPrompt {
  const { prompt, continues } = parsed;
  if (continues && said.length > 0) return fitted(parsed, [...said, ...tokenizer.encodeNext(prompt)], context);
  const ids = tokenizer.behind(prefix, tokenizer.encode(prompt));
  if (ids.length > 0 && !(continues && prompt.length === 0)) return fitted(parsed, ids, context);
  const what = prompt.length === 0 ? 'is empty' : 'has no tokens';
  throw new CometError('E_PROMPT', `the prompt ${what}; give some text to continue`);
}

/** The same prompt behind a prefix that was not known before. @throws CometError E_LENGTH. */
export const behindPrefix = (
  planned: PlannedPrompt,
  tokenizer: Encoder,
  context: number,
  prefix: readonly number[] = [],
): PlannedPrompt => fitted(planned, tokenizer.behind(prefix, planned.ids), context);

function fitted(
  { maxTokens, sampling, stop }: Omit<ParsedPrompt, 'prompt' | 'continues'>,
  ids: readonly number[],
  context: number,
): PlannedPrompt {
  if (ids.length >= context) {
    const left = `the model's context is ${context}, of which at least one must be left`;
    throw new CometError('E_LENGTH', `the prompt has ${ids.length} tokens; ${left}`);
  }
  const count = Math.min(maxTokens ?? MAX_TOKENS, context - ids.length);
  const shortened = maxTokens !== undefined && count < maxTokens;
  return { ids, count, shortened, maxTokens, sampling, stop };
}

/** Where a session runs. */
export interface SessionPlace {
  /** Positions that its caches may have to keep. */
  readonly positions: number;
  /**
   * Whether all parties are on this machine for this session's user only. No message is under way
   * then that work could go on beside.
   */
  readonly local: boolean;
}

/**
 * How a session computes with a model.
 * @throws CometError E_ARGUMENT, E_UNSUPPORTED for rules that do not go with it, E_LIMIT where
 * vectors alone take more than the caches may
 */
export function planSession(
  { rules, cacheMemory }: ParsedSession,
  plan: Plan,
  { positions, local }: SessionPlace,
): SessionMode {
  checkRules(plan, rules);
  const { dense, modes, budget, prefetch = 'auto' } = rules;
  return {
    ...{ dense, modes, budget },
    prefetch: prefetch === 'auto' && local ? 'none' : prefetch,
    keep: keepWithin(plan, positions, PREFILL_ROWS, cacheMemory),
    epochs: epochPolicy(rules, local),
  };
}
