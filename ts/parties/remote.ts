/** A client of servers and a dealer elsewhere, in any runtime: loads its share once, then generates. */
import type { Limits } from '../core/limits.js';
import { epochPolicy } from '../epoch/schedule.js';
import { cacheRules, generateOver, planRequest, type Request, type Token } from '../generate.js';
import { loadKernels } from '../kernels/load.js';
import { Sampler } from '../model/sampling.js';
import type { FileSource } from '../model/source.js';
import type { Tokenizer } from '../model/tokenizer.js';
import type { Dial } from '../net/gathering.js';
import { openSession } from '../net/open.js';
import type { Session } from '../net/session.js';
import { type ClientModel, ClientSession } from './client.js';
import { type ClientShare, readClientShare } from './client-share.js';
import { provisioningId } from '../provision/manifest.js';

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
    const { ids, count } = planRequest(request, tokenizer, model.plan.shape.context);
    const rules = cacheRules(model.plan, request, ids.length + count);
    const session = opened ?? (await this.open(request.signal));
    try {
      const client = ClientSession.over(
        model,
        session,
        { ...request, ...rules, epochs: epochPolicy(request) },
        this.limits?.frameBytes,
      );
      yield* generateOver(client, tokenizer, sampler, request, model.plan);
    } catch (error) {
      session.close(error);
      throw error;
    } finally {
      session.close();
    }
  }
}
