/** Float forward passes of a text behind the model's constant prefix, of which hooks see nothing: the private program computes it in full. */
import type { FloatHooks } from './float-hooks.js';
import type { FloatModel } from './float.js';

/**
 * The final states of `ids`, `ids.length x d`.
 * @param prefix positions of it that belong to the prefix
 * @throws CometError as {@link FloatModel.forward}.
 */
export function forwardBehind(
  model: FloatModel,
  ids: readonly number[],
  prefix: number,
  hooks?: FloatHooks,
): Float32Array {
  if (prefix === 0) return model.forward(ids, undefined, hooks);
  const cache = model.newCache();
  const first = model.forward(ids.slice(0, prefix), cache);
  if (ids.length <= prefix) return first;
  const rest = model.forward(ids.slice(prefix), cache, hooks);
  const all = new Float32Array(first.length + rest.length);
  all.set(first);
  all.set(rest, first.length);
  return all;
}
