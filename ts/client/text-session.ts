/**
 * Private generation: the client's loop from prompts to streamed tokens in one open session,
 * whoever the servers are.
 */
import { commonStart, type Tokenizer } from '../checkpoint/tokenizer.js';
import { CometError } from '../core/errors.js';
import { prefillSteps } from '../cost/prefill.js';
import type { AnnouncedStep } from '../plan/announced-step.js';
import { type Plan, prefixLength } from '../plan/formats.js';
import type { PlannedPrompt } from './request.js';
import type { Sampler } from './sampling.js';
import type { ClientSession } from './session.js';
import { StopFilter } from './stopping.js';

/** Why a text ended: an end token or a stop string, enough tokens, no place in the context, or whoever asked for it left. */
export type FinishReason = 'stop' | 'length' | 'context' | 'abort';

/** One generated token. */
export interface Token {
  readonly id: number;
  /**
   * Text that this token completes; empty while a character, or what may become a stop string, is
   * incomplete.
   */
  readonly text: string;
  /** Position among the generated tokens. */
  readonly index: number;
  /** Seconds since the one before, or since the start. */
  readonly seconds: number;
  /** Of the last token. */
  readonly finishReason?: FinishReason;
}

/** How the continuation of a prompt begins. */
export interface Begun {
  readonly ids: readonly number[];
  /** Tokens of the prompt, from its first, whose keys and values the session had already. */
  readonly reused: number;
}

/** How one prompt is continued, and who hears of it. */
export interface GenerateSettings {
  readonly signal?: AbortSignal;
  /** Sees the logits that each token was drawn from. */
  readonly onLogits?: (logits: Float32Array) => void;
  /**
   * No other prompt follows in this session: all steps are announced at once, and the dealer runs
   * ahead of them.
   */
  readonly only?: boolean;
  /** Called before the first token. */
  readonly onBegin?: (begun: Begun) => void;
  /**
   * Called before and after each step of the prompt: how many of the tokens that are computed are
   * done.
   */
  readonly onRead?: (done: number, total: number) => void;
}

/** A text so far. */
interface Said {
  readonly ids: readonly number[];
  /** What of it was given out; a character that is incomplete was not. */
  readonly shown: string;
  /** The part of that which was there before the last tokens were generated. */
  readonly before: string;
}

/**
 * Steps that are announced before the one that runs is done: the dealer deals for a token while the
 * one before is computed.
 */
const AHEAD = 1;

/**
 * Prompts, one after the other, in one session. The servers have the keys and values of the text so
 * far; a prompt that begins with the same tokens costs only those that follow. Where it differs,
 * positions are run again as new steps, which have masks of their own.
 */
export class TextSession {
  /** The tokens whose keys and values the servers have, by position. */
  readonly #held: number[];
  /** Announced, and not run yet. */
  readonly #coming: AnnouncedStep[] = [];
  readonly #ran: AnnouncedStep[] = [];
  #state: 'idle' | 'busy' | 'over' = 'idle';
  #said: Said = { ids: [], shown: '', before: '' };

  constructor(
    private readonly client: ClientSession,
    private readonly tokenizer: Pick<Tokenizer, 'stream' | 'ends' | 'decode' | 'encodeNext'>,
    private readonly plan: Plan,
  ) {
    this.#held = [...(plan.prefix ?? [])];
  }

  /** All steps that were run so far. */
  get steps(): readonly AnnouncedStep[] {
    return this.#ran;
  }

  /** The tokens of the text so far: the last prompt's, and those that followed it. */
  get said(): readonly number[] {
    return this.#said.ids;
  }

  /** The text that was generated last. */
  get answer(): string {
    return this.#said.shown.slice(this.#said.before.length);
  }

