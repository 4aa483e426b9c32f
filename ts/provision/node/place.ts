/** The directory that `comet share` makes: a draft beside it takes its place when it is complete. Nothing but shares is ever replaced. */
import { lstat, mkdir, mkdtemp, readdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { GENERATION_CONFIG } from '../../checkpoint/end-tokens.js';
import { TOKENIZER_FILES } from '../../checkpoint/tokenizer.js';
import { type Role, ROLES } from '../../core/config.js';
import { CometError } from '../../core/errors.js';

/** Every file that a role's share may have. */
const FILES = ['manifest.json', 'secret.json', 'masked.bin', 'tables.bin', ...TOKENIZER_FILES, GENERATION_CONFIG];

/** @throws CometError E_IO where something is that may not be replaced: anything without `force`, all but shares with it. */
export function requirePlace(out: string, force: boolean): Promise<void> {
  return ioErrors(out, () => checkPlace(out, force));
}

async function checkPlace(out: string, force: boolean): Promise<void> {
  const target = resolve(out);
  if (!(await exists(target))) return;
  if (!force) throw new CometError('E_IO', `${out} exists already; choose another --out, or say --force to replace it`);
  if (!(await holdsShares(target)))
    throw new CometError('E_IO', `${out} is not a directory of shares, which --force replaces; choose another --out`);
  if (!relative(await realpath(target), await realpath('.')).startsWith('..'))
    throw new CometError('E_IO', `${out} is where this command runs; run it elsewhere to replace the shares`);
}

/** Makes an empty directory beside `out`, and removes those of runs that were killed: they have seeds in them. */
export async function makeDraft(out: string): Promise<string> {
  const target = resolve(out);
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  const prefix = `${basename(target)}.partial-`;
  for (const name of await readdir(parent)) {
    const pid = name.startsWith(prefix) ? /^(\d+)-\w{6}$/.exec(name.slice(prefix.length))?.[1] : undefined;
    if (pid && isDead(Number(pid))) await rm(join(parent, name), { recursive: true });
  }
  return mkdtemp(join(parent, `${prefix}${process.pid}-`));
}

/** Puts a complete draft at `out`. What was there goes only after that. */
export async function replace(out: string, draft: string): Promise<void> {
  const target = resolve(out);
  if (!(await exists(target))) return rename(draft, target);
  const old = `${draft}.old`;
  await rename(target, old);
  try {
    await rename(draft, target);
  } catch (error) {
    await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true });
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? false : Promise.reject(error)),
  );

/** Whether a directory has role directories with manifests in it, and nothing else; one with nothing in it has nothing to lose. */
async function holdsShares(path: string): Promise<boolean> {
  if (!(await lstat(path)).isDirectory()) return false;
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isDirectory() || !ROLES.includes(entry.name as Role)) return false;
    const files = await readdir(join(path, entry.name), { withFileTypes: true });
    if (!files.some(({ name }) => name === 'manifest.json')) return false;
    if (!files.every((file) => file.isFile() && FILES.includes(file.name))) return false;
  }
  return true;
}

function isDead(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Turns failures of the file system into E_IO about `path`. */
export async function ioErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CometError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code) throw error;
    const why = code === 'ENOSPC' ? 'the disk is full' : message;
    throw new CometError('E_IO', `${path} could not be read or written: ${why}`, { cause: error });
  }
}
