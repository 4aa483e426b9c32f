/** Whole files: read, or written so that they are whole or not there. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js';
import { constants, existsSync } from 'node:fs';
import { access, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CometError } from '../../core/errors.js';

/** The bytes of a file. @throws CometError E_IO. */
export async function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new CometError('E_IO', `${path} cannot be read (${cause.code})`, { cause });
  });
}

/** A text file. @throws CometError E_IO, E_ARGUMENT for one that is not UTF-8. */
export async function readText(path: string): Promise<string> {
  return decodeText(await readBytes(path), path);
}

/** The text of a file's bytes. @throws CometError E_ARGUMENT where they are not UTF-8. */
export function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CometError('E_ARGUMENT', `${path} is not UTF-8`, { cause });
  }
}

/** Sees that {@link writeWhole} can write a file, before what it is to hold is worked for. @throws CometError E_IO. */
export async function requireWritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK);
    if ((await stat(path)).isFile()) return;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' && existsSync(dirname(path))) return;
    throw new CometError('E_IO', `${path} cannot be written (${code})`, { cause });
  }
  throw new CometError('E_IO', `${path} is no file that could be replaced`);
}

/** Writes a file that is either whole or not there. @throws CometError E_IO. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  // A name of its own: another process may write the same file.
  const draft = `${path}.${bytesToHex(randomBytes(4))}.partial`;
  try {
    await writeFile(draft, content);
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw new CometError('E_IO', `${path} could not be written (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}
