/** Long plaintext work, cut into windows between which the event loop runs. */

/** What such work reports and obeys. */
export interface WorkOptions {
  /** Called after every window, with tokens or their equivalent. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * `ids` in windows of `size`, one after the other; the last may be shorter. A shorter one of fewer than `least` is left out. Every window
 * begins with the `prefix`, which counts, and which the text itself need not begin with.
 */
export function* windows(
  ids: readonly number[],
  size: number,
  least = 1,
  prefix: readonly number[] = [],
): Generator<number[]> {
  const text = behind(ids, prefix);
  const most = size - prefix.length;
  const few = Math.max(1, least - prefix.length);
  for (let from = 0; from + few <= text.length; from += most) yield [...prefix, ...text.slice(from, from + most)];
}

/** A text without the prefix that it may begin with. */
export const behind = (ids: readonly number[], prefix: readonly number[]): readonly number[] =>
  prefix.every((id, i) => ids[i] === id) ? ids.slice(prefix.length) : ids;
