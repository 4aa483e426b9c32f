import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseConfig, ROLES, type Config, type Role } from '../../core/config.js';
import { CometError } from '../../core/errors.js';

/** The file of a role within the directory that `comet init` makes. */
export const configPath = (directory: string, role: Role) => join(directory, `${role}.json`);

/**
 * Reads and checks one party's file. Paths in it are taken relative to it, and returned absolute.
 * @throws CometError E_IO when it cannot be read, E_CONFIG when it is not a valid configuration.
 */
export async function readConfig(path: string): Promise<Config> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new CometError('E_IO', `${path} cannot be read (${cause.code}): give the file that "comet init" made.`, {
      cause,
    });
  });
  const config = parseConfig(parseJson(text.replace(/^\ufeff/, ''), path), path);
  const absolute = (file: string) => resolve(dirname(path), file);
  const { tls, share } = config;
  return {
    ...config,
    ...(tls && { tls: { ca: absolute(tls.ca), cert: absolute(tls.cert), key: absolute(tls.key) } }),
    ...(share && { share: absolute(share) }),
  };
}

/**
 * Writes `ROLE.json` for each configuration, readable by the owner alone. Either all are written or none.
 * @returns the paths written.
 * @throws CometError E_IO, also for files that exist, unless `force`: their seeds may be in use.
 */
export async function writeConfigs(
  directory: string,
  configs: Readonly<Partial<Record<Role, Config>>>,
  { force = false }: { force?: boolean } = {},
): Promise<string[]> {
  const drafts: Draft[] = [];
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const role of ROLES) {
      if (configs[role]) drafts.push(await draft(configPath(directory, role), configs[role], force));
    }
    for (const file of drafts) await commit(file);
  } catch (cause) {
    for (const file of drafts) await undo(file);
    if (cause instanceof CometError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new CometError(
      'E_IO',
      `The configuration could not be written to ${directory} (${code}): nothing was changed.`,
      { cause },
    );
  }
  return drafts.map(({ path }) => path);
}

/** A complete file beside its place, and what that place held before. */
interface Draft {
  readonly path: string;
  readonly temporary: string;
  readonly previous?: Buffer;
  committed: boolean;
}

async function draft(path: string, config: Config, force: boolean): Promise<Draft> {
  const previous = await readFile(path).catch((error) => (error.code === 'ENOENT' ? undefined : Promise.reject(error)));
  if (previous && !force) {
    throw new CometError(
      'E_IO',
      `${path} exists, and its seeds may be in use: choose another directory, or pass --force.`,
    );
  }
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file: Draft = { path, temporary, previous, committed: false };
  try {
    await writeFile(temporary, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  } catch (error) {
    await undo(file);
    throw error;
  }
  return file;
}

async function commit(file: Draft): Promise<void> {
  await rename(file.temporary, file.path);
  file.committed = true;
}

/** Best effort: the error that made it necessary is the one to report. */
async function undo({ path, temporary, previous, committed }: Draft): Promise<void> {
  const restore = async () => (previous ? writeFile(path, previous, { mode: 0o600 }) : rm(path));
  await (committed ? restore() : rm(temporary, { force: true })).catch(() => {});
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would quote the text, which holds seeds.
    throw new CometError('E_CONFIG', `${path} is not JSON: correct it, or make new files with "comet init".`);
  }
}
