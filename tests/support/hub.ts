/** A local server that speaks as much of a Hugging Face hub's API as fetching a model needs, and another host where large files lie. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A model on the hub. */
export interface HubModel {
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly private?: boolean;
  readonly license?: string;
  /** Branches and tags; `main` is always there. */
  readonly tags?: readonly string[];
}

/** The only token that reads private models. */
export const TOKEN = 'hf_a_token_of_tests';

const PAGE = 3;
const isLarge = (path: string): boolean => /\.(safetensors|bin|gguf|onnx)$/.test(path);
const sha = (kind: 'sha1' | 'sha256', ...parts: (string | Uint8Array)[]): string => {
  const hash = createHash(kind);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** The commit of a model's only state. */
export const commitOf = (name: string): string => sha('sha1', name);

/** What a test may change in the answers. */
export interface Faults {
  /** Answers to every request with this status, so many times. */
  status?: { code: number; times: number; retryAfter?: string };
  /** Breaks the link after so many bytes of a large file, so many times. */
  cut?: { after: number; times: number };
  /** Sends other bytes of large files than those that are listed. */
  wrong?: boolean;
  /** Sends large files from their beginning, whatever was asked for. */
  noRanges?: boolean;
}

/** A running hub. */
export class LocalHub {
  readonly requests: { path: string; range?: string; authorization?: string; host: 'hub' | 'store' }[] = [];
  faults: Faults = {};

  private constructor(
    private readonly models: Readonly<Record<string, HubModel>>,
    private readonly hub: Server,
    private readonly store: Server,
  ) {
    hub.on('request', (request: IncomingMessage, response: ServerResponse) => this.#answer('hub', request, response));
    store.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#answer('store', request, response),
    );
  }

  static async start(models: Readonly<Record<string, HubModel>>): Promise<LocalHub> {
    const servers = [createServer(), createServer()];
    for (const server of servers) await once(server.listen(0, '127.0.0.1'), 'listening');
    return new LocalHub(models, servers[0], servers[1]);
  }

  get url(): string {
    return urlOf(this.hub);
  }

  /** Files that were asked for at the hub, in order. */
  get resolved(): string[] {
    return this.requests.flatMap(({ path, host }) =>
      host === 'hub' && path.includes('/resolve/') ? [path.split('/').at(-1)!] : [],
    );
  }

  async stop(): Promise<void> {
    for (const server of [this.hub, this.store]) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }

  #answer(host: 'hub' | 'store', request: IncomingMessage, response: ServerResponse): void {
    const { pathname: path, searchParams } = new URL(request.url!, 'http://hub');
    const { range, authorization } = request.headers;
    this.requests.push({ path, range, authorization, host });
    const { status } = this.faults;
    if (status && status.times-- > 0)
      return void response.writeHead(status.code, status.retryAfter ? { 'retry-after': status.retryAfter } : {}).end();
    if (host === 'store') return this.#large(decodeURIComponent(path.slice(1)), range, response);
    const [, name, kind, revision, file] =
      /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)$/.exec(path) ??
      /^\/([^/]+\/[^/]+)\/(resolve)\/([^/]+)\/(.+)$/.exec(path) ??
      [];
    const model = this.models[name];
    const known = model && ['main', commitOf(name), ...(model.tags ?? [])].includes(decodeURIComponent(revision));
    // A hub does not tell strangers what there is.
    if (authorization !== `Bearer ${TOKEN}` && (!model || model.private)) return void response.writeHead(401).end();
    if (!known) return void response.writeHead(404).end();
    if (kind === 'revision') return json(response, infoOf(name, model));
    if (kind === 'tree') return this.#tree(name, model, Number(searchParams.get('cursor') ?? 0), response);
    if (!Object.hasOwn(model.files, file)) return void response.writeHead(404).end();
    if (isLarge(file))
      return void response
        .writeHead(302, { location: `${urlOf(this.store)}/${encodeURIComponent(`${name}/${file}`)}` })
        .end();
    send(response, model.files[file], range);
  }

  #tree(name: string, { files }: HubModel, from: number, response: ServerResponse): void {
    const all = Object.entries(files).map(([path, content]) => ({
      type: 'file',
      path,
      size: content.length,
      oid: sha('sha1', `blob ${content.length}\0`, content),
      ...(isLarge(path) && { lfs: { oid: sha('sha256', content), size: content.length, pointerSize: 134 } }),
    }));
    const next = `<${this.url}/api/models/${name}/tree/${commitOf(name)}?cursor=${from + PAGE}>; rel="next"`;
    if (from + PAGE < all.length) response.setHeader('link', next);
    json(response, [
      ...all.slice(from, from + PAGE),
      ...(from === 0 ? [{ type: 'directory', path: 'onnx', size: 0, oid: '' }] : []),
    ]);
  }

  #large(path: string, range: string | undefined, response: ServerResponse): void {
    const [owner, name, file] = path.split('/');
    const content = this.models[`${owner}/${name}`].files[file];
    const { cut, wrong, noRanges } = this.faults;
    const bytes = wrong ? content.map((byte) => byte ^ 1) : content;
    if (cut && cut.times-- > 0) return send(response, bytes, noRanges ? undefined : range, cut.after);
    send(response, bytes, noRanges ? undefined : range);
  }
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const infoOf = (name: string, model: HubModel): object => ({
  _id: '1',
  id: name,
  sha: commitOf(name),
  private: model.private ?? false,
  gated: false,
  downloads: 0,
  likes: 0,
  lastModified: '2026-01-01T00:00:00.000Z',
  ...(model.license && { cardData: { license: model.license } }),
});

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

/** A range of some bytes, or all; broken off after some. */
function send(response: ServerResponse, bytes: Uint8Array, range?: string, after?: number): void {
  const from = range ? Number(/^bytes=(\d+)-/.exec(range)![1]) : 0;
  const part = bytes.subarray(from);
  response.writeHead(range ? 206 : 200, {
    'content-length': part.length,
    etag: `"${sha('sha256', bytes)}"`,
    ...(range && { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
  });
  if (after === undefined || after >= part.length) response.end(part);
  else response.write(part.subarray(0, after), () => setTimeout(() => response.destroy(), 50));
}
