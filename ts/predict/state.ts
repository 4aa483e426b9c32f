/** A training's state as a file, so that a training that was stopped can go on. */
import * as v from 'valibot';
import type { FileSource } from '../checkpoint/source.js';
import { TensorFile } from '../checkpoint/tensors.js';
import { finite, integer } from '../core/schema.js';
import type { Kernels } from '../kernels/load.js';
import { safetensors, type TensorToWrite } from './tensors.js';
import type { TrainingState } from './train.js';

const byKind = v.object({ neurons: finite, heads: finite });
const schema = v.object({
  training: v.string(),
  chunks: integer(0),
  layers: v.array(
    v.object({
      rank: finite,
      steps: finite,
      prices: byKind,
      cost: v.optional(finite),
      names: v.array(v.string()),
    }),
  ),
});

/** The bytes of a state; `training` identifies everything that the training depends on. */
export function encodeState({ chunks, layers }: TrainingState, training: string): Uint8Array {
  const tensors: Record<string, TensorToWrite> = {};
  const facts = layers.map(({ arrays, ...rest }, i) => {
    for (const [name, values] of Object.entries(arrays)) {
      tensors[`${i}.${name}`] = { dtype: 'F32', shape: [values.length], values };
    }
    return { ...rest, names: Object.keys(arrays) };
  });
  return safetensors(tensors, { state: JSON.stringify({ training, chunks, layers: facts }) });
}

/** The state in a file, if there is one and it is of this `training`. @throws CometError `E_CHECKPOINT` when it is damaged. */
export async function readState(
  kernels: Kernels,
  source: FileSource,
  file: string,
  training: string,
): Promise<TrainingState | undefined> {
  if ((await source.size(file)) === undefined) return undefined;
  const tensors = await TensorFile.open(kernels, source, file);
  const found = v.safeParse(schema, parse(tensors.metadata.state));
  if (!found.success || found.output.training !== training) return undefined;
  const layers = [];
  for (const [i, { names, ...rest }] of found.output.layers.entries()) {
    const arrays: Record<string, Float32Array> = {};
    for (const name of names) arrays[name] = await tensors.read(`${i}.${name}`, tensors.shape(`${i}.${name}`) ?? []);
    layers.push({ ...rest, arrays });
  }
  return { chunks: found.output.chunks, layers };
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
