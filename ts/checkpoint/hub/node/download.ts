/** One file of a hub onto disk: what was there of it is kept, and the whole is checked by its hash before it gets its name. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { CometError } from '../../../core/errors.js';
import type { ListedFile } from '../names.js';
import type { Hub } from './hub.js';

/** How often a link may break without a byte between. */
const ATTEMPTS = 5;

/** A file to fetch. */
export interface Download {
  readonly hub: Hub;
  readonly commit: string;
  readonly file: ListedFile;
  /** Where it goes; until it is whole, with `.incomplete` after its name. */
  readonly path: string;
  /** Bytes of the file that are there. */
  readonly onBytes?: (done: number) => void;
}

/** @throws CometError as {@link Hub.request}; `E_PEER_LOST` when it breaks off again and again, `E_CHECKPOINT` for another hash. */
export async function download({ hub, commit, file, path, onBytes }: Download): Promise<void> {
  const draft = `${path}.incomplete`;
  const part = await Part.open(draft, file);
  try {
    for (let attempt = 1; part.length < file.size;) {
      const before = part.length;
      const broken = await fetchRest(hub, commit, file, part, onBytes);
      if (!broken) continue;
      attempt = part.length > before ? 1 : attempt + 1;
      if (attempt > ATTEMPTS) throw hub.lost('E_PEER_LOST', `${file.path} broke off`, broken);
    }
  } finally {
    await part.close();
  }
  if (!part.isWhole()) {
    await rm(draft);
    throw new CometError('E_CHECKPOINT', `${file.path} came with another hash than the hub lists; pull it again`);
  }
  onBytes?.(file.size);
  await rename(draft, path);
}

/** Asks for what is missing and takes what comes. @returns why it ended early, if it did. */
async function fetchRest(
  hub: Hub,
  commit: string,
  file: ListedFile,
  part: Part,
  onBytes?: (done: number) => void,
): Promise<Error | undefined> {
  const response = await hub.file(commit, file.path, part.length);
  const from = Number(/^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1]);
  if (part.length > 0 && !(response.status === 206 && from === part.length)) await part.restart();
  if (response.status === 416 || !response.body) return new Error(`status ${response.status}`);
  const reader = response.body.getReader();
  while (part.length < file.size) {
    let broken: Error | undefined;
    const piece = await reader.read().catch((cause: Error) => void (broken = cause));
    if (!piece || piece.done) {
      const ended = broken ?? new Error(`after ${part.length} of ${file.size} bytes`);
      if (hub.stopped) throw hub.lost('E_PEER_LOST', file.path, ended);
      return ended;
    }
    await part.append(piece.value.subarray(0, file.size - part.length));
    onBytes?.(part.length);
  }
  await reader.cancel().catch(() => {});
  return undefined;
}

/** The beginning of a file, on disk and hashed. */
class Part {
  length = 0;
  #hash: Hash;

  private constructor(
    private readonly handle: FileHandle,
    private readonly file: ListedFile,
  ) {
    this.#hash = newHash(file);
  }

  /** Takes up what an earlier call left. */
  static async open(path: string, file: ListedFile): Promise<Part> {
    const part = new Part(await open(path, 'a+'), file);
    const { size } = await part.handle.stat();
    if (size > file.size) await part.restart();
    else {
      for await (const piece of createReadStream(path)) part.#hash.update(piece as Uint8Array);
      part.length = size;
    }
    return part;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.handle.appendFile(bytes);
    this.#hash.update(bytes);
    this.length += bytes.length;
  }

  async restart(): Promise<void> {
    await this.handle.truncate(0);
    this.#hash = newHash(this.file);
    this.length = 0;
  }

  isWhole(): boolean {
    return this.#hash.digest('hex') === this.file.hash.hex;
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

/** Git hashes a head with the size before the content. */
const newHash = ({ size, hash: { kind } }: ListedFile): Hash =>
  kind === 'sha256' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
