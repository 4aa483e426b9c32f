/** Models that others published: imported from files. */
import type { ImportReport } from '../checkpoint/gguf/node/import.js';
import { checkArguments } from './arguments.js';
import { type ProgressEvent, progressTo } from './call.js';

export type { ImportReport } from '../checkpoint/gguf/node/import.js';

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
