/** Long plaintext work, cut into windows between which the event loop runs. */

/** What such work reports and obeys. */
export interface WorkOptions {
  /** Called after every window, with tokens or their equivalent. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** `ids` in windows of `size`, one after the other; the last may be shorter. A shorter one of fewer than `least` is left out. */
export function* windows(ids: readonly number[], size: number, least = 1): Generator<number[]> {
  for (let from = 0; from + least <= ids.length; from += size) yield ids.slice(from, from + size);
}
