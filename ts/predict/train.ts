/**
 * Trains the predictors of all layers. The text is cut into windows of the model's full context, in an order drawn from the seed; a
 * chunk of windows at a time is run through the model, and every layer learns from its rows in an order of their own. So memory is
 * bounded, the model runs over the text once, and between chunks everything that matters is in the trainers: work can stop and go on.
 */
import { CometError } from '../core/errors.js';
import { pause } from '../core/pause.js';
import type { Kernels } from '../kernels/load.js';
import { FloatModel, type FloatWeights } from '../plain/float.js';
import { windows as windowsOf, type WorkOptions } from '../plain/windows.js';
import { ExampleCollector, type Examples } from './examples.js';
import type { Predictors } from './predictor.js';
import { Shuffler } from './shuffle.js';
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
  /** Predictors of this layer and those after it read this layer's input; each its own unless given. */
  readonly fromLayer?: number;
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
 * @throws CometError `E_ARGUMENT` for a text of less than four tokens or an impossible rank, `E_ABORTED` by the signal.
 */
export async function trainPredictors(
  kernels: Kernels,
  weights: FloatWeights,
  ids: readonly number[],
  { rank = 128, fromLayer, passes = 1, seed = 0, state, onState, onProgress, signal }: TrainOptions = {},
): Promise<Trained> {
  const { context, layers, width, ffn, heads } = weights.shape;
  const ranks = ranksOf(rank, layers, width);
  const from = inputsOf(fromLayer, layers);
  const shuffler = new Shuffler(kernels, `comet predictors ${seed}`);
  const { unseen, chunks, tokens } = split(ids, context, shuffler);
  const steps = chunks.reduce((sum, chunk) => sum + passes * batches(rowsOf(chunk)), 0);
  const total = rowsOf(unseen) + tokens * (1 + passes);
  let done = 0;
  const advance = (rows: number): void => onProgress?.((done += rows), total);

  const model = new FloatModel(kernels, weights);
  const collector = new ExampleCollector(weights, from);
  const collect = async (some: readonly (readonly number[])[]): Promise<Examples[]> => {
    for (const window of some) {
      await pause(signal);
      model.forward(window, undefined, collector);
      advance(window.length);
    }
    return collector.take();
  };
  try {
    const validation = await collect(unseen);
    const shape = { width, ffn, heads };
    const shapes = from.map((_, layer) => (layer + 1 < layers ? shape : { ...shape, heads: 0 }));
    const first = state?.chunks ?? 0;
    advance(rowsOf(chunks.slice(0, first).flat()) * (1 + passes));
    let trainers = state?.layers.map((layer, i) => new LayerTrainer(kernels, shapes[i], layer));
    for (const [index, chunk] of [...chunks.entries()].slice(first)) {
      const examples = await collect(chunk);
      trainers ??= examples.map((e, i) =>
        LayerTrainer.start(kernels, shapes[i], ranks[i], weights.layers[i].gate ?? weights.layers[i].up, e),
      );
      for (const [layer, trainer] of trainers.entries()) {
        for (let pass = 0; pass < passes; pass++) {
          await pause(signal);
          const order = Array.from({ length: examples[layer].rows }, (_, row) => row);
          shuffler.shuffle(order, 1 + (index * passes + pass) * layers + layer);
          learn(trainer, examples[layer], order, steps);
          advance(rowsOf(chunk) / layers);
        }
        trainer.keepIfBest(validation[layer]);
      }
      await onState?.({ chunks: index + 1, layers: trainers.map((trainer) => trainer.state()) });
    }
    return { predictors: { shape, layers: trainers!.map((trainer, i) => trainer.best(from[i])) }, unseen, tokens };
  } finally {
    model.free();
  }
}

const rowsOf = (some: readonly (readonly number[])[]): number => some.reduce((rows, { length }) => rows + length, 0);

function ranksOf(rank: number | readonly number[], layers: number, width: number): readonly number[] {
  const ranks = typeof rank === 'number' ? Array<number>(layers).fill(rank) : rank;
  if (ranks.length === layers && ranks.every((r) => Number.isInteger(r) && r >= 1 && r <= width)) return ranks;
  const message = `a rank is a whole number from 1 to ${width}: one, or one for each of ${layers} layers`;
  throw new CometError('E_ARGUMENT', message);
}

/** The layer whose input each predictor reads. */
function inputsOf(fromLayer: number | undefined, layers: number): number[] {
  if (fromLayer !== undefined && !(Number.isInteger(fromLayer) && fromLayer >= 0 && fromLayer < layers)) {
    throw new CometError('E_ARGUMENT', `predictors can read the input of layers 0 to ${layers - 1}`);
  }
  return Array.from({ length: layers }, (_, layer) => Math.min(layer, fromLayer ?? layer));
}

/** Whole windows in a drawn order: those that are kept apart, and the chunks of the others. */
function split(ids: readonly number[], context: number, shuffler: Shuffler) {
  // A short text has shorter windows.
  const size = Math.min(context, ids.length >> 1);
  if (size < 2)
    throw new CometError(
      'E_ARGUMENT',
      `training needs a text of at least 4 tokens (--text, --bytes), not ${ids.length}`,
    );
  const all = [...windowsOf(ids, size, size)];
  shuffler.shuffle(all, 0);
  const unseen = all.splice(0, Math.max(1, Math.min(VALIDATION, Math.floor(all.length * VALIDATION_PART))));
  const chunks = Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, i) => all.slice(i * CHUNK, (i + 1) * CHUNK));
  return { unseen, chunks, tokens: all.length * size };
}

/** Whole minibatches in so many rows; one where there are fewer rows. */
const batches = (rows: number): number => Math.max(1, Math.floor(rows / BATCH));

/** One pass over the examples; `steps` is how many the whole training has. */
function learn(trainer: LayerTrainer, examples: Examples, order: readonly number[], steps: number): void {
  for (let batch = 0; batch < batches(order.length); batch++) {
    // Warm-up, then down in a straight line.
    const decay = 1 - (1 - LAST_RATE) * (trainer.steps / steps);
    const rate = RATE * Math.min((trainer.steps + 1) / WARM_UP, 1) * decay;
    trainer.step(examples, order.slice(batch * BATCH, (batch + 1) * BATCH), rate);
  }
}
