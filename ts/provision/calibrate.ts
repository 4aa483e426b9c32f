/** Calibration: runs a model over text and collects what its wires hold ({@link Collector}). */
import { CometError } from '../core/errors.js';
import { pause } from '../core/pause.js';
import type { Kernels } from '../kernels/load.js';
import { FloatModel } from '../plain/float.js';
import { behind, windows, type WorkOptions } from '../plain/windows.js';
import type { Calibration } from './calibration.js';
import { Collector } from './collector.js';
import type { PreparedModel } from './prepare.js';

/** How to calibrate. */
export interface CalibrateOptions extends WorkOptions {
  /** Most tokens to run; all of them unless given. */
  readonly tokens?: number;
  /** Most tokens that are tried as the first of a text, an even part of the vocabulary; 4096 unless given. */
  readonly firsts?: number;
  /** Tokens that every text of the model begins with, and that no private step will run; none unless given. */
  readonly prefix?: readonly number[];
}

/**
 * Runs a prepared model over windows of its context, then over texts of one token, all behind the prefix, and collects ranges.
 * Deterministic.
 * @throws CometError `E_ARGUMENT` for fewer than two tokens, or a prefix that leaves no room for others, `E_RANGE` where a value is not
 * finite, `E_ABORTED` by the signal.
 */
export async function calibrate(
  kernels: Kernels,
  prepared: PreparedModel,
  ids: readonly number[],
  { tokens = ids.length, firsts: most = FIRST_TOKENS, prefix = [], onProgress, signal }: CalibrateOptions = {},
): Promise<Calibration> {
  const { context, vocab } = prepared.shape;
  const text = behind(ids, prefix).slice(0, tokens);
  if (text.length < 2) throw new CometError('E_ARGUMENT', 'calibration needs a text of at least two tokens');
  if (prefix.length >= context)
    throw new CometError('E_ARGUMENT', `a prefix of ${prefix.length} tokens fills the model's context of ${context}`);
  const ranges = new Collector(kernels, prepared, prefix.length);
  const model = new FloatModel(kernels, prepared);
  try {
    const before = prefix.length > 0 ? model.newCache() : undefined;
    if (before) model.forward(prefix, before);
    // Once more, one of the prefix may be as massive as it was there, and begins no text.
    const firsts = firstTokens(vocab, most).filter((id) => !prefix.includes(id));
    const all = text.length + firsts.length;
    let done = 0;
    for (const texts of batches([
      ...windows(text, Math.min(context, WINDOW) - prefix.length),
      ...firsts.map((id) => [id]),
    ])) {
      await pause(signal);
      model.forwardApart(texts, ranges, before);
      onProgress?.((done += rowsOf(texts)), all);
    }
  } finally {
    model.free();
  }
  return { ...ranges.result(text.length), ...(prefix.length > 0 && { prefix }) };
}

/** Most tokens that are tried as the first of a text. */
export const FIRST_TOKENS = 4096;

/** Positions of a window at most: of longer ones the scores of all positions would take most of the time, and ranges hardly grow. */
const WINDOW = 2048;

/** A prompt may begin with any token, and few of them begin a window of a text: the whole vocabulary, or an even part of a large one. */
function firstTokens(vocab: number, most: number): number[] {
  const count = Math.min(vocab, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * vocab) / count));
}

/** Rows that run together, unless one text alone has more: enough that weights are read for many, few enough to need little memory. */
const ROWS = 256;

type Texts = readonly (readonly number[])[];

const rowsOf = (texts: Texts): number => texts.reduce((rows, { length }) => rows + length, 0);

/** Texts in their order, as many together as {@link ROWS} hold. */
function* batches(texts: Texts): Generator<Texts> {
  let batch: (readonly number[])[] = [];
  for (const text of texts) {
    if (batch.length > 0 && rowsOf(batch) + text.length > ROWS) {
      yield batch;
      batch = [];
    }
    batch.push(text);
  }
  if (batch.length > 0) yield batch;
}
