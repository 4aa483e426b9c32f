/**
 * The constant prefix (docs/protocol.md section 3.5): tokens that every text begins with. What the model computes of them depends on nothing
 * else, so the owner computes it, in floats: keys and values of every layer, which it masks like weights, and the last one's final state,
 * which it discloses to the client, because that says what may follow.
 */
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import { FloatModel } from '../plain/float.js';
import type { PreparedModel } from './prepare.js';

/** What a layer caches of the prefix: `n x d`, a row a position, in it head by head. */
export interface PrefixLayer {
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

export interface Prefix {
  readonly layers: readonly PrefixLayer[];
  /** The normalised final state of the last position, `d`. */
  readonly state: Float32Array;
}

/** @throws CometError E_ARGUMENT for a prefix that leaves no room in the context, or is not of the vocabulary. */
export function prefixOf(kernels: Kernels, prepared: PreparedModel, ids: readonly number[]): Prefix {
  const { layers, heads, headDim, width, context } = prepared.shape;
  if (ids.length >= context)
    throw new CometError('E_ARGUMENT', `a prefix of ${ids.length} tokens fills the model's context of ${context}`);
  const model = new FloatModel(kernels, prepared);
  try {
    const cache = model.newCache();
    const hidden = model.forward(ids, cache);
    const rows = (of: (head: number) => Float32Array): Float32Array => {
      const all = new Float32Array(ids.length * width);
      for (let head = 0; head < heads; head++)
        for (let at = 0; at < ids.length; at++)
          all.set(of(head).subarray(at * headDim, (at + 1) * headDim), at * width + head * headDim);
      return all;
    };
    return {
      layers: Array.from({ length: layers }, (_, layer) => ({
        keys: rows((head) => cache.keys(layer, head)),
        values: rows((head) => cache.values(layer, head)),
      })),
      state: hidden.slice(-width),
    };
  } finally {
    model.free();
  }
}

/** Largest magnitudes, for the plan. */
export function prefixRange({ keys, values }: PrefixLayer): { keyMax: number; valueMax: number } {
  const largest = (all: Float32Array): number => all.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return { keyMax: largest(keys), valueMax: largest(values) };
}
