/**
 * Models of any shape with random weights, for measuring what a layer costs. Calibrated on random streams of the usual size instead of
 * text: what the wires hold decides their widths, and so the bytes.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { POSITION_OFFSET } from '../checkpoint/config-opt.js';
import type { Kernels } from '../kernels/load.js';
import { centred } from '../plain/centred.js';
import { FloatModel } from '../plain/float.js';
import type { FloatVariant } from '../plain/float-weights.js';
import { ropeOf } from '../plan/rope.js';
import { queryWidth, qkvWidth, type Shape } from '../plan/shape.js';
import type { LlamaForm } from '../plan/shapes.js';
import { type LayerPredictor, outputsOf, type Predictors } from '../predict/predictor.js';
import { peakOf, Scorer } from '../predict/scorer.js';
import { PredictedOnly } from '../predict/sparse-run.js';
import { calibrate } from './calibrate.js';
import type { Calibration } from './calibration.js';
import { type PreparedLayer, type PreparedModel, scoreShiftOf, skipOf } from './prepare.js';

/** Standard deviation of the matrices of models as wide as OPT-125M or less, and of the embeddings: a stream of rms about one. */
const WEIGHT_STD = 0.03;
const EMBEDDING_STD = 1;
/** Of position embeddings. */
const POSITION_STD = EMBEDDING_STD / 4;
/** Of biases. */
const BIAS_STD = 0.1;
/** Least tokens of the calibration. */
const TOKENS = 256;
/**
 * Wider models have ranges as trained ones do: weights that keep their outputs' size, and a first token whose state is larger than
 * others', by as much as is usual in OPT models.
 */
const TRAINED = { above: 768, firstToken: 3 };