  /**
   * Continues a prompt; one at a time.
   * @throws CometError E_ARGUMENT before anything is sent; any other failure ends the session
   */
  async *generate(
    prompt: PlannedPrompt,
    sampler: Sampler,
    settings: GenerateSettings = {},
  ): AsyncGenerator<Token, void> {
    if (this.#state !== 'idle') {
      const why = this.#state === 'busy' ? 'another one is being continued in its session' : 'its session is over';
      throw new CometError('E_ARGUMENT', `the prompt cannot be continued now: ${why}`);
    }
    this.#state = 'busy';
    try {
      yield* this.#continue(prompt, sampler, settings);
    } catch (error) {
      this.#state = 'over';
      this.client.fail(error);
      throw error;
    } finally {
      if (this.#state === 'busy') this.#state = settings.only ? 'over' : 'idle';
    }
  }

  /** Ends the session in good order. */
  end(): void {
    this.#state = 'over';
    this.client.end();
  }

  async *#continue(
    { ids, count, stop: stops, limit, chat }: PlannedPrompt,
    sampler: Sampler,
    { only = false, signal, onLogits, onBegin, onRead }: GenerateSettings,
  ): AsyncGenerator<Token, void> {
    const stop = new StopFilter(stops);
    // The last token is run in any case, because its state says what follows; that of the prefix
    // is known.
    const common = Math.min(commonStart(this.#held, ids).length, ids.length - 1);
    const reused = Math.max(prefixLength(this.plan), common);
    onBegin?.({ ids, reused });
    const prefill = prefillSteps(this.plan, ids.length, { from: reused });
    const decode = Array.from({ length: count - 1 }, (_, i): AnnouncedStep => ({
      rows: 1,
      position: ids.length + i,
      outputs: 'last',
    }));
    const ahead = only ? decode.length : AHEAD;
    let clock = performance.now();
    this.#announce([...prefill, ...decode.slice(0, ahead)]);
    this.#held.length = reused;
    let hidden = this.client.prefixState;
    onRead?.(0, ids.length - reused);
    for (const { position, rows } of prefill) {
      hidden = await this.#run(ids.slice(position, position + rows), signal);
      onRead?.(position + rows - reused, ids.length - reused);
    }
    const decoder = this.tokenizer.stream(ids, isSame(ids, this.#said.ids) ? this.#said.shown : undefined);
    const before = decoder.shown;
    const [generated, emitted]: [number[], string[]] = [[], []];
    sampler.see(ids);
    /** The last token, while the servers have not read it. */
    let unread: number | undefined;
    try {
      for (let index = 0; ; index++) {
        const logits = this.client.logits(hidden);
        onLogits?.(logits);
        const id = sampler.next(logits);
        const now = performance.now();
        const isEnd = this.tokenizer.ends.has(id) || chat?.ends.has(id) === true;
        const ends = index === count - 1 || isEnd;
        if (!isEnd) generated.push(id);
        const rest = isEnd || only ? () => decoder.end() : () => decoder.pause();
        const piece = (isEnd ? '' : decoder.push(id)) + (ends ? rest() : '');
        const text = stop.push(piece) + (ends ? stop.end() : '');
        const last = ends || stop.stopped;
        unread = id;
        emitted.push(text);
        const finishReason = isEnd || stop.stopped ? 'stop' : limit;
        yield { id, text, index, seconds: (now - clock) / 1000, ...(last && { finishReason }) };
        clock = now;
        if (last) return;
        unread = undefined;
        if (index + ahead < decode.length) this.#announce([decode[index + ahead]]);
        hidden = await this.#run([id], signal);
      }
    } finally {
      const all = [...ids, ...generated];
      const said = stop.stopped ? this.#upTo(before + emitted.join(''), all, ids.length) : all;
      const shown = stop.stopped ? this.tokenizer.decode(said) : decoder.shown;
      this.#said = { ids: said, shown, before };
      // What is announced must be run before anything else: it reads the token with which the text
      // ended early.
      if (!only && unread !== undefined && this.#coming.length > 0) await this.#run([unread], signal);
    }
  }

  /** The tokens of a text that ends within `ids`; the first `least` of them are in it. */
  #upTo(text: string, ids: readonly number[], least: number): number[] {
    let count = ids.length;
    const isIn = () => text.startsWith(this.tokenizer.decode(ids.slice(0, count)));
    while (count > least && !isIn()) count--;
    const whole = ids.slice(0, count);
    const rest = text.slice(this.tokenizer.decode(whole).length);
    return rest === '' ? whole : [...whole, ...this.tokenizer.encodeNext(rest)];
  }

  #announce(steps: readonly AnnouncedStep[]): void {
    if (steps.length === 0) return;
    this.client.announce(steps);
    this.#coming.push(...steps);
  }

  #run(ids: readonly number[], signal?: AbortSignal): Promise<Float32Array> {
    this.#ran.push(this.#coming.shift()!);
    this.#held.push(...ids);
    return this.client.run(ids, signal);
  }
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && commonStart(a, b).length === a.length;
