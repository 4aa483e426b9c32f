/** Models that others published: imported from files, fetched from a hub, and those that were fetched. */
import type { ImportReport } from '../checkpoint/gguf/node/import.js';
import { requireModelName } from '../checkpoint/hub/names.js';
import { type CachedModel, listCached, removeCached } from '../checkpoint/hub/node/cache.js';
import type { PullReport } from '../checkpoint/hub/node/pull.js';
import { checkArguments } from './arguments.js';
import { type ProgressEvent, progressTo } from './call.js';

export type { ImportReport } from '../checkpoint/gguf/node/import.js';
export type { CachedModel } from '../checkpoint/hub/node/cache.js';
export type { PullReport } from '../checkpoint/hub/node/pull.js';

/** Options of {@link importModel}. */
export interface ImportModelOptions {
  /** The folder to make; nothing may be there. */
  readonly out: string;
  /** Of all tensors written; the narrowest that holds every value exactly unless given. */
  readonly dtype?: 'f32' | 'f16' | 'bf16';
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ProgressEvent) => void;
}

/**
 * Turns a GGUF file into a Hugging Face folder: all of it, or nothing.
 * @throws CometError E_ARGUMENT, E_CHECKPOINT, E_UNSUPPORTED, E_IO, E_ABORTED.
 */
export async function importModel(file: string, options: ImportModelOptions): Promise<ImportReport> {
  checkArguments('importModel', { ...options, file });
  const { dtype, onEvent, ...others } = options;
  const { importGguf } = await import('../checkpoint/gguf/node/import.js');
  return importGguf(file, {
    ...others,
    dtype: dtype && TYPES[dtype],
    onProgress: progressTo(onEvent),
  });
}

const TYPES = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;

/** Options of {@link pullModel}. */
export interface PullModelOptions {
  /** Branch, tag or commit; `main` unless given. */
  readonly revision?: string;
  /** The folder to make; Hugging Face's cache unless given, where every function finds the model by its name. */
  readonly out?: string;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ProgressEvent) => void;
}

/**
 * Fetches what running a model needs from the hub that `HF_ENDPOINT` and `HF_TOKEN` name. What breaks off goes on with the next call.
 * @param model `OWNER/NAME`
 * @throws CometError E_ARGUMENT, E_UNAUTHORIZED, E_LIMIT, E_PEER_ABSENT, E_PEER_LOST, E_FRAME, E_UNSUPPORTED, E_CHECKPOINT, E_IO, E_ABORTED.
 */
export async function pullModel(model: string, options: PullModelOptions = {}): Promise<PullReport> {
  checkArguments('pullModel', { ...options, model });
  const { revision, onEvent, ...others } = options;
  const name = requireModelName(model, revision);
  const { pullFromHub } = await import('../checkpoint/hub/node/pull.js');
  return pullFromHub(name, { ...others, onProgress: progressTo(onEvent) });
}

/** The models of Hugging Face's cache, and why others in it could not be read. @throws CometError E_IO. */
export const listModels = (): Promise<{ models: CachedModel[]; problems: string[] }> => listCached();

/** Removes a model, `OWNER/NAME`, with all its revisions from the cache. @returns its folder. @throws CometError E_ARGUMENT, E_IO. */
export async function removeModel(model: string): Promise<string> {
  checkArguments('removeModel', { model });
  return removeCached(requireModelName(model));
}
