/** Several prompts in one session, wherever the parties are; {@link generate} is one with one prompt. */
import { checkRules } from '../client/mode-rules.js';
import { checkSampling, Sampler } from '../client/sampling.js';
import { ClientSession } from '../client/session.js';
import { checkStops } from '../client/stopping.js';
import {
  type Begun,
  cacheRules,
  planRequest,
  type PromptRequest,
  type SessionRequest,
  TextSession,
  type Token,
} from '../client/text-session.js';
import { type EpochPolicy, epochPolicy } from '../plan/epoch.js';
import { checkArguments } from './arguments.js';
import type { Deployment } from './deployment.js';
import { countedBy, summarise, type Summary, type Totals } from './summary.js';

/** What happens beside the tokens of a prompt. */
export type PromptEvent =
  | { readonly type: 'warning'; readonly message: string }
  /** What the servers and the dealer see of a sparse session beyond lengths. */
  | { readonly type: 'leakage'; readonly message: string }
  /** What is waited for. */
  | { readonly type: 'notice'; readonly message: string }
  /** Before the first token: how many of the prompt's tokens are computed, of those that must be. */
  | { readonly type: 'reading'; readonly done: number; readonly total: number }
  | Summary;

/** One prompt of a conversation. */
export interface PromptOptions extends Omit<PromptRequest, 'onLogits'> {
  readonly onEvent?: (event: PromptEvent) => void;
}

const SPARSE =
  'sparse: both servers and the dealer see which neurons and heads each token computes, in a secret order; who knows the weights can tell the text from that (docs/attacks.md). --dense shows lengths only';

const PADDED =
  'sparse, padded: both servers and the dealer see a set of neurons for each token, the active ones among others by chance, in a secret order; a known text tells an operator which are which, in the same epoch (docs/attacks.md). --dense shows lengths only';

const SHARED_EPOCH =
  'this session begins in the order in which the owner masked the model: servers and dealer can match its neurons and heads with those of ' +
  'every other session that does, and one of them that is also a client can learn from its own text which is which (docs/epochs.md)';

const OWN_ORDER =
  "first the parties put the weights into an order of this session's own, which takes some seconds; --shared-epoch begins at once (docs/epochs.md)";

/** An open session. Every prompt that begins as the text before costs only what follows; see {@link TextSession}. */
export class Conversation {
  readonly #text: TextSession;
  readonly #epochs: EpochPolicy;
  /** What the parties had counted when the last prompt was done. */
  #counted?: Totals;
  #told = false;

  private constructor(
    private readonly deployment: Deployment,
    private readonly client: ClientSession,
    private readonly session: SessionRequest,
    epochs: EpochPolicy,
    /** Whether this is the only prompt: the dealer then runs ahead of all its tokens. */
    private readonly only: boolean,
  ) {
    this.#text = new TextSession(client, deployment.tokenizer, deployment.model.plan);
    this.#epochs = epochs;
  }

  /**
   * @internal Opens a session; caches may keep what so many `positions` need, all of the context unless given.
   * @throws CometError E_ARGUMENT for a mode that the model has not, and as opening does.
   */
  static async open(
    deployment: Deployment,
    session: SessionRequest & { readonly signal?: AbortSignal },
    only = false,
    positions = deployment.model.plan.shape.context,
  ): Promise<Conversation> {
    const { model, frameBytes, embedded } = deployment;
    checkRules(model.plan, session); // what cannot be met disturbs nobody
    const rules = cacheRules(model.plan, session, positions, embedded !== undefined);
    const epochs = epochPolicy(session, embedded !== undefined);
    const opened = await deployment.open(session.signal);
    const client = ClientSession.over(model, opened, { ...session, ...rules, epochs }, frameBytes);
    return new Conversation(deployment, client, session, epochs, only);
  }

  /**
   * Continues a prompt, token by token. Its text counts as a whole: give what was said before again where that is part of it.
   * @throws CometError E_ARGUMENT, E_PROMPT, E_LENGTH before anything is sent; E_PEER_LOST, E_RANGE, E_ABORTED and others end the conversation
   */
  async *generate(options: PromptOptions): AsyncGenerator<Token, void> {
    checkArguments('prompt', options);
    checkSampling(options);
    checkStops(options.stop ?? []);
    const { model, tokenizer } = this.deployment;
    const { onEvent } = options;
    const { count } = planRequest(options, tokenizer, model.plan.shape.context, model.plan.prefix);
    if (options.maxTokens !== undefined && count < options.maxTokens) {
      const message = `the model's context ends after ${count} ${count === 1 ? 'token' : 'tokens'}`;
      onEvent?.({ type: 'warning', message });
    }
    this.#tell(onEvent);
    const logits: Float32Array[] = [];
    const tokens: Token[] = [];
    let begun: Begun = { ids: [], reused: 0 };
    const before = this.#text.steps.length;
    let end: 'left' | 'reached' | 'failed' = 'left';
    try {
      for await (const token of this.#text.generate(
        { ...options, onLogits: (row) => logits.push(row) },
        new Sampler(model.kernels, options),
        {
          only: this.only,
          onBegin: (prompt) => (begun = prompt),
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
      if (end === 'left' && !this.only) this.#counted = await countedBy(this.deployment);
    }
    const { sparse, modes, prefetch, keep } = this.client;
    const { budget } = this.session;
    const steps = { before: this.#text.steps.slice(0, before), own: this.#text.steps.slice(before) };
    const cache = { prefetch, keep };
    const generated = { ...begun, tokens, logits, steps, sparse, modes, budget, ...cache, epochs: this.#epochs };
    const { summary, totals } = await summarise(this.deployment, generated, this.#counted);
    this.#counted = totals;
    onEvent?.(summary);
  }

  /** @internal Ends the session and leaves the parties as they are. */
  end(): void {
    this.#text.end();
  }

  /** Ends the session, and the parties where they run on this machine. */
  async close(): Promise<void> {
    this.end();
    await this.deployment.close();
  }

  /** Once, before the first prompt. */
  #tell(onEvent: PromptOptions['onEvent']): void {
    if (this.#told || !this.client.sparse) return;
    this.#told = true;
    onEvent?.({ type: 'leakage', message: this.session.budget ? PADDED : SPARSE });
    if (this.deployment.embedded) return;
    const { sharedEpoch } = this.session;
    onEvent?.(sharedEpoch ? { type: 'warning', message: SHARED_EPOCH } : { type: 'notice', message: OWN_ORDER });
  }
}