/** How to make a synthetic model. */
export interface SyntheticOptions {
  readonly seed?: number;
  readonly biased?: boolean;
  readonly postNorm?: boolean;
  readonly signal?: AbortSignal;
  /** Of the calibration, in tokens. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * A prepared model with gaussian weights and its calibration over random tokens. Equal seeds give equal models. A matrix is made when it
 * is read, each time anew: all of them would take more memory than the parties do.
 * @throws CometError `E_ABORTED` by the signal.
 */
export async function syntheticModel(
  kernels: Kernels,
  { llama, ...shape }: Shape & { readonly llama?: LlamaForm },
  { seed = 0, biased = false, postNorm = false, ...work }: SyntheticOptions = {},
): Promise<{ model: PreparedModel; calibration: Calibration }> {
  const { width, vocab, context, layers } = shape;
  const random = new Random(kernels, seed);
  const written: Written = llama ? (values) => values : (values) => centred(values, width);
  const embedding = written(random.gaussian(0, vocab * width, EMBEDDING_STD));
  const kind = { biased, postNorm, gated: llama !== undefined };
  const model: PreparedModel = {
    shape: { ...shape, positionOffset: POSITION_OFFSET },
    scoreShift: scoreShiftOf(shape.headDim),
    embedding,
    ...(llama ? { variant: variantOf(llama, shape.headDim) } : { positions: positionsOf(random, shape) }),
    head: embedding,
    layers: Array.from({ length: layers }, (_, layer) => syntheticLayer(random, shape, layer, { ...kind, written })),
  };
  const ids = random.below(2 + layers * tensorsOf(kind), vocab, Math.max(TOKENS, context));
  return { model, calibration: await calibrate(kernels, model, ids, work) };
}

/** What is written to the stream, as the norms want it. */
type Written = (values: Float32Array) => Float32Array;

/** Kinds of a layer. */
type LayerKind = Required<Pick<SyntheticOptions, 'biased' | 'postNorm'>> & { readonly gated: boolean };

const variantOf = ({ activation, theta, eps }: LlamaForm, headDim: number): FloatVariant => ({
  ...{ norm: 'rms', eps, normBefore: true, finalNorm: true },
  feedForward: { activation, gated: true },
  rope: ropeOf(theta, headDim),
});

function positionsOf(random: Random, { width, context }: Shape): Float32Array {
  const positions = centred(random.gaussian(1, (context + POSITION_OFFSET) * width, POSITION_STD), width);
  if (width <= TRAINED.above) return positions;
  const first = positions.subarray(POSITION_OFFSET * width, (POSITION_OFFSET + 1) * width);
  const size = Math.sqrt(TRAINED.firstToken ** 2 - EMBEDDING_STD ** 2) / POSITION_STD;
  for (let i = 0; i < width; i++) first[i] *= size;
  return positions;
}

/** Random tensors of a layer. */
const tensorsOf = ({ biased, gated }: Omit<LayerKind, 'postNorm'>): number => (biased ? 8 : 4) + (gated ? 1 : 0);

function syntheticLayer(
  random: Random,
  shape: Shape,
  layer: number,
  { biased, postNorm, gated, written }: LayerKind & { readonly written: Written },
): PreparedLayer {
  const { width, ffn } = shape;
  const [queries, all] = [queryWidth(shape), qkvWidth(shape)];
  const std = WEIGHT_STD * Math.sqrt(TRAINED.above / Math.max(TRAINED.above, width));
  const first = 2 + layer * tensorsOf({ biased, gated });
  const matrix = (tensor: number, rows: number, cols: number): Float32Array =>
    random.gaussian(first + tensor, rows * cols, std);
  const bias = (tensor: number, count: number): Float32Array => random.gaussian(first + tensor, count, BIAS_STD);
  const made: PreparedLayer = {
    get qkv() {
      return matrix(0, width, all);
    },
    get o() {
      return written(matrix(1, queries, width));
    },
    get up() {
      return matrix(2, width, ffn);
    },
    get down() {
      return written(matrix(3, ffn, width));
    },
    ...(postNorm && { skip: { a: skipOf(width), b: skipOf(width) } }),
    ...(biased && {
      bias: {
        qkv: bias(4, all),
        o: centred(bias(5, width), width),
        up: bias(6, ffn),
        down: centred(bias(7, width), width),
      },
    }),
  };
  if (gated) Object.defineProperty(made, 'gate', { get: () => matrix(biased ? 8 : 4, width, ffn) });
  return made;
}

/** How much of a synthetic model is computed. */
export interface Density {
  /** Part of the neurons, between 0 and 1. */
  readonly neurons: number;
  /** Heads of all of them. */
  readonly heads: number;
}

/** Steps whose inputs decide the thresholds: each follows the tokens of `before`, which run dense. */
export interface Steps {
  readonly before: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

/**
 * Random predictors: every output's threshold is the quantile of its own scores over the rows of `steps`, so that it is computed in the
 * given part of them. What a predictor costs does not depend on how well it predicts.
 */
export function syntheticPredictors(
  kernels: Kernels,
  model: PreparedModel,
  { neurons, heads }: Density,
  rank: number,
  { before, steps }: Steps,
  seed = 0,
): Predictors {
  const { shape } = model;
  const random = new Random(kernels, seed + 1);
  const layers = Array.from({ length: shape.layers }, (_, from): LayerPredictor => {
    const outputs = outputsOf(shape, from, shape.layers);
    return {
      from,
      rank,
      down: random.gaussian(2 * from, shape.width * rank, 1 / Math.sqrt(shape.width)),
      up: random.gaussian(2 * from + 1, rank * outputs, 4 / Math.sqrt(rank)),
      thresholds: new Float32Array(outputs).fill(-Infinity),
      prices: { neurons: 1, heads: 1 },
      peaks: { hidden: 0, margin: 0 },
    };
  });
  // Layer by layer, because what a layer leaves out changes what the next one sees.
  for (const i of layers.keys()) {
    const inputs = inputsOf(kernels, model, layers.slice(0, i), { before, steps });
    layers[i] = tuned(kernels, shape, layers[i], inputs, (j) => (j < shape.ffn ? neurons : heads / shape.heads));
  }
  return { shape, layers };
}

/** What the layer after those of `layers` reads in each step: the stream behind them, as the last norm gives it. */
function inputsOf(
  kernels: Kernels,
  model: PreparedModel,
  layers: readonly LayerPredictor[],
  { before, steps }: Steps,
): Float32Array[] {
  const part = { ...model, layers: model.layers.slice(0, layers.length) };
  const float = new FloatModel(kernels, part);
  const only = new PredictedOnly(kernels, part, { shape: model.shape, layers });
  const cache = float.newCache();
  if (before.length > 0) float.forward(before, cache);
  const inputs = steps.map((step) => {
    cache.length = before.length;
    return float.forward(step, cache, only);
  });
  only.free();
  float.free();
  return inputs;
}

/** A layer with thresholds that let the given part of its scores through. */
function tuned(
  kernels: Kernels,
  shape: Shape,
  layer: LayerPredictor,
  inputs: readonly Float32Array[],
  part: (output: number) => number,
): LayerPredictor {
  const outputs = layer.thresholds.length;
  const bare = { ...layer, thresholds: new Float32Array(outputs) };
  const scorer = new Scorer(kernels, { shape, layers: [bare] });
  const runs = inputs.map((x) => scorer.run(0, x));
  scorer.free();
  const thresholds = layer.thresholds.map((_, j) => {
    const scores: number[] = [];
    for (const { margins } of runs) for (let at = j; at < margins.length; at += outputs) scores.push(margins[at]);
    return quantile(scores, part(j));
  });
  const hidden = Math.max(...runs.map((run) => peakOf(run.hidden)));
  const margin = Math.max(...runs.map((run) => run.peak)) + peakOf(thresholds);
  return { ...layer, thresholds, peaks: { hidden, margin } };
}

/** What the given part of the scores exceeds; beyond all of them where it is nothing or everything. */
function quantile(scores: number[], part: number): number {
  scores.sort((a, b) => b - a);
  const count = Math.round(part * scores.length);
  if (count <= 0) return scores[0] + 1;
  return count >= scores.length ? scores[scores.length - 1] - 1 : (scores[count - 1] + scores[count]) / 2;
}

/** Words of the stream that are drawn at once. */
const CHUNK = 2 ** 20;

/** Random numbers from the kernels' stream, by tensor: the same in every runtime. */
class Random {
  readonly #key: Uint8Array;

