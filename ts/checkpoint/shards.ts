/** The weights of a checkpoint: one `model.safetensors`, or several files that `model.safetensors.index.json` lists. */
import * as v from 'valibot';
import { CometError } from '../core/errors.js';
import { noList } from '../core/schema.js';
import type { Kernels } from '../kernels/load.js';
import { type FileSource, pathOf } from './source.js';
import { TensorFile } from './tensors.js';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** Tensors by name, wherever they are. */
export interface Tensors {
  /** For messages. */
  readonly path: string;
  readonly names: readonly string[];
  /** A tensor's values, row-major. @throws CometError as {@link TensorFile.read}. */
  read(name: string, shape: readonly number[]): Promise<Float32Array>;
}

/** Opens a checkpoint's weights, or those in `file`. @throws CometError `E_CHECKPOINT` when a file is missing or damaged, `E_UNSUPPORTED` for another format. */
export async function openTensors(kernels: Kernels, source: FileSource, file?: string): Promise<Tensors> {
  const single = file ?? ((await source.size(SINGLE)) === undefined ? undefined : SINGLE);
  if (single !== undefined) {
    const only = await TensorFile.open(kernels, source, single);
    return { path: pathOf(source, single), names: only.names, read: (name, shape) => only.read(name, shape) };
  }
  const index = await readIndex(source);
  const places = await openShards(kernels, source, index);
  const path = pathOf(source, INDEX);
  return {
    path,
    names: [...places.keys()],
    read(name, shape) {
      const shard = places.get(name);
      if (shard === undefined) throw new CometError('E_CHECKPOINT', `${path} lists no tensor ${name}`);
      return shard.read(name, shape);
    },
  };
}

/** Which file has a tensor: as the index says, and whatever else lies in its files. */
async function openShards(
  kernels: Kernels,
  source: FileSource,
  index: ReadonlyMap<string, string>,
): Promise<Map<string, TensorFile>> {
  const shards = new Map<string, TensorFile>();
  for (const shard of new Set(index.values())) shards.set(shard, await TensorFile.open(kernels, source, shard));
  const places = new Map([...index].map(([name, shard]) => [name, shards.get(shard)!]));
  for (const shard of shards.values()) for (const name of shard.names) if (!places.has(name)) places.set(name, shard);
  return places;
}

/** Names of the files that hold a checkpoint's weights, in order. @throws CometError as {@link openTensors}. */
export async function weightFiles(source: FileSource): Promise<string[]> {
  if ((await source.size(SINGLE)) !== undefined) return [SINGLE];
  return [...new Set((await readIndex(source)).values())].sort();
}

const indexSchema = v.object({
  // In the folder itself: an index must not lead out of it.
  weight_map: v.pipe(noList, v.record(v.string(), v.pipe(v.string(), v.regex(/^[^/\\]+\.safetensors$/)))),
});

/** Which file has a tensor. */
async function readIndex(source: FileSource): Promise<Map<string, string>> {
  const path = pathOf(source, INDEX);
  const size = await source.size(INDEX);
  if (size === undefined) throw await missing(source);
  const found = v.safeParse(indexSchema, parse(new TextDecoder().decode(await source.read(INDEX, 0, size))));
  if (!found.success) {
    throw new CometError(
      'E_CHECKPOINT',
      `${path} is not an index: its weight_map must name .safetensors files beside it`,
    );
  }
  return new Map(Object.entries(found.output.weight_map));
}

/** Why there are no weights: another format, or none. */
async function missing(source: FileSource): Promise<CometError> {
  for (const other of ['pytorch_model.bin', 'pytorch_model.bin.index.json']) {
    if ((await source.size(other)) !== undefined) {
      const message = `${pathOf(source, other)}: only safetensors are supported; save the model again with safe_serialization`;
      return new CometError('E_UNSUPPORTED', message);
    }
  }
  return new CometError('E_CHECKPOINT', `${pathOf(source, SINGLE)} is missing`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
