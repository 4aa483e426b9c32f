/** Calibration: runs a model over text and collects what its wires hold ({@link Collector}). */
import { CometError } from '../core/errors.js';
import { pause } from '../core/pause.js';
import type { Kernels } from '../kernels/load.js';
import { FloatModel } from '../plain/float.js';
import type { FloatCache } from '../plain/float-attention.js';
import { behind, windows, type WorkOptions } from '../plain/windows.js';
import type { Calibration } from './calibration.js';
import { Collector, type Seen } from './collector.js';
import type { PreparedModel } from './prepare.js';

/** Texts that run together. */
export type Texts = readonly (readonly number[])[];

/** Who runs texts: one or more, each with the whole model, and each one batch at a time. */
export interface Crew {
  readonly size: number;
  /** Has a member run some texts behind the prefix. */
  readonly run: (member: number, texts: Texts) => void | Promise<void>;
  /** What each has seen. */
  readonly seen: () => Promise<readonly Seen[]>;
  readonly end: () => void | Promise<void>;
}

/** How to calibrate. */
export interface CalibrateOptions extends WorkOptions {
  /** Most tokens to run; all of them unless given. */
  readonly tokens?: number;
  /** Most tokens that are tried as the first of a text, an even part of the vocabulary; 4096 unless given. */
  readonly firsts?: number;
  /** Tokens that no text begins with, behind the prefix. */
  readonly never?: ReadonlySet<number>;
  /** Tokens that every text of the model begins with, and that no private step will run; none unless given. */
  readonly prefix?: readonly number[];
  /** Gathers a crew; this thread alone unless given. */
  readonly gather?: (prepared: PreparedModel, prefix: readonly number[]) => Promise<Crew>;
}

/** Forward passes of texts behind a prefix, and what is seen in them: one member of a crew. */
export class CalibrationPasses {
  readonly #ranges: Collector;
  readonly #model: FloatModel;
  readonly #before?: FloatCache;

  constructor(kernels: Kernels, prepared: PreparedModel, prefix: readonly number[]) {
    this.#ranges = new Collector(kernels, prepared, prefix.length);
    this.#model = new FloatModel(kernels, prepared);
    if (prefix.length === 0) return;
    this.#before = this.#model.newCache();
    this.#model.forward(prefix, this.#before);
  }

  run(texts: Texts): void {
    this.#model.forwardApart(texts, this.#ranges, this.#before);
  }

  seen(): Seen {
    return this.#ranges.seen();
  }

  /** Gives the kernels' memory back. */
  free(): void {
    this.#model.free();
  }
}

/** A crew of this thread alone. */
function alone(kernels: Kernels, prepared: PreparedModel, prefix: readonly number[]): Crew {
  const passes = new CalibrationPasses(kernels, prepared, prefix);
  return {
    size: 1,
    run: (_member, texts) => passes.run(texts),
    seen: async () => [passes.seen()],
    end: () => passes.free(),
  };
}

/**
 * Runs a prepared model over windows of its context, then over texts of one token, all behind the prefix, and collects ranges.
 * Deterministic, whoever runs them.
 * @throws CometError `E_ARGUMENT` for fewer than two tokens, or a prefix that leaves no room for others, `E_RANGE` where a value is not
 * finite, `E_ABORTED` by the signal.
 */
export async function calibrate(
  kernels: Kernels,
  prepared: PreparedModel,
  ids: readonly number[],
  { tokens = ids.length, firsts: most = FIRST_TOKENS, never, prefix = [], gather, ...work }: CalibrateOptions = {},
): Promise<Calibration> {
  const { context, vocab } = prepared.shape;
  const text = behind(ids, prefix).slice(0, tokens);
  if (text.length < 2) throw new CometError('E_ARGUMENT', 'calibration needs a text of at least two tokens');
  if (prefix.length >= context)
    throw new CometError('E_ARGUMENT', `a prefix of ${prefix.length} tokens fills the model's context of ${context}`);
  // Once more, one of the prefix may be as massive as it was there, and begins no text.
  const firsts = firstTokens(vocab, most).filter((id) => !prefix.includes(id) && !never?.has(id));
  const texts = [...windows(text, Math.min(context, WINDOW) - prefix.length), ...firsts.map((id) => [id])];
  const crew = gather ? await gather(prepared, prefix) : alone(kernels, prepared, prefix);
  const ranges = new Collector(kernels, prepared, prefix.length);
  try {
    await runAll(crew, texts, work);
    for (const seen of await crew.seen()) ranges.join(seen);
  } finally {
    await crew.end();
  }
  return { ...ranges.result(text.length), ...(prefix.length > 0 && { prefix }) };
}

/** Each member takes the next batch when it is free. */
async function runAll(crew: Crew, texts: Texts, { onProgress, signal }: WorkOptions): Promise<void> {
  const [open, all] = [batches(texts), rowsOf(texts)];
  let done = 0;
  const work = async (member: number): Promise<void> => {
    for (const batch of open) {
      await pause(signal);
      await crew.run(member, batch);
      onProgress?.((done += rowsOf(batch)), all);
    }
  };
  await Promise.all(Array.from({ length: crew.size }, (_, member) => work(member)));
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
