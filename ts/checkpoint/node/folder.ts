/** A checkpoint's folder on disk. */
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CometError } from '../../core/errors.js';
import type { FileSource } from '../source.js';

/** The files of a folder, which need not exist. */
export function folderSource(folder: string): FileSource {
  return {
    name: folder,
    size: (file) => guarded(folder, file, () => sizeOf(join(folder, file))),
    read: (file, from, to) => guarded(folder, file, () => readRange(join(folder, file), from, to)),
  };
}

async function sizeOf(path: string): Promise<number | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  return found?.isFile() ? found.size : undefined;
}

async function readRange(path: string, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array(to - from);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

async function guarded<T>(folder: string, file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new CometError('E_IO', `${join(folder, file)} could not be read: ${(cause as Error).message}`, { cause });
  }
}
