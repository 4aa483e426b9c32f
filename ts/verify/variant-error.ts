/** What a plan's fixed point costs in quality: the twin beside floats on held-out text, everything computed. */
import { CometError } from '../core/errors.js';
import { pause } from '../core/pause.js';
import type { Kernels } from '../kernels/load.js';
import type { FloatModel } from '../plain/float.js';
import { Twin } from '../plain/twin.js';
import { windows, type WorkOptions } from '../plain/windows.js';
import type { Planned } from '../provision/owner.js';

/** Against floats that compute the same function. */
export interface PlanError {
  /** Tokens of held-out text. */
  readonly tokens: number;
  /** Relative increase of cross-entropy. */
  readonly crossEntropyChange: number;
  /** Root mean square of the difference of the final hidden states, of theirs. */
  readonly rms: number;
}

/** Rows of a step. */
const ROWS = 32;
/** Longest text that attends to itself. */
const WINDOW = 128;

/** Masks of a run that nobody takes part in: they decide rounding coins only. */
const key = (number: number): Uint8Array => new Uint8Array(32).fill(number);
const KEYS = {
  k0: key(1),
  k1: key(2),
  k01: key(3),
  client0: key(4),
  client1: key(5),
  weights: [key(6), key(7)],
} as const;

/**
 * @param float the prepared model, in floats
 * @param ids of held-out text
 * @throws CometError E_ARGUMENT for fewer than two tokens.
 */
export async function planError(
  kernels: Kernels,
  { plan, model }: Planned,
  float: FloatModel,
  ids: readonly number[],
  { onProgress, signal }: WorkOptions = {},
): Promise<PlanError> {
  const { vocab, width, context } = plan.shape;
  const sums = { mine: 0, floats: 0, difference: 0, reference: 0 };
  if (ids.length < 2) throw new CometError('E_ARGUMENT', 'the error of a plan is measured on two tokens or more');
  let done = 0;
  const { prefix = [] } = plan;
  for (const window of windows(ids, Math.min(WINDOW, context), 2, prefix)) {
    const twin = new Twin(kernels, { ...model, positionOffset: model.shape.positionOffset }, plan, KEYS);
    try {
      const n = prefix.length;
      const reference = float.forward(window).subarray(n * width);
      const hidden = new Float32Array((window.length - n) * width);
      for (let from = n, step = 0; from < window.length; from += ROWS, step++) {
        await pause(signal);
        const rows = window.slice(from, from + ROWS);
        hidden.set(twin.step(step, rows), (from - n) * width);
        done += rows.length;
        onProgress?.(done, ids.length);
      }
      for (const [i, value] of hidden.entries()) {
        sums.difference += (value - reference[i]) ** 2;
        sums.reference += reference[i] ** 2;
      }
      const [mine, floats] = [hidden, reference].map((states) => float.logits(states));
      for (const [row, next] of window.slice(n + 1).entries()) {
        const loss = (logits: Float32Array): number =>
          kernels.logSumExp(logits.subarray(row * vocab, (row + 1) * vocab)) - logits[row * vocab + next];
        sums.mine += loss(mine);
        sums.floats += loss(floats);
      }
    } finally {
      twin.free();
    }
  }
  return {
    tokens: done,
    crossEntropyChange: sums.mine / sums.floats - 1,
    rms: Math.sqrt(sums.difference / sums.reference),
  };
}
