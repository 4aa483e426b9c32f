/** Prompts in one session, one after the other, wherever the parties are. */
import type { Account } from './account.js';
import type { Deployment } from './deployment.js';
import { contextEnds, noticesOf, type PromptEvent } from './events.js';
import {
  type ParsedSession,
  parsePrompt,
  type PlannedPrompt,
  planPrompt,
  planSession,
  type PromptRequest,
} from './request.js';
import { Sampler } from './sampling.js';
import type { SessionMode } from './session-mode.js';
import { ClientSession } from './session.js';
import { type Begun, TextSession, type Token } from './text-session.js';

/** Who hears of a prompt, and who may stop it. */
export interface Listeners {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: PromptEvent) => void;
}

/** One prompt of a conversation. */
export interface PromptOptions extends PromptRequest, Listeners {}

/** How a conversation is opened. */
interface OpenOptions {
  /**
   * The only prompt that it will have: all its steps are announced at once, and the dealer runs
   * ahead of them.
   */
  readonly only?: PlannedPrompt;
  readonly signal?: AbortSignal;
}

/**
 * An open session. Every prompt that begins as the text before costs only what follows; see {@link
 * TextSession}.
 */
export class Conversation {
  readonly #text: TextSession;
  readonly #account: Account;
  #told = false;

  private constructor(
    private readonly deployment: Deployment,
    private readonly client: ClientSession,
    private readonly session: ParsedSession,
    private readonly mode: SessionMode,
    private readonly only: boolean,
  ) {
    this.#text = new TextSession(client, deployment.tokenizer, deployment.model.plan);
    this.#account = deployment.account();
  }

  /**
   * @internal Opens a session. What cannot be met disturbs nobody.
   * @throws CometError E_ARGUMENT, E_UNSUPPORTED, E_LIMIT as `planSession` has it, and as opening
   * does
   */
  static async open(deployment: Deployment, session: ParsedSession, options: OpenOptions = {}): Promise<Conversation> {
    const { model, local, frameBytes } = deployment;
    const { only, signal } = options;
    const positions = only ? only.ids.length + only.count : model.plan.shape.context;
    const mode = planSession(session, model.plan, { positions, local });
    const client = ClientSession.over(model, await deployment.open(signal), mode, frameBytes);
    return new Conversation(deployment, client, session, mode, only !== undefined);
  }

  /**
   * Continues a prompt, token by token. With `continues` it is added to the text so far; without it
   * its text counts as a whole: give what was said before again where that is part of it. A
   * character that the last token leaves incomplete comes when the text goes on.
   * @throws CometError E_ARGUMENT, E_PROMPT, E_LENGTH before anything is sent; E_PEER_LOST,
   * E_RANGE, E_ABORTED and others end the conversation
   */
  async *generate(options: PromptOptions): AsyncGenerator<Token, void> {
    const { model, tokenizer } = this.deployment;
    const { shape, prefix } = model.plan;
    const before = { prefix, said: this.#text.said };
    yield* this.stream(planPrompt(parsePrompt(options), tokenizer, shape.context, before), options);
  }

  /** @internal Continues a prompt that is planned. */
  async *stream(prompt: PlannedPrompt, { signal, onEvent }: Listeners = {}): AsyncGenerator<Token, void> {
    if (prompt.shortened) onEvent?.(contextEnds(prompt.count));
    this.#tell(onEvent);
    const logits: Float32Array[] = [];
    const tokens: Token[] = [];
    let begun: Begun = { ids: [], reused: 0 };
    const before = this.#text.steps.length;
    let end: 'left' | 'reached' | 'failed' = 'left';
    try {
      for await (const token of this.#text.generate(
        prompt,
        new Sampler(this.deployment.model.kernels, prompt.sampling),
        {
          only: this.only,
          signal,
          onLogits: (row) => logits.push(row),
          onBegin: (told) => (begun = told),
          onRead: (done, total) => onEvent?.({ type: 'reading', done, total }),
        },
      )) {
        tokens.push(token);
        yield token;
      }
      end = 'reached';
    } catch (error) {
      end = 'failed';
      throw error;
    } finally {
      // A text that the caller leaves early is none of the next one's.
      if (end === 'left' && !this.only) await this.#account.skip();
    }
    const steps = { before: this.#text.steps.slice(0, before), own: this.#text.steps.slice(before) };
    const { sparse, modes, prefetch, keep } = this.client;
    const { budget, epochs } = this.mode;
    const how = { sparse, modes, prefetch, keep, budget, epochs };
    onEvent?.(await this.#account.summarise({ ...begun, tokens, logits, steps, ...how }));
  }

  /** Ends the session and leaves the parties as they are. */
  end(): void {
    this.#text.end();
  }

  /** Ends the session, and the parties where they run on this machine. */
  async close(): Promise<void> {
    this.end();
    await this.deployment.close();
  }

  /** Once, before the first prompt. */
  #tell(onEvent: Listeners['onEvent']): void {
    if (this.#told || !this.client.sparse) return;
    this.#told = true;
    for (const notice of noticesOf(this.session.rules, this.deployment.local)) onEvent?.(notice);
  }
}

/**
 * Continues the only prompt of a session, which ends with it.
 * @throws CometError as {@link Conversation}.
 */
export async function* generateAlone(
  deployment: Deployment,
  session: ParsedSession,
  prompt: PlannedPrompt,
  listeners: Listeners = {},
): AsyncGenerator<Token, void> {
  const conversation = await Conversation.open(deployment, session, { only: prompt, signal: listeners.signal });
  try {
    yield* conversation.stream(prompt, listeners);
  } finally {
    conversation.end();
  }
}
