/**
 * A client of servers and a dealer elsewhere, in any runtime: loads its share once, then generates.
 */
import type { FileSource } from '../checkpoint/source.js';
import type { Tokenizer } from '../checkpoint/tokenizer.js';
import type { Limits } from '../core/limits.js';
import { loadKernels } from '../kernels/load.js';
import type { Dial } from '../net/gathering.js';
import { openSession } from '../net/open.js';
import type { Session } from '../net/session.js';
import type { ClientModel } from '../provision/client-model.js';
import { provisioningId } from '../provision/manifest.js';
import type { OnOutline } from '../provision/outline.js';
import { type Account, accountByFormula, type Summary } from './account.js';
import { planRequest } from './chat.js';
import { Conversation, generateAlone, type Listeners, type PromptOptions } from './conversation.js';
import type { Deployment } from './deployment.js';
import { parsePrompt, parseSession, type SessionRequest } from './request.js';
import { type ClientShare, readClientShare } from './share.js';
import type { Token } from './text-session.js';

/** A generation in a session of its own. */
export interface Request extends PromptOptions, SessionRequest {}

export class RemoteClient implements Deployment {
  readonly local = false;

  private constructor(
    private readonly share: ClientShare,
    private readonly channel: Dial,
    private readonly limits?: Limits,
  ) {}

  /**
   * Loads the kernels and the client's share; connects to nobody yet.
   * @param onOutline hears of the model before its tables are read, and throws where that would be
   * in vain
   * @throws CometError E_PROVISIONING, E_VERSION, E_CHECKPOINT, E_IO, E_UNSUPPORTED.
   */
  static async load(share: FileSource, channel: Dial, limits?: Limits, onOutline?: OnOutline): Promise<RemoteClient> {
    return new RemoteClient(await readClientShare(await loadKernels(), share, onOutline), channel, limits);
  }

  get model(): ClientModel {
    return this.share.model;
  }

  get tokenizer(): Tokenizer {
    return this.share.tokenizer;
  }

  get frameBytes(): number | undefined {
    return this.limits?.frameBytes;
  }

  account(): Account {
    return accountByFormula(this.model.plan);
  }

  /**
   * Opens a session.
   * @throws CometError E_PEER_ABSENT, E_PROVISIONING, E_UNAUTHORIZED, E_LIMIT, E_ABORTED ...
   */
  open(signal?: AbortSignal): Promise<Session> {
    const { channel, limits } = this;
    return openSession({ role: 'client', provisioning: provisioningId(this.share.manifest), limits, channel, signal });
  }

  /** Nothing of it runs on this machine. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * Generates in a session of its own, token by token, and ends it.
   * @returns what it took
   * @throws CometError E_ARGUMENT, E_UNSUPPORTED, E_CHECKPOINT, E_PROMPT, E_LENGTH, E_PEER_LOST, E_RANGE, E_ABORTED, and as
   * {@link RemoteClient.open}.
   */
  async *generate(request: Request): AsyncGenerator<Token, Summary> {
    const session = parseSession(request);
    const { shape, prefix } = this.model.plan;
    const prompt = await planRequest(parsePrompt(request), this.tokenizer, shape.context, { prefix });
    return yield* generateAlone(this, session, prompt, request);
  }

  /**
   * Opens a session for several prompts: what a prompt has in common with the text before, from its
   * first token on, is not computed again. End it with {@link Conversation.end}.
   * @throws CometError as {@link RemoteClient.open}, E_ARGUMENT for modes that the model has not.
   */
  async converse(request: SessionRequest & Pick<Listeners, 'signal'> = {}): Promise<Conversation> {
    return Conversation.open(this, parseSession(request), { signal: request.signal });
  }
}
