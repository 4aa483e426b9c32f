/**
 * Trains the predictors of all layers. The text is cut into windows of the model's full context, in an order drawn from the seed; a
 * chunk of windows at a time is run through the model, and every layer learns from its rows in an order of their own. So memory is
 * bounded, the model runs over the text once, and between chunks everything that matters is in the trainers: work can stop and go on.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import { FloatModel, type FloatWeights } from '../plain/float.js';
import { pause, windows as windowsOf, type WorkOptions } from '../plain/windows.js';
import { ExampleCollector, type Examples } from './examples.js';
import type { Predictors } from './predictor.js';
import { LayerTrainer, type TrainerState } from './trainer.js';

/** Windows of a chunk: 16 MB of examples each for a model of 8 layers and width 384. */
const CHUNK = 48;
/** Windows that are kept to choose the best parameters, and at most this part of all. */
const VALIDATION = 12;
const VALIDATION_PART = 1 / 8;
const BATCH = 256;
const RATE = 4e-3;
/** The rate goes down to this part. */
const LAST_RATE = 0.02;
const WARM_UP = 20;

/** How to train. */
export interface TrainOptions extends WorkOptions {
  /** One rank for all layers, or one for each. */
  readonly rank?: number | readonly number[];
  /** Times that each row is learned from. */
  readonly passes?: number;
  readonly seed?: number;
  /** A state that {@link TrainOptions.onState} was given by the same training. */
  readonly state?: TrainingState;
  /** Called after each chunk. */
  readonly onState?: (state: TrainingState) => Promise<void>;
}

/** Where a training stands. */
export interface TrainingState {
  /** Chunks learned from. */
  readonly chunks: number;
  readonly layers: readonly TrainerState[];
}

/** Predictors, and the windows that they did not learn from. */
export interface Trained {
  /** Their thresholds are not chosen yet: see thresholds.ts. */
  readonly predictors: Predictors;
  readonly unseen: readonly (readonly number[])[];
  /** Tokens learned from. */
  readonly tokens: number;
}

/**
 * Trains on a text. The same arguments give the same predictors, bit for bit, in one go or with stops.
 * @throws CometError `E_ARGUMENT` for a text of less than two windows or an impossible rank, `E_ABORTED` by the signal.
 */
export async function trainPredictors(
  kernels: Kernels,
  weights: FloatWeights,
  ids: readonly number[],
  { rank = 128, passes = 1, seed = 0, state, onState, onProgress, signal }: TrainOptions = {},
): Promise<Trained> {
  const { context, layers, width, ffn, heads } = weights.shape;
  const ranks = typeof rank === 'number' ? Array<number>(layers).fill(rank) : rank;
  if (ranks.length !== layers || ranks.some((r) => !(Number.isInteger(r) && r >= 1 && r <= width))) {
    throw new CometError(
      'E_ARGUMENT',
      `a rank is a whole number from 1 to ${width}: one, or one for each of ${layers} layers`,
    );
  }
  const all = [...windowsOf(ids, context, context)];
  if (all.length < 2) throw new CometError('E_ARGUMENT', `training needs a text of at least ${2 * context} tokens`);
  const random = new Shuffler(kernels, `comet predictors ${seed}`);
  random.shuffle(all, 0);
  const unseen = all.splice(0, Math.max(1, Math.min(VALIDATION, Math.floor(all.length * VALIDATION_PART))));
  const chunks = Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, i) => all.slice(i * CHUNK, (i + 1) * CHUNK));

  const total = (unseen.length + all.length) * context * (1 + passes);
  let done = 0;
  const advance = (rows: number): void => onProgress?.((done += rows), total);
  const model = new FloatModel(kernels, weights);
  const collector = new ExampleCollector(weights);
  const collect = async (chunk: readonly number[][]): Promise<Examples[]> => {
    for (const window of chunk) {
      await pause(signal);
      model.forward(window, undefined, collector);
      advance(window.length);
    }
    return collector.take();
  };
  try {
    const validation = await collect(unseen);
    advance(unseen.length * context * passes);
    const shape = { width, ffn, heads };
    let trainers = state?.layers.map((layer) => new LayerTrainer(kernels, shape, layer));
    const steps = chunks.reduce((sum, chunk) => sum + passes * Math.floor((chunk.length * context) / BATCH), 0);
    for (const [index, chunk] of chunks.entries()) {
      if (index < (state?.chunks ?? 0)) {
        advance(chunk.length * context * (1 + passes));
        continue;
      }
      const examples = await collect(chunk);
      trainers ??= examples.map((e, i) => LayerTrainer.start(kernels, shape, ranks[i], weights.layers[i].up, e));
      for (const [layer, trainer] of trainers.entries()) {
        for (let pass = 0; pass < passes; pass++) {
          const order = Array.from({ length: examples[layer].rows }, (_, row) => row);
          random.shuffle(order, 1 + (index * passes + pass) * layers + layer);
          for (let at = 0; at + BATCH <= order.length; at += BATCH) {
            trainer.step(examples[layer], order.slice(at, at + BATCH), rateAt(trainer.steps, steps));
          }
          await pause(signal);
          advance(Math.round((chunk.length * context) / layers));
        }
        trainer.keepIfBest(validation[layer]);
      }
      await onState?.({ chunks: index + 1, layers: trainers.map((trainer) => trainer.state()) });
    }
    const predictors = { shape, layers: trainers!.map((trainer) => trainer.best()) };
    return { predictors, unseen, tokens: all.length * context };
  } finally {
    model.free();
  }
}

/** Warm-up, then down in a straight line. */
const rateAt = (step: number, steps: number): number =>
  RATE * Math.min((step + 1) / WARM_UP, 1) * (1 - (1 - LAST_RATE) * (step / steps));

/** Orders drawn from the kernels' random stream, each by its number. */
class Shuffler {
  readonly #key: Uint8Array;

  constructor(
    private readonly kernels: Kernels,
    seed: string,
  ) {
    this.#key = sha256(utf8ToBytes(seed));
  }

  /** Fisher-Yates, in place. */
  shuffle(items: unknown[], number: number): void {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(0, number, true);
    const words = this.kernels.prgWords(this.#key, nonce, 0, items.length, 32);
    for (let i = items.length - 1; i > 0; i--) {
      const j = Math.floor((Number(words[i]) / 2 ** 32) * (i + 1));
      [items[i], items[j]] = [items[j], items[i]];
    }
  }
}