  constructor(
    private readonly kernels: Kernels,
    seed: number,
  ) {
    this.#key = sha256(utf8ToBytes(`comet synthetic ${seed}`));
  }

  /** Normal variates: the sum of the four 16-bit digits of a word (Irwin-Hall), cut off at 3.5 standard deviations by its nature. */
  gaussian(tensor: number, count: number, std: number): Float32Array {
    const values = new Float32Array(count);
    const scale = (std * Math.sqrt(3)) / 2 ** 16;
    for (let from = 0; from < count; from += CHUNK) {
      const digits = new Uint16Array(this.#words(tensor, from, Math.min(CHUNK, count - from)).buffer);
      for (let i = 0, at = from; i < digits.length; i += 4, at++)
        values[at] = (digits[i] + digits[i + 1] + digits[i + 2] + digits[i + 3] - 2 * 0xffff) * scale;
    }
    return values;
  }

  /** Integers below `bound`; its bias does not matter here. */
  below(tensor: number, bound: number, count: number): number[] {
    return Array.from(this.#words(tensor, 0, count), (word) => Number(word % BigInt(bound)));
  }

  #words(tensor: number, from: number, count: number): BigUint64Array<ArrayBuffer> {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(0, tensor, true);
    return this.kernels.prgWords(this.#key, nonce, from, count, 64) as BigUint64Array<ArrayBuffer>;
  }
}
