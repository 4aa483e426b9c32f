/** Whole writes and reads at a file's place: the system may take or give fewer bytes than it is asked for, and says so. */
import { CometError } from '../core/errors.js';

/** What is needed of an open file. */
export interface WritableFile {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
}
export interface ReadableFile {
  read(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesRead: number }>;
}

/** @throws CometError E_IO where the file takes no more; whatever the file throws. */
export async function writeWhole(file: WritableFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at);
    if (bytesWritten === 0)
      throw new CometError('E_IO', 'a file of shares takes no more bytes; look at its disk, and share again');
    at += bytesWritten;
  }
}

/** Fills the bytes. @returns how many there were, fewer only at the file's end. */
export async function readWhole(file: ReadableFile, bytes: Uint8Array): Promise<number> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}
