/** A client of servers and a dealer elsewhere, in any runtime: loads its share once, then generates. */
import type { FileSource } from '../checkpoint/source.js';
import type { Tokenizer } from '../checkpoint/tokenizer.js';
import type { Limits } from '../core/limits.js';
import { loadKernels } from '../kernels/load.js';
import type { Dial } from '../net/gathering.js';
import { openSession } from '../net/open.js';
import type { Session } from '../net/session.js';
import { epochPolicy } from '../plan/epoch.js';
import { type ClientModel } from '../provision/client-model.js';
import { provisioningId } from '../provision/manifest.js';
import { checkRules } from './mode-rules.js';
import { Sampler } from './sampling.js';
import { ClientSession } from './session.js';
import { type ClientShare, readClientShare } from './share.js';
import {
  type Begun,
  cacheRules,
  planRequest,
  type PromptRequest,
  type Request,
  type SessionRequest,
  TextSession,
  type Token,
} from './text-session.js';

export class RemoteClient {
  private constructor(
    private readonly share: ClientShare,
    private readonly channel: Dial,
    private readonly limits?: Limits,
  ) {}

  /**
   * Loads the kernels and the client's share; connects to nobody yet.
   * @throws CometError E_PROVISIONING, E_VERSION, E_CHECKPOINT, E_IO, E_UNSUPPORTED.
   */
  static async load(share: FileSource, channel: Dial, limits?: Limits): Promise<RemoteClient> {
    return new RemoteClient(await readClientShare(await loadKernels(), share), channel, limits);
  }

  get model(): ClientModel {
    return this.share.model;
  }

  get tokenizer(): Tokenizer {
    return this.share.tokenizer;
  }

  /** Opens a session. @throws CometError E_PEER_ABSENT, E_PROVISIONING, E_UNAUTHORIZED, E_LIMIT, E_ABORTED ... */
  open(signal?: AbortSignal): Promise<Session> {
    const { channel, limits } = this;
    return openSession({ role: 'client', provisioning: provisioningId(this.share.manifest), limits, channel, signal });
  }

  /**
   * Generates in a session of its own, token by token, and ends it.
   * @throws CometError E_ARGUMENT, E_PROMPT, E_LENGTH, E_PEER_LOST, E_RANGE, E_ABORTED, and as {@link RemoteClient.open}.
   */
  async *generate(request: Request, opened?: Session): AsyncGenerator<Token, void> {
    const { model, tokenizer } = this;
    const sampler = new Sampler(model.kernels, request);
    // A request that cannot be met disturbs nobody.
    checkRules(model.plan, request);
    const { ids, count } = planRequest(request, tokenizer, model.plan.shape.context, model.plan.prefix);
    const rules = cacheRules(model.plan, request, ids.length + count);
    const session = opened ?? (await this.open(request.signal));
    try {
      yield* this.#textOver(session, request, rules).generate(request, sampler, { only: true });
    } catch (error) {
      session.close(error);
      throw error;
    } finally {
      session.close();
    }
  }

  /**
   * Opens a session for several prompts: what a prompt has in common with the text before, from its first token on, is not computed again.
   * End it with {@link RemoteConversation.end}.
   * @throws CometError as {@link RemoteClient.open}, E_ARGUMENT for modes that the model has not.
   */
  async converse(request: SessionRequest & { readonly signal?: AbortSignal } = {}): Promise<RemoteConversation> {
    checkRules(this.model.plan, request);
    const rules = cacheRules(this.model.plan, request, this.model.plan.shape.context);
    const text = this.#textOver(await this.open(request.signal), request, rules);
    return {
      generate: (prompt, onBegin) => text.generate(prompt, new Sampler(this.model.kernels, prompt), { onBegin }),
      end: () => text.end(),
    };
  }

  #textOver(session: Session, request: SessionRequest, rules: ReturnType<typeof cacheRules>): TextSession {
    const { model, tokenizer, limits } = this;
    const mode = { ...request, ...rules, epochs: epochPolicy(request) };
    return new TextSession(ClientSession.over(model, session, mode, limits?.frameBytes), tokenizer, model.plan);
  }
}

/** Prompts in one session. */
export interface RemoteConversation {
  /**
   * Continues a prompt, one at a time; `onBegin` hears how many of its tokens are not computed again.
   * @throws CometError as {@link TextSession.generate}, E_ARGUMENT for wrong ways to choose tokens.
   */
  generate(prompt: PromptRequest, onBegin?: (begun: Begun) => void): AsyncGenerator<Token, void>;
  /** Ends the session in good order. */
  end(): void;
}
