/** Requests to a Hugging Face hub: what a model consists of, and the bytes of its files. */
import { setTimeout as wait } from 'node:timers/promises';
import { CometError } from '../../../core/errors.js';
import type { ListedFile, ModelName } from '../names.js';

const ATTEMPTS = 5;
/** Longest wait that a hub may ask for, in seconds. */
const LONGEST_WAIT = 60;

/** What a hub says of one state of a model. */
export interface ModelState {
  readonly commit: string;
  /** Anybody may read it. */
  readonly public: boolean;
  readonly license?: string;
  readonly files: readonly ListedFile[];
}

/** A hub as `HF_ENDPOINT` and `HF_TOKEN` say. */
export class Hub {
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #model: string;

  constructor(
    private readonly name: ModelName,
    private readonly signal?: AbortSignal,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.#url = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
    if (!URL.canParse(this.#url)) throw new CometError('E_ARGUMENT', 'HF_ENDPOINT is no URL');
    this.#token = env.HF_TOKEN || undefined;
    this.#model = `${name.owner}/${name.name}`;
  }

  /** @throws CometError as {@link request}, `E_FRAME` for an answer that cannot be read. */
  async state(): Promise<ModelState> {
    const { listFiles, modelInfo } = await import('@huggingface/hub');
    const where = { hubUrl: this.#url, fetch: this.#fetch };
    const { revision = 'main' } = this.name;
    const additionalFields: ('sha' | 'cardData')[] = ['sha', 'cardData'];
    const info = await this.#readable(modelInfo({ name: this.#model, revision, additionalFields, ...where }));
    if (!/^[0-9a-f]{40}$/.test(info.sha)) throw this.#unreadable();
    const files: ListedFile[] = [];
    const listing = listFiles({ repo: this.#model, revision: info.sha, ...where });
    await this.#readable(
      (async () => {
        for await (const { type, path, size, oid, lfs } of listing)
          if (type === 'file') files.push({ path, size, hash: lfs ? hash('sha256', lfs.oid) : hash('git', oid) });
      })(),
    );
    if (!files.every(({ size, hash: { hex } }) => Number.isSafeInteger(size) && HEX.test(hex)))
      throw this.#unreadable();
    const license: unknown = info.cardData?.license;
    return {
      commit: info.sha,
      public: !info.private && !info.gated,
      files,
      ...(typeof license === 'string' && { license }),
    };
  }

  /** The bytes of a file from an offset on; a server may send all of them instead (status 200). @throws CometError as {@link request}. */
  file(commit: string, path: string, from: number): Promise<Response> {
    const url = `${this.#url}/${this.#model}/resolve/${commit}/${encodeURIComponent(path)}`;
    // As it is: a part of a compressed file would be of no use.
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (from > 0) headers.range = `bytes=${from}-`;
    return this.request(url, { headers });
  }

  /**
   * Asks, and asks again where the hub says later.
   * @throws CometError `E_UNAUTHORIZED`, `E_ARGUMENT` where there is no such model, `E_LIMIT` where the hub asks to wait for too long,
   * `E_PEER_ABSENT`, `E_PEER_LOST`, `E_ABORTED`.
   */
  async request(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    // Where the file then lies, on another host, it is not sent: fetch drops it.
    if (this.#token) headers.set('authorization', `Bearer ${this.#token}`);
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(url, { ...init, headers, signal: this.signal }).catch((cause: Error) => {
        throw this.lost('E_PEER_ABSENT', `${new URL(this.#url).host} cannot be reached`, cause);
      });
      // 416: there is nothing after the offset.
      if (response.ok || response.status === 416) return response;
      await response.body?.cancel();
      const seconds = waitOf(response, attempt);
      if (seconds === undefined || seconds > LONGEST_WAIT || attempt === ATTEMPTS)
        throw this.#refusal(response.status, seconds);
      await wait(seconds * 1000, undefined, { signal: this.signal }).catch((cause: Error) => {
        throw this.lost('E_ABORTED', 'stopped', cause);
      });
    }
  }

  /** Whether the caller has stopped the work. */
  get stopped(): boolean {
    return this.signal?.aborted ?? false;
  }

  /** A failure of the link: `E_ABORTED` where the caller stopped it. */
  lost(code: 'E_PEER_ABSENT' | 'E_PEER_LOST' | 'E_ABORTED', what: string, cause: Error): CometError {
    if (this.stopped) return new CometError('E_ABORTED', 'stopped before the work was done', { cause });
    const reason = (cause.cause as NodeJS.ErrnoException | undefined)?.code ?? cause.message;
    return new CometError(code, `${what} (${reason}); what has come is kept, the same command goes on`, { cause });
  }

  readonly #fetch: typeof fetch = (url, init) => this.request(String(url), init);

  async #readable<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      throw cause instanceof CometError ? cause : this.#unreadable(cause);
    }
  }

  #unreadable(cause?: unknown): CometError {
    return new CometError('E_FRAME', `${new URL(this.#url).host} answered what no hub answers about ${this.#model}`, {
      cause,
    });
  }

  #refusal(status: number, seconds?: number): CometError {
    const { revision } = this.name;
    const what = `${this.#model}${revision === undefined ? '' : ` at ${revision}`}`;
    if (status === 401 || status === 403) {
      const how = this.#token ? 'HF_TOKEN may not read it' : 'it is not public: set HF_TOKEN';
      return new CometError('E_UNAUTHORIZED', `there is no ${what}, or ${how}`);
    }
    if (status === 404) return new CometError('E_ARGUMENT', `the hub has no ${what}`);
    if (status === 429) {
      const when = seconds === undefined ? 'later' : `in ${Math.ceil(seconds)} seconds`;
      return new CometError('E_LIMIT', `the hub takes no more requests now; run the command again ${when}`);
    }
    return new CometError('E_PEER_LOST', `the hub failed with status ${status}; run the command again later`);
  }
}

const HEX = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
const hash = (kind: 'sha256' | 'git', hex = ''): ListedFile['hash'] => ({ kind, hex });

/** Seconds until the hub may be asked again; undefined where asking again is no use. */
function waitOf({ status, headers }: Response, attempt: number): number | undefined {
  if (status !== 429 && status < 500) return undefined;
  const after = headers.get('retry-after');
  if (after === null) return 2 ** (attempt - 1);
  const seconds = /^\d+$/.test(after) ? Number(after) : (Date.parse(after) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(seconds, 0) : 2 ** (attempt - 1);
}
