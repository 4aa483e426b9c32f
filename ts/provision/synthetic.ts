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
import type { Shape } from '../plan/shape.js';
import { type LayerPredictor, outputsOf, type Predictors } from '../predict/predictor.js';
import { Scorer } from '../predict/scorer.js';
import { PredictedOnly } from '../predict/sparse-run.js';
import { calibrate, type Calibration } from './calibrate.js';
import { type PreparedModel, scoreShiftOf, skipOf } from './prepare.js';

/** Standard deviation of the matrices, as in trained models of this kind, and of the embeddings: a stream of rms about one. */
const WEIGHT_STD = 0.03;
const EMBEDDING_STD = 1;
/** Of biases. */
const BIAS_STD = 0.1;
/** Least tokens of the calibration. */
const TOKENS = 256;

/**
 * A prepared model with gaussian weights and its calibration over random tokens. Equal seeds give equal models.
 * @throws CometError `E_ABORTED` by the signal.
 */
export async function syntheticModel(
  kernels: Kernels,
  shape: Shape,
  {
    seed = 0,
    biased = false,
    postNorm = false,
    signal,
  }: { seed?: number; biased?: boolean; postNorm?: boolean; signal?: AbortSignal } = {},
): Promise<{ model: PreparedModel; calibration: Calibration }> {
  const { width, ffn, vocab, context } = shape;
  const random = new Random(kernels, seed);
  const matrix = (rows: number, cols: number): Float32Array => random.gaussian(rows * cols, WEIGHT_STD);
  const bias = (count: number): Float32Array => random.gaussian(count, BIAS_STD);
  const embedding = centred(random.gaussian(vocab * width, EMBEDDING_STD), width);
  const model: PreparedModel = {
    shape: { ...shape, positionOffset: POSITION_OFFSET },
    scoreShift: scoreShiftOf(shape.headDim),
    embedding,
    positions: centred(random.gaussian((context + POSITION_OFFSET) * width, EMBEDDING_STD / 4), width),
    head: embedding,
    layers: Array.from({ length: shape.layers }, () => ({
      qkv: matrix(width, 3 * width),
      o: centred(matrix(width, width), width),
      up: matrix(width, ffn),
      down: centred(matrix(ffn, width), width),
      ...(postNorm && { skip: { a: skipOf(width), b: skipOf(width) } }),
      ...(biased && {
        bias: {
          qkv: bias(3 * width),
          o: centred(bias(width), width),
          up: bias(ffn),
          down: centred(bias(width), width),
        },
      }),
    })),
  };
  const ids = random.below(vocab, Math.max(TOKENS, context));
  return { model, calibration: await calibrate(kernels, model, ids, { signal }) };
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
      down: random.gaussian(shape.width * rank, 1 / Math.sqrt(shape.width)),
      up: random.gaussian(rank * outputs, 4 / Math.sqrt(rank)),
      thresholds: new Float32Array(outputs).fill(-Infinity),
      prices: { neurons: 1, heads: 1 },
      peaks: { hidden: 0, margin: 0 },
    };
  });
  const float = new FloatModel(kernels, model);
  const cache = float.newCache();
  if (before.length > 0) float.forward(before, cache);
  // Layer by layer, because what a layer leaves out changes what the next one sees.
  for (const i of layers.keys()) {
    const inputs: Float32Array[] = [];
    const only = new PredictedOnly(kernels, model, { shape, layers });
    const input = (at: number, x: Float32Array): void => {
      if (at === i) inputs.push(x.slice());
      only.input(at, x);
    };
    for (const step of steps) {
      cache.length = before.length;
      float.forward(step, cache, { ...only, input });
    }
    only.free();
    layers[i] = tuned(kernels, shape, layers, i, inputs, (j) => (j < shape.ffn ? neurons : heads / shape.heads));
  }
  float.free();
  return { shape, layers };
}

/** Layer i with thresholds that let the given part of its scores through. */
function tuned(
  kernels: Kernels,
  shape: Shape,
  layers: readonly LayerPredictor[],
  i: number,
  inputs: readonly Float32Array[],
  part: (output: number) => number,
): LayerPredictor {
  const layer = layers[i];
  const outputs = layer.thresholds.length;
  const bare = layers.map((other) => ({ ...other, thresholds: new Float32Array(other.thresholds.length) }));
  const scorer = new Scorer(kernels, { shape, layers: bare });
  const runs = inputs.map((x) => scorer.run(i, x));
  scorer.free();
  const thresholds = layer.thresholds.map((_, j) => {
    const scores: number[] = [];
    for (const { margins } of runs) for (let at = j; at < margins.length; at += outputs) scores.push(margins[at]);
    return quantile(scores, part(j));
  });
  const peak = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const hidden = Math.max(...runs.map((run) => peak(run.hidden)));
  const margin = Math.max(...runs.map((run) => run.peak)) + peak(thresholds);
  return { ...layer, thresholds, peaks: { hidden, margin } };
}

/** What the given part of the scores exceeds; beyond all of them where it is nothing or everything. */
function quantile(scores: number[], part: number): number {
  scores.sort((a, b) => b - a);
  const count = Math.round(part * scores.length);
  if (count <= 0) return scores[0] + 1;
  return count >= scores.length ? scores[scores.length - 1] - 1 : (scores[count - 1] + scores[count]) / 2;
}

/** Random numbers from the kernels' stream: the same in every runtime. */
class Random {
  readonly #key: Uint8Array;
  #tensor = 0;

  constructor(
    private readonly kernels: Kernels,
    seed: number,
  ) {
    this.#key = sha256(utf8ToBytes(`comet synthetic ${seed}`));
  }

  /** Normal variates: the sum of the four 16-bit digits of a word (Irwin-Hall), cut off at 3.5 standard deviations by its nature. */
  gaussian(count: number, std: number): Float32Array {
    const digits = new Uint16Array(this.#words(count).buffer);
    const scale = (std * Math.sqrt(3)) / 2 ** 16;
    return Float32Array.from({ length: count }, (_, i) => {
      const sum = digits[4 * i] + digits[4 * i + 1] + digits[4 * i + 2] + digits[4 * i + 3];
      return (sum - 2 * 0xffff) * scale;
    });
  }

  /** Integers below `bound`; its bias does not matter here. */
  below(bound: number, count: number): number[] {
    return Array.from(this.#words(count), (word) => Number(word % BigInt(bound)));
  }

  #words(count: number): BigUint64Array<ArrayBuffer> {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(0, this.#tensor++, true);
    return this.kernels.prgWords(this.#key, nonce, 0, count, 64) as BigUint64Array<ArrayBuffer>;
  }
}
