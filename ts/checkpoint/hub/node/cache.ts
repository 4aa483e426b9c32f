/** Hugging Face's cache on disk, as its own libraries lay it out: `models--OWNER--NAME` with `blobs`, `snapshots` and `refs`. */
import { lstat, mkdir, readdir, readFile, rename, rm, stat, symlink, copyFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CometError } from '../../../core/errors.js';
import { ioErrors } from '../../node/draft.js';
import { type ModelName, parseModelName } from '../names.js';

/** Where the cache is: `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, `HF_HOME/hub`, or below the user's folder of caches. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const caches = env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return env.HF_HUB_CACHE ?? env.HUGGINGFACE_HUB_CACHE ?? join(env.HF_HOME ?? join(caches, 'huggingface'), 'hub');
}

/** A model's folder in the cache. */
export const modelCache = ({ owner, name }: ModelName): string => join(cacheFolder(), `models--${owner}--${name}`);

/**
 * The folder of a model: a folder's path as it is, `OWNER/NAME` or `OWNER/NAME@REVISION` from the cache. No request is made.
 * @throws CometError `E_CHECKPOINT` when it is neither.
 */
export async function findModel(model: string): Promise<string> {
  const name = parseModelName(model);
  // A folder that exists is meant before a name that looks like it.
  if (!name || (await isFolder(model))) return model;
  const cached = modelCache(name);
  const revision = name.revision ?? 'main';
  for (const commit of [await readRef(cached, revision), revision, await onlySnapshot(cached, name)]) {
    const folder = commit && join(cached, 'snapshots', commit);
    if (folder && (await isFolder(folder))) return folder;
  }
  throw new CometError(
    'E_CHECKPOINT',
    `there is no folder ${model}, and no such model in the cache: "comet model pull"`,
  );
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const readRef = (cached: string, revision: string): Promise<string | undefined> =>
  readFile(join(cached, 'refs', revision), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );

/** The state that is there, where no other is and none was named. */
async function onlySnapshot(cached: string, { revision }: ModelName): Promise<string | undefined> {
  if (revision !== undefined) return undefined;
  const all = await readdir(join(cached, 'snapshots')).catch(() => []);
  return all.length === 1 ? all[0] : undefined;
}

/** Puts a blob of the cache where a snapshot has a file. */
export async function linkBlob(cached: string, blob: string, commit: string, file: string): Promise<void> {
  const path = join(cached, 'snapshots', commit, file);
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { force: true });
  await symlink(join('..', '..', 'blobs', blob), path).catch((error: NodeJS.ErrnoException) => {
    // Windows lets not everybody make links.
    if (error.code === 'EPERM') return copyFile(join(cached, 'blobs', blob), path);
    throw error;
  });
}

/** Says which commit a branch or tag was. */
export async function writeRef(cached: string, revision: string, commit: string): Promise<void> {
  const path = join(cached, 'refs', revision);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.partial`, commit);
  await rename(`${path}.partial`, path);
}

/** A model in the cache. */
export interface CachedModel {
  /** `OWNER/NAME`. */
  readonly name: string;
  readonly bytes: number;
  readonly revisions: readonly {
    readonly commit: string;
    readonly refs: readonly string[];
    readonly bytes: number;
    readonly path: string;
  }[];
}

/** All models of the cache, whoever put them there, by name; and why others could not be read. */
export async function listCached(): Promise<{ models: CachedModel[]; problems: string[] }> {
  const folder = cacheFolder();
  if (!(await isFolder(folder))) return { models: [], problems: [] };
  const { scanCacheDir } = await import('@huggingface/hub');
  const { repos, warnings } = await ioErrors(folder, () => scanCacheDir(folder));
  const models = repos
    .filter(({ id }) => id.type === 'model')
    .map(({ id, size, revisions }) => ({
      name: id.name,
      bytes: size,
      revisions: revisions.map(({ commitOid: commit, refs, size: bytes, path }) => ({ commit, refs, bytes, path })),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return { models, problems: warnings.map(({ message }) => message) };
}

/** Removes a model with all its states from the cache. @returns its folder. @throws CometError `E_ARGUMENT` when it is not there. */
export async function removeCached(name: ModelName): Promise<string> {
  const folder = modelCache(name);
  const found = await lstat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new CometError(
      'E_ARGUMENT',
      `there is no ${name.owner}/${name.name} in the cache; "comet model list" lists it`,
    );
  await ioErrors(folder, () => rm(folder, { recursive: true }));
  return folder;
}
