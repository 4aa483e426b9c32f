/**
 * Statistics of a model on a text, in float: how well it predicts, how sparse its activations are, what heads are worth. The definition
 * is that of scripts/train/evaluate.py; tests/fixtures/comet-16m-eval.json has it in words and PyTorch's numbers.
 */
import { CometError } from '../core/errors.js';
import { pause } from '../core/pause.js';
import type { Kernels } from '../kernels/load.js';
import { Firing, UNIONS } from './firing.js';
import type { FloatHooks } from './float-hooks.js';
import { FloatModel, type FloatWeights } from './float.js';
import { dropSmallestHeads } from './heads.js';
import { windows, type WorkOptions } from './windows.js';

/** Fractions of heads that are dropped to see what they are worth. */
const DROPPED = [0.25, 0.4, 0.5];

/** What {@link modelStats} finds. Fractions are of 1. */
export interface Stats {
  /** Bytes of the text. */
  readonly bytes: number;
  readonly tokens: number;
  /** Tokens that were predicted: all but the first of each window. */
  readonly predicted: number;
  /** Mean over the predicted tokens, nats. */
  readonly crossEntropy: number;
  /** `crossEntropy * tokens / bytes / ln 2`. */
  readonly bitsPerByte: number;
  /** Mean fraction of feed-forward neurons above zero, over positions and layers. */
  readonly activeFraction: number;
  readonly activePerLayer: readonly number[];
  /** Relative increase of `crossEntropy` when this fraction of each layer's heads, the smallest at each position, is set to zero. */
  readonly headDrop: Readonly<Record<string, number>>;
  /** Mean fraction of neurons active for at least one of so many consecutive positions; lengths that no window has are left out. */
  readonly union: Readonly<Record<string, number>>;
}

/** How to measure. */
export interface StatsOptions extends WorkOptions {
  /** Most bytes of the text to use; a character that is cut is left out. */
  readonly bytes?: number;
  /** Fractions of heads to drop, each as costly as all the rest; 0.25, 0.4 and 0.5 unless given. */
  readonly headDrop?: readonly number[];
}

/**
 * Runs a model over non-overlapping windows of its full context.
 * @param text UTF-8
 * @throws CometError `E_ARGUMENT` for a text that is not UTF-8 or has fewer than two tokens, `E_ABORTED` by the signal.
 */
export async function modelStats(
  kernels: Kernels,
  weights: FloatWeights,
  tokenizer: { encode(text: string): number[] },
  text: Uint8Array,
  { bytes: most = text.length, headDrop = DROPPED, onProgress, signal }: StatsOptions = {},
): Promise<Stats> {
  const read = decode(text, most);
  const ids = tokenizer.encode(read);
  if (ids.length < 2) throw new CometError('E_ARGUMENT', 'statistics need a text of at least two tokens');
  const { heads, headDim, layers, ffn } = weights.shape;
  const firing = new Firing(layers, ffn);
  const model = new FloatModel(kernels, weights);
  const total = ids.length * (1 + headDrop.length);
  const run = (hooks: FloatHooks, before: number) =>
    losses(model, ids, hooks, { signal, onProgress: (done) => onProgress?.(before * ids.length + done, total) });
  try {
    const { mean: crossEntropy, predicted } = await run(firing, 0);
    const drops: Record<string, number> = {};
    for (const [i, fraction] of headDrop.entries()) {
      const thinned = await run({ heads: dropSmallestHeads(heads, headDim, Math.floor(fraction * heads)) }, i + 1);
      drops[fraction] = thinned.mean / crossEntropy - 1;
    }
    const bytes = new TextEncoder().encode(read).length;
    const activePerLayer = firing.perLayer();
    return {
      bytes,
      tokens: ids.length,
      predicted,
      crossEntropy,
      bitsPerByte: (crossEntropy * ids.length) / bytes / Math.LN2,
      activeFraction: activePerLayer.reduce((a, b) => a + b, 0) / layers,
      activePerLayer,
      headDrop: drops,
      union: Object.fromEntries(
        UNIONS.map((n) => [n, firing.union(n)]).filter(([, fraction]) => fraction !== undefined),
      ),
    };
  } finally {
    model.free();
  }
}

/** Mean loss over windows of the full context; one of a single token counts for nothing. */
async function losses(
  model: FloatModel,
  ids: readonly number[],
  hooks: FloatHooks,
  { onProgress, signal }: WorkOptions,
): Promise<{ mean: number; predicted: number }> {
  let nats = 0;
  let predicted = 0;
  let done = 0;
  for (const window of windows(ids, model.shape.context, 2)) {
    await pause(signal);
    for (const loss of model.losses(window, hooks)) nats += loss;
    predicted += window.length - 1;
    onProgress?.((done += window.length), ids.length);
  }
  return { mean: nats / predicted, predicted };
}

function decode(text: Uint8Array, most: number): string {
  try {
    // As part of a stream, because a character that is cut off at the end is no error.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text.subarray(0, most), { stream: true });
  } catch (cause) {
    throw new CometError('E_ARGUMENT', 'the text is not UTF-8', { cause });
  }
}
