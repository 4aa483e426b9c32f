/** Where the files of a checkpoint come from: a folder in Node (`node/folder.ts`), bytes anywhere. */
import { CometError } from '../core/errors.js';

/** Some files under one name. */
export interface FileSource {
  /** For messages: the folder's path. */
  readonly name: string;
  /** Bytes of a file, or undefined when there is no such file. @throws CometError `E_IO` when that cannot be found out. */
  size(file: string): Promise<number | undefined>;
  /** The bytes `from .. to` of a file that exists; fewer when it is shorter. @throws CometError `E_IO` when it cannot be read. */
  read(file: string, from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** Files that are in memory already: for browsers and tests. */
export function bytesSource(name: string, files: Readonly<Record<string, Uint8Array>>): FileSource {
  return {
    name,
    size: (file) => Promise.resolve(files[file]?.length),
    read: (file, from, to) => Promise.resolve(files[file].slice(from, to)),
  };
}

/** The path of a file, for messages. */
export const pathOf = (source: FileSource, file: string): string => `${source.name.replace(/\/+$/, '')}/${file}`;

/** The text of a file, or undefined when there is none. @throws CometError `E_IO` when it cannot be read. */
export async function readOptionalText(source: FileSource, file: string): Promise<string | undefined> {
  const size = await source.size(file);
  return size === undefined ? undefined : new TextDecoder().decode(await source.read(file, 0, size));
}

/** The text of a file. @throws CometError `E_CHECKPOINT` when it is missing, `E_IO` when it cannot be read. */
export async function readText(source: FileSource, file: string): Promise<string> {
  const text = await readOptionalText(source, file);
  if (text === undefined) throw new CometError('E_CHECKPOINT', `${pathOf(source, file)} is missing`);
  return text;
}
