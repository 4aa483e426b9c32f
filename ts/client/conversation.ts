/** Prompts in one session, one after the other, wherever the parties are. */
import { codeOf } from '../core/errors.js';
import { type Account, accountByFormula, type Generated, type Summary } from './account.js';
import { answered, planRequest } from './chat.js';
import type { Deployment } from './deployment.js';
import { contextEnds, noticesOf, type PromptEvent } from './events.js';
import {
  type Chat,
  type ParsedSession,
  parsePrompt,
  type PlannedPrompt,
  planSession,
  type PromptRequest,
} from './request.js';
import { Sampler } from './sampling.js';
import type { SessionMode } from './session-mode.js';
import { ClientSession } from './session.js';
import { type Begun, type FinishReason, TextSession, type Token } from './text-session.js';

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
  /** The text so far, where it is one of messages. */
  #chat?: Chat;

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

  /** Whether the model takes messages. */
  get hasChatTemplate(): boolean {
    return this.deployment.tokenizer.chat !== undefined;
  }

  /**
   * Continues a prompt or answers messages, token by token. With `continues` they are added to the
   * text so far; without it they count as a whole: give what was said before again where that is
   * part of them. Messages that have the answer so far word by word go on with its tokens. A
   * character that the last token leaves incomplete comes when the text goes on.
   * @returns what it took
   * @throws CometError E_ARGUMENT, E_PROMPT, E_LENGTH, E_UNSUPPORTED, E_CHECKPOINT before anything
   * is sent; E_PEER_LOST, E_RANGE, E_ABORTED and others end the conversation
   */
  async *generate(options: PromptOptions): AsyncGenerator<Token, Summary> {
    const { model, tokenizer } = this.deployment;
    const { shape, prefix } = model.plan;
    const before = { prefix, said: this.#text.said, chat: this.#chat };
    return yield* this.stream(await planRequest(parsePrompt(options), tokenizer, shape.context, before), options);
  }

  /** @internal Continues a prompt that is planned. */
  async *stream(prompt: PlannedPrompt, { signal, onEvent }: Listeners = {}): AsyncGenerator<Token, Summary> {
    if (prompt.shortened) onEvent?.(contextEnds(prompt.count));
    this.#tell(onEvent);
    const logits: Float32Array[] = [];
    const tokens: Token[] = [];
    let begun: Begun = { ids: prompt.ids, reused: 0 };
    const before = this.#text.steps.length;
    const generated = (finishReason: FinishReason): Generated => {
      const steps = { before: this.#text.steps.slice(0, before), own: this.#text.steps.slice(before) };
      const { sparse, modes, prefetch, keep } = this.client;
      const { budget, epochs } = this.mode;
      return { ...begun, tokens, logits, finishReason, steps, sparse, modes, prefetch, keep, budget, epochs };
    };
    let end: 'left' | 'reached' | 'aborted' | 'failed' = 'left';
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
      end = codeOf(error) === 'E_ABORTED' ? 'aborted' : 'failed';
      throw error;
    } finally {
      // What the caller left early or stopped is told of by formula: parties that stop are not asked for their counts.
      if (end === 'left' && !this.only) await this.#account.skip();
      if (end === 'left' || end === 'aborted')
        onEvent?.(await accountByFormula(this.deployment.model.plan).summarise(generated('abort')));
      if (end !== 'failed')
        this.#chat = prompt.chat && answered(prompt.chat, this.#text.answer, this.deployment.tokenizer);
    }
    const summary = await this.#account.summarise(generated(tokens.at(-1)!.finishReason!));
    onEvent?.(summary);
    return summary;
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
 * @returns what it took
 * @throws CometError as {@link Conversation}.
 */
export async function* generateAlone(
  deployment: Deployment,
  session: ParsedSession,
  prompt: PlannedPrompt,
  listeners: Listeners = {},
): AsyncGenerator<Token, Summary> {
  const conversation = await Conversation.open(deployment, session, { only: prompt, signal: listeners.signal });
  try {
    return yield* conversation.stream(prompt, listeners);
  } finally {
    conversation.end();
  }
}
