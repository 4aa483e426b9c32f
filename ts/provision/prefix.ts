/**
 * The constant prefix (docs/protocol.md section 3.5): tokens that every text begins with. What the model computes of them depends on nothing
 * else, so the owner computes it, in floats: keys and values of every layer, which it masks like weights, and the last one's final state,
 * which it discloses to the client, because that says what may follow.
 */
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import { FloatModel } from '../plain/float.js';
import type { PreparedModel } from './prepare.js';

/** What a layer caches of the prefix: a row for each of `n` positions, in it head by head. */
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
  const { layers, width, context } = prepared.shape;
  if (ids.length >= context)
    throw new CometError('E_ARGUMENT', `a prefix of ${ids.length} tokens fills the model's context of ${context}`);
  const model = new FloatModel(kernels, prepared);
  try {
    const cache = model.newCache();
    const hidden = model.forward(ids, cache);
    return {
      layers: Array.from({ length: layers }, (_, layer) => cache.held(layer)),
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
