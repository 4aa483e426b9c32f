/** Directories that are there whole or not at all: a draft beside one takes its place when it is complete. */
import { lstat, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CometError } from '../../core/errors.js';

/** Makes an empty directory beside `out`, and removes those of runs that were killed: shares have seeds in them. */
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

/** Whether anything is at a path, a link that leads nowhere too. */
export const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? false : Promise.reject(error)),
  );

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
