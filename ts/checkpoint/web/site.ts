/** A folder of files on a web server. */
import { CometError } from '../../core/errors.js';
import type { FileSource } from '../source.js';

/** The files below `folder`, an absolute URL. Each is fetched whole, once: not every server knows ranges. */
export function siteSource(folder: string | URL): FileSource {
  const base = String(folder).replace(/\/*$/, '/');
  const files = new Map<string, Promise<Uint8Array<ArrayBuffer> | undefined>>();
  const load = (file: string) => {
    if (!files.has(file)) files.set(file, fetchBytes(new URL(file, base)));
    return files.get(file)!;
  };
  return {
    name: base,
    size: async (file) => (await load(file))?.length,
    read: async (file, from, to) => (await load(file))!.slice(from, to),
  };
}

/** A file's bytes, or undefined where there is none. @throws CometError E_IO for any other answer, or none. */
async function fetchBytes(url: URL): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    const response = await fetch(url);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw new CometError('E_IO', `${url} could not be read: ${(cause as Error).message}`, { cause });
  }
}
