/** Fetches a model of a hub: into Hugging Face's cache, or into a folder; whole, or not to be found. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CometError } from '../../../core/errors.js';
import { exists, ioErrors } from '../../node/draft.js';
import { INDEX, type ListedFile, type ModelName, neededFiles, partsOf } from '../names.js';
import { linkBlob, modelCache, writeRef } from './cache.js';
import { download } from './download.js';
import { Hub, type ModelState } from './hub.js';

/** How a model is fetched. */
export interface PullOptions {
  /** The folder to make; the cache unless given. */
  readonly out?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** What was fetched. */
export interface PullReport {
  /** `OWNER/NAME`. */
  readonly model: string;
  readonly commit: string;
  /** The model's folder. */
  readonly path: string;
  readonly files: readonly string[];
  /** Of all files; those that were there already are among them. */
  readonly bytes: number;
  /** As the model's card names it. */
  readonly license?: string;
}

/** Where files go while a model is fetched. */
interface Place {
  /** Where the content of a file lies. */
  readonly pathOf: (file: ListedFile) => string;
  /** Makes the whole model visible. @returns its folder. */
  readonly finish: (files: readonly ListedFile[]) => Promise<string>;
}

/**
 * Fetches the files that running a model needs. What breaks off goes on with the next call.
 * @throws CometError `E_UNAUTHORIZED`, `E_ARGUMENT`, `E_LIMIT`, `E_PEER_ABSENT`, `E_PEER_LOST`, `E_FRAME`, `E_UNSUPPORTED` for another format,
 * `E_CHECKPOINT` for another hash, `E_IO`, `E_ABORTED`.
 */
export async function pullFromHub(name: ModelName, options: PullOptions): Promise<PullReport> {
  const { out, signal } = options;
  const model = `${name.owner}/${name.name}`;
  if (out !== undefined && (await ioErrors(out, () => exists(resolve(out)))))
    throw new CometError('E_IO', `${out} exists already; choose another --out`);
  const hub = new Hub(name, signal);
  const state = await hub.state();
  return ioErrors(out ?? modelCache(name), async () => {
    const place = out === undefined ? cachePlace(name, state) : folderPlace(out, model, state);
    const first = neededFiles(state.files, model);
    const index = first.find(({ path }) => path === INDEX);
    if (index) await fetchAll(hub, state, place, [index], options);
    const parts = index ? partsOf(await readFile(place.pathOf(index), 'utf8'), state.files, model) : [];
    const files = [...first, ...parts];
    await fetchAll(hub, state, place, files, options);
    const path = await place.finish(files);
    const bytes = files.reduce((sum, { size }) => sum + size, 0);
    const { commit, license } = state;
    return { model, commit, path, files: files.map((file) => file.path), bytes, ...(license && { license }) };
  });
}

async function fetchAll(
  hub: Hub,
  { commit }: ModelState,
  place: Place,
  files: readonly ListedFile[],
  { onProgress }: PullOptions,
): Promise<void> {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const file of files) {
    const path = place.pathOf(file);
    await mkdir(dirname(path), { recursive: true });
    const start = before;
    const onBytes = (done: number): void => onProgress?.('fetching', start + done, total);
    if (await isThere(path, file)) onBytes(file.size);
    else await download({ hub, commit, file, path, onBytes });
    before += file.size;
  }
}

/** A file has its name only when its hash was right. */
const isThere = (path: string, { size }: ListedFile): Promise<boolean> =>
  stat(path).then(
    (found) => found.size === size,
    () => false,
  );

function cachePlace(name: ModelName, { commit }: ModelState): Place {
  const cached = modelCache(name);
  return {
    pathOf: ({ hash }) => join(cached, 'blobs', hash.hex),
    finish: async (files) => {
      for (const { path, hash } of files) await linkBlob(cached, hash.hex, commit, path);
      await writeRef(cached, name.revision ?? 'main', commit);
      return join(cached, 'snapshots', commit);
    },
  };
}

function folderPlace(out: string, model: string, { commit, license, public: open }: ModelState): Place {
  // Of one commit only: files of two are no model.
  const draft = `${resolve(out)}.partial-${commit.slice(0, 12)}`;
  return {
    pathOf: ({ path }) => join(draft, path),
    finish: async () => {
      const origin = { ...(open && { weights: 'public' }), source: { format: 'hub', model, commit }, license };
      await writeFile(join(draft, 'comet.json'), `${JSON.stringify(origin, undefined, 2)}\n`);
      await rename(draft, resolve(out));
      return out;
    },
  };
}
