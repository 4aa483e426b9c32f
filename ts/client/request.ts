/**
 * What a caller asks for, parsed once: first without a model, then with its tokeniser and plan.
 * Each step gives a value that holds only what was checked, and the next one takes nothing else.
 */
import * as v from 'valibot';
import { keepWithin } from '../cache/memory.js';
import { type Message, ROLES } from '../checkpoint/chat/template.js';
import { EscapedText, type Tokenizer } from '../checkpoint/tokenizer.js';
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
  /** A text to continue; this or `messages`. */
  readonly prompt?: string;
  /** A conversation to answer, in order; for models with a chat template. */
  readonly messages?: readonly Message[];
  /**
   * Adds the prompt or the messages to the text so far of its session, which goes on token by token
   * as it is. A prompt may be empty then. Without it they are the whole text.
   */
  readonly continues?: boolean;
  /**
   * Whether special tokens that the text spells are these tokens. Otherwise it is read letter by
   * letter. Unless given, a prompt's are and those of messages are not.
   */
  readonly specialTokens?: boolean;
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
  /** The text; empty where there are messages. */
  readonly prompt: string;
  readonly messages?: readonly Message[];
  readonly continues: boolean;
  /** As the caller gave it. */
  readonly specialTokens?: boolean;
  /** As the caller gave it. */
  readonly maxTokens?: number;
  readonly sampling: ParsedSampling;
  readonly stop: readonly string[];
}

/** A conversation by its messages, as far as a session has its text. */
export interface Chat {
  /** Messages until the answer that the text ends with. */
  readonly asked: readonly Message[];
  readonly answer: string;
  /** The text, marked as {@link EscapedText}. */
  readonly text: string;
  /** Tokens that end an answer besides the model's own end tokens. */
  readonly ends: ReadonlySet<number>;
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
  /** The conversation that they are, where they come from messages. */
  readonly chat?: Chat;
  /** How many tokens may follow. */
  readonly count: number;
  /** Whether the context leaves fewer tokens than the caller asked for. */
  readonly shortened: boolean;
  /** What ends the text after so many tokens. */
  readonly limit: 'length' | 'context';
  /** As the caller gave it. */
  readonly maxTokens?: number;
  readonly sampling: ParsedSampling;
  readonly stop: readonly string[];
}

const MESSAGE = v.strictObject({ role: v.picklist(ROLES), content: v.string() });

const PROMPT = v.object({
  prompt: v.optional(v.string()),
  messages: v.optional(v.pipe(v.array(MESSAGE), v.minLength(1, 'expected at least one'))),
  continues: v.optional(v.boolean(), false),
  specialTokens: v.optional(v.boolean()),
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
  const { prompt, messages, continues, specialTokens, maxTokens, stop, ...sampling } = argument(
    'generate',
    PROMPT,
    given,
  );
  if ((prompt === undefined) === (messages === undefined)) {
    const what =
      prompt === undefined ? 'prompt: missing; or give messages' : 'a prompt and messages exclude each other';
    throw new CometError('E_ARGUMENT', `generate was given a wrong value: ${what}`);
  }
  return {
    ...{ prompt: prompt ?? '', messages, continues, specialTokens, maxTokens },
    ...{ sampling: parseSampling(sampling), stop: parseStops(stop) },
  };
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
  parsed: Omit<ParsedPrompt, 'prompt'> & { readonly prompt: string | EscapedText },
  tokenizer: Encoder,
  context: number,
  { prefix = [], said = [] }: Before = {},
): PlannedPrompt {
  const { prompt, continues } = parsed;
  if (continues && said.length > 0) return fitted(parsed, [...said, ...tokenizer.encodeNext(prompt)], context);
  const ids = tokenizer.behind(prefix, tokenizer.encode(prompt));
  const isEmpty = prompt === '' || (prompt instanceof EscapedText && prompt.marked === '');
  if (ids.length > 0 && !(continues && isEmpty)) return fitted(parsed, ids, context);
  const what = isEmpty ? 'is empty' : 'has no tokens';
  throw new CometError('E_PROMPT', `the prompt ${what}; give some text to continue`);
}

/** The same prompt behind a prefix that was not known before. @throws CometError E_LENGTH. */
export const behindPrefix = (
  planned: PlannedPrompt,
  tokenizer: Encoder,
  context: number,
  prefix: readonly number[] = [],
): PlannedPrompt => ({ ...planned, ...fitted(planned, tokenizer.behind(prefix, planned.ids), context) });

/** Tokens as a prompt with the limits of its request. @throws CometError E_LENGTH. */
export function fitted(
  { maxTokens, sampling, stop }: Pick<ParsedPrompt, 'maxTokens' | 'sampling' | 'stop'>,
  ids: readonly number[],
  context: number,
): PlannedPrompt {
  if (ids.length >= context) {
    const left = `the model's context is ${context}, of which at least one must be left`;
    throw new CometError('E_LENGTH', `the prompt has ${ids.length} tokens; ${left}`);
  }
  const most = maxTokens ?? MAX_TOKENS;
  const count = Math.min(most, context - ids.length);
  const shortened = maxTokens !== undefined && count < maxTokens;
  return { ids, count, shortened, limit: count < most ? 'context' : 'length', maxTokens, sampling, stop };
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
