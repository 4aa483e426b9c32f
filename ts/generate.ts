/** Private generation: the client's loop from a prompt to streamed tokens, whoever the servers are. */
import { keepWithin } from './cache/memory.js';
import { CometError } from './core/errors.js';
import type { EpochChoice } from './epoch/schedule.js';
import type { Plan } from './model/plan.js';
import type { Sampling } from './model/sampling.js';
import { Sampler } from './model/sampling.js';
import { StopFilter } from './model/stopping.js';
import type { Tokenizer } from './model/tokenizer.js';
import type { ClientSession, Prefetch, SessionMode } from './parties/client.js';
import type { AnnouncedStep } from './parties/steps.js';
import { PREFILL_ROWS, prefillSteps } from './schedule/prefill.js';

/** One generated token. */
export interface Token {
  readonly id: number;
  /** Text that this token completes; empty while a character, or what may become a stop string, is incomplete. */
  readonly text: string;
  /** Position among the generated tokens. */
  readonly index: number;
  /** Seconds since the one before, or since the start. */
  readonly seconds: number;
}

/** What a generation asks for. */
export interface Request extends Sampling, EpochChoice {
  readonly prompt: string;
  /** Most tokens to generate; 64 unless given. */
  readonly maxTokens?: number;
  /** Strings that end the text; neither they nor what follows is emitted. */
  readonly stop?: readonly string[];
  /** Computes everything, also what the model's predictors would leave out: slower, and nothing of the sets is seen by anybody. */
  readonly dense?: boolean;
  /** How each layer is computed, a letter each: d(ense), p(redicted) or e(xact); `comet plan` finds the best. All predicted unless given. */
  readonly modes?: string;
  /** "constant": sets are padded before they are opened (what still shows: docs/leakage.md), and all heads are computed. */
  readonly budget?: 'constant';
  /** Whether keys and values that a layer lacks are computed while the layer before is, and how many more a layer: "auto" unless given. */
  readonly prefetch?: Prefetch;
  /** Bytes that a server's caches may take; inputs of old positions are not kept longer than fits. No bound unless given. */
  readonly cacheMemory?: number;
  readonly signal?: AbortSignal;
  /** Sees the logits that each token was drawn from. */
  readonly onLogits?: (logits: Float32Array) => void;
}

/** The prompt's tokens and how many may follow. @throws CometError E_PROMPT for an empty prompt, E_LENGTH for one beyond the context. */
export function planRequest(
  { prompt, maxTokens = 64 }: Request,
  tokenizer: Tokenizer,
  context: number,
): { ids: number[]; count: number } {
  if (!(Number.isInteger(maxTokens) && maxTokens >= 1))
    throw new CometError('E_ARGUMENT', 'the number of tokens must be a positive integer');
  if (prompt.length === 0) throw new CometError('E_PROMPT', 'the prompt is empty; give some text to continue');
  const ids = tokenizer.encode(prompt);
  if (ids.length === 0) throw new CometError('E_PROMPT', 'the prompt has no tokens; give some text to continue');
  if (ids.length >= context) {
    throw new CometError(
      'E_LENGTH',
      `the prompt has ${ids.length} tokens; the model's context is ${context}, of which at least one must be left`,
    );
  }
  return { ids, count: Math.min(maxTokens, context - ids.length) };
}

/**
 * How a session of so many positions refills and what it keeps. Where all roles are `together` in one process no message is under way that
 * something could be computed beside. @throws CometError E_LIMIT where its vectors alone take more than the caches may.
 */
export function cacheRules(
  plan: Plan,
  { prefetch = 'auto', cacheMemory = Infinity }: Pick<Request, 'prefetch' | 'cacheMemory'>,
  positions: number,
  together = false,
): Pick<SessionMode, 'prefetch' | 'keep'> {
  const keep = keepWithin(plan, positions, PREFILL_ROWS, cacheMemory);
  return { prefetch: prefetch === 'auto' && together ? 'none' : prefetch, keep };
}

/** Generates over an open session. Steps are announced at once, so the dealer runs ahead while tokens are read. */
export async function* generateOver(
  client: ClientSession,
  tokenizer: Tokenizer,
  sampler: Sampler,
  request: Request,
  plan: Plan,
): AsyncGenerator<Token, void> {
  const { ids, count } = planRequest(request, tokenizer, plan.shape.context);
  const { signal } = request;
  const stop = new StopFilter(request.stop);
  const prefill = prefillSteps(plan, ids.length);
  const decode = Array.from({ length: count - 1 }, (_, i): AnnouncedStep => ({
    rows: 1,
    position: ids.length + i,
    outputs: 'last',
  }));
  let clock = performance.now();
  client.announce([...prefill, ...decode]);
  let hidden: Float32Array = new Float32Array(0);
  for (const { position, rows } of prefill) hidden = await client.run(ids.slice(position, position + rows), signal);
  const decoder = tokenizer.stream();
  sampler.see(ids);
  for (let index = 0; ; index++) {
    const logits = client.logits(hidden);
    request.onLogits?.(logits);
    const id = sampler.next(logits);
    const now = performance.now();
    const ends = index === count - 1 || id === tokenizer.eos;
    const piece = (id === tokenizer.eos ? '' : decoder.push(id)) + (ends ? decoder.end() : '');
    const text = stop.push(piece) + (ends ? stop.end() : '');
    const last = ends || stop.stopped;
    yield { id, text, index, seconds: (now - clock) / 1000 };
    clock = now;
    if (last) return;
    hidden = await client.run([id], signal);
  }
}
