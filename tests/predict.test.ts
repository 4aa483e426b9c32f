/** The parts of the predictors: functions, worth, learning, what a sparse run leaves out, files. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codeOf } from '../ts/core/errors.js';
import { evaluatePredictors } from '../ts/index.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { bytesSource } from '../ts/model/source.js';
import { FloatModel } from '../ts/plain/float.js';
import type { LayerTrace } from '../ts/plain/float-hooks.js';
import { ExampleCollector, type Examples } from '../ts/predict/examples.js';
import { asStored, encodePredictors, readPredictors } from '../ts/predict/file.js';
import { ln, logistic } from '../ts/predict/functions.js';
import { halves } from '../ts/predict/half.js';
import { Ruler } from '../ts/predict/loss.js';
import type { LayerPredictor, Predictors } from '../ts/predict/predictor.js';
import { PredictedOnly } from '../ts/predict/sparse-run.js';
import { nearestProduct } from '../ts/predict/subspace.js';
import { chooseThresholds } from '../ts/predict/thresholds.js';
import { LayerTrainer } from '../ts/predict/trainer.js';
import { trainPredictors, type TrainingState } from '../ts/predict/train.js';
import { encodeState, readState } from '../ts/predict/state.js';
import { Worth } from '../ts/predict/worth.js';
import { lcg, randomModel, TINY } from './support/random-model.js';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});
const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(() => 'nothing', codeOf);
const { model, text } = randomModel(3);
const { width, ffn, heads, headDim, layers } = model.shape;
const outputs = ffn + heads;

/** Random predictors of rank 8 with every threshold at `threshold`. */
function predictors(threshold: number): Predictors {
  const random = lcg(11);
  const values = (size: number) => Float32Array.from({ length: size }, () => random() - 0.5);
  const layer = (): LayerPredictor => ({
    rank: 8,
    down: values(width * 8),
    up: values(8 * outputs),
    thresholds: new Float32Array(outputs).fill(threshold),
    prices: { neurons: 1, heads: 1 },
  });
  return { shape: { width, ffn, heads }, layers: model.layers.map(layer) };
}

test('the logistic function and the logarithm are those of mathematics', () => {
  const sigma = logistic(kernels);
  for (let x = -20; x <= 20; x += 0.0137) expect(Math.abs(sigma(x) - 1 / (1 + Math.exp(-x)))).toBeLessThan(1.2e-6);
  for (let x = 1e-6; x < 1e6; x *= 1.37) expect(Math.abs(ln(kernels, x) - Math.log(x))).toBeLessThan(1e-6);
});

test('halves round to the nearest, ties to even, and every half stays itself', () => {
  const all = Uint16Array.from({ length: 0x10000 }, (_, i) => i);
  const values = kernels.decodeTensor(new Uint8Array(all.buffer), 'F16');
  const bytes = halves(values);
  const again = new Uint16Array(bytes.buffer);
  expect([...all].filter((bits, i) => !Number.isNaN(values[i]) && again[i] !== bits)).toEqual([]);
  const near = (value: number): number => kernels.decodeTensor(halves(Float32Array.of(value)), 'F16')[0];
  for (let i = 0; i < 0x7bff; i += 61) {
    const [low, high] = [values[i], values[i + 1]];
    expect(near(low + 0.49 * (high - low))).toBe(low);
    expect(near(low + 0.51 * (high - low))).toBe(high);
    expect(near((low + high) / 2)).toBe(i % 2 === 0 ? low : high);
  }
  expect([near(65519), near(65520), near(-1e9)]).toEqual([65504, Infinity, -Infinity]);
});

test('the start of training is the best product of its rank', () => {
  const random = lcg(2);
  const values = (size: number) => Float32Array.from({ length: size }, () => random() - 0.5);
  const [rows, cols, rank] = [200, 24, 5];
  const inputs = values(rows * width);
  const exact = nearestProduct(kernels, values(rows * width), values(width * cols), width, cols);
  expect(exact.down).toHaveLength(width * cols);
  // A matrix of rank 5 and a little noise is found again, up to the noise.
  const [left, right] = [values(width * rank), values(rank * cols)];
  const product = (a: Float32Array, b: Float32Array, inner: number) =>
    kernels.FloatMatrix.fromRows(inner, b.length / inner, b).mul(a, a.length / inner);
  const noise = values(width * cols).map((value) => value * 1e-3);
  const matrix = product(left, right, rank).map((value, i) => value + noise[i]);
  const { down, up } = nearestProduct(kernels, inputs, matrix, width, rank);
  const wanted = product(inputs, matrix, width);
  const found = product(product(inputs, down, width), up, rank);
  const size = (x: Float32Array) => Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
  expect(size(found.map((v, i) => v - wanted[i]))).toBeLessThan(1.1 * size(product(inputs, noise, width)));
});

test('worth is the squared length of what an output adds to the centred stream', () => {
  const float = new FloatModel(kernels, model);
  const ids = text(6);
  const runs = (hooks: object): LayerTrace => {
    let last: LayerTrace | undefined;
    float.forward(ids, undefined, {
      ...hooks,
      layer: (trace: LayerTrace) => trace.layer === 0 && (last = { ...trace }),
    });
    return last!;
  };
  const whole = runs({});
  const worth = new Worth(model.shape, model.layers[0]);
  const distance = (a: Float32Array, b: Float32Array, row: number): number => {
    const gaps = Array.from({ length: width }, (_, i) => a[row * width + i] - b[row * width + i]);
    const mean = gaps.reduce((x, y) => x + y, 0) / width;
    return gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0);
  };
  const [row, neuron, head] = [4, whole.up.subarray(4 * ffn, 5 * ffn).findIndex((u) => u > 0.1), 2];
  const without = runs({ neurons: (layer: number, up: Float32Array) => layer === 0 && (up[row * ffn + neuron] = 0) });
  const ofNeuron = worth.neuron(neuron, whole.up[row * ffn + neuron]);
  expect(distance(whole.x2, without.x2, row) / ofNeuron).toBeCloseTo(1, 3);
  const beheaded = runs({
    heads: (layer: number, out: Float32Array) =>
      layer === 0 && out.fill(0, row * width + head * headDim, row * width + (head + 1) * headDim),
  });
  const ofHead = worth.head(head, whole.attention.subarray(row * width, (row + 1) * width));
  expect(distance(whole.x1, beheaded.x1, row) / ofHead).toBeCloseTo(1, 3);
  expect(worth.neuron(neuron, -1)).toBe(0);
  float.free();
});

describe('a sparse run', () => {
  const ids = text(40);
  const logitsWith = (hooks: object, weights: typeof model = model): Float32Array => {
    const float = new FloatModel(kernels, weights);
    const logits = float.logits(float.forward(ids, undefined, hooks));
    float.free();
    return logits;
  };

  test('with everything predicted is the whole model', () => {
    const all = new PredictedOnly(kernels, model, predictors(-Infinity));
    expect(logitsWith(all)).toEqual(logitsWith({}));
    expect(all.total()).toMatchObject({ computedDensity: 1, headsSkipped: 0, neuronRecall: 1, massRecall: 1 });
    expect(all.missed()).toEqual(Array(layers).fill({ neurons: 0, heads: 0 }));
    all.free();
  });

  test('with nothing predicted is the model without matrices after the heads and the neurons', () => {
    const none = new PredictedOnly(kernels, model, predictors(Infinity));
    const zero = { o: new Float32Array(width * width), down: new Float32Array(ffn * width) };
    const empty = { ...model, layers: model.layers.map((layer) => ({ ...layer, ...zero })) };
    expect(logitsWith(none)).toEqual(logitsWith({}, empty));
    expect(none.total()).toMatchObject({ computedDensity: 0, headsSkipped: 1, neuronRecall: 0, massRecall: 0 });
    none.free();
  });

  test('computes what scores above its threshold, and counts it', () => {
    const some = predictors(0.3);
    const sparse = new PredictedOnly(kernels, model, some);
    const computed: boolean[] = [];
    let active = 0;
    let hits = 0;
    const float = new FloatModel(kernels, model);
    let scores: number[] = [];
    float.forward(ids, undefined, {
      input: (layer, x) => {
        sparse.input(layer, x);
        const { down, up } = some.layers[layer];
        scores = Array.from({ length: ids.length * outputs }, (_, i) => {
          const [row, j] = [Math.floor(i / outputs), i % outputs];
          let score = 0;
          for (let k = 0; k < 8; k++)
            for (let c = 0; c < width; c++) score += x[row * width + c] * down[c * 8 + k] * up[k * outputs + j];
          return score;
        });
      },
      heads: sparse.heads,
      neurons: (layer, up) => {
        const before = up.slice();
        sparse.neurons(layer, up);
        before.forEach((u, i) => {
          const isComputed = scores[Math.floor(i / ffn) * outputs + (i % ffn)] > 0.3;
          computed.push(isComputed);
          expect(up[i]).toBe(isComputed ? u : 0);
          if (u > 0) active++;
          if (u > 0 && isComputed) hits++;
        });
      },
    });
    float.free();
    const share = computed.filter(Boolean).length / computed.length;
    expect(share).toBeGreaterThan(0.1);
    expect(share).toBeLessThan(0.9);
    expect(sparse.total().computedDensity).toBeCloseTo(share, 12);
    expect(sparse.total().neuronRecall).toBeCloseTo(hits / active, 12);
    sparse.free();
  });

  test('rounds to the bits asked for', () => {
    const scores = (bits?: number): Float32Array => {
      const sparse = new PredictedOnly(kernels, model, predictors(0), bits ? { bits } : undefined);
      logitsWith(sparse);
      sparse.free();
      return Float32Array.from(sparse.perLayer(), (layer) => layer.peakScore);
    };
    const exact = scores();
    const error = (bits: number): number => Math.abs(scores(bits)[0] - exact[0]);
    expect(error(20)).toBeLessThan(1e-3);
    expect(error(4)).toBeGreaterThan(error(20));
  });
});

describe('learning', () => {
  /** Outputs that are worth 4 where a hidden direction says so, by rows of noise. */
  function planted(rows: number, seed: number): Examples {
    const random = lcg(seed);
    const directions = lcg(77);
    const matrix = Float32Array.from({ length: width * outputs }, () => directions() - 0.5);
    const inputs = Float32Array.from({ length: rows * width }, () => 4 * (random() - 0.5));
    const [starts, listed] = [[0], [] as number[]];
    for (let row = 0; row < rows; row++) {
      for (let j = 0; j < outputs; j++) {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += inputs[row * width + i] * matrix[i * outputs + j];
        if (sum > 2) listed.push(j);
      }
      starts.push(listed.length);
    }
    const worth = new Float32Array(listed.length).fill(4);
    return { rows, inputs, starts: Uint32Array.from(starts), outputs: Uint16Array.from(listed), worth };
  }

  test('finds which inputs make an output worth computing', () => {
    const examples = planted(2048, 1);
    const unseen = planted(512, 2);
    const shape = { width, ffn, heads };
    const trainer = LayerTrainer.start(kernels, shape, width, model.layers[0].up, examples);
    const recall = (): { recall: number; density: number } => {
      const { down, up, thresholds } = trainer.best();
      const hidden = kernels.FloatMatrix.fromRows(width, width, down).mul(unseen.inputs, unseen.rows);
      const scores = kernels.FloatMatrix.fromRows(width, outputs, up).mul(hidden, unseen.rows);
      const isComputed = scores.map((score, i) => Number(score > thresholds[i % outputs]));
      let hits = 0;
      for (let row = 0; row < unseen.rows; row++)
        for (let k = unseen.starts[row]; k < unseen.starts[row + 1]; k++)
          hits += isComputed[row * outputs + unseen.outputs[k]];
      return {
        recall: hits / unseen.outputs.length,
        density: isComputed.reduce((a, b) => a + b, 0) / isComputed.length,
      };
    };
    trainer.keepIfBest(unseen);
    const before = recall();
    for (let pass = 0; pass < 20; pass++)
      for (let at = 0; at < 2048; at += 256)
        trainer.step(
          examples,
          Array.from({ length: 256 }, (_, i) => at + i),
          1e-2,
        );
    trainer.keepIfBest(unseen);
    const after = recall();
    expect(before.recall).toBeLessThan(0.8);
    expect(after.recall).toBeGreaterThan(0.95);
    expect(after.density).toBeLessThan(2 * (unseen.outputs.length / (512 * outputs)));
  });

  test('keeps the best parameters, not the last', () => {
    const examples = planted(512, 1);
    const trainer = LayerTrainer.start(kernels, { width, ffn, heads }, 8, model.layers[0].up, examples);
    trainer.keepIfBest(examples);
    const before = trainer.best();
    trainer.step(examples, [0, 1, 2], 10); // an absurd rate
    trainer.keepIfBest(examples);
    expect(trainer.best()).toEqual(before);
  });

  test('goes on from its state as if it had not stopped, and depends on the seed', async () => {
    const ids = text(110 * TINY.context);
    const all = { rank: 4, passes: 1, seed: 1 };
    const states: Uint8Array[] = [];
    const keep = async (state: TrainingState): Promise<void> => void states.push(encodeState(state, 'this'));
    const whole = await trainPredictors(kernels, model, ids, { ...all, onState: keep });
    expect(states.length).toBeGreaterThan(1);
    const source = bytesSource('states', { first: states[0], damaged: states[0].slice(0, -3) });
    const state = await readState(kernels, source, 'first', 'this');
    expect(state?.chunks).toBe(1);
    expect(await trainPredictors(kernels, model, ids, { ...all, state })).toEqual(whole);
    expect((await trainPredictors(kernels, model, ids, { ...all, seed: 2 })).predictors).not.toEqual(whole.predictors);
    expect(await readState(kernels, source, 'first', 'another')).toBeUndefined();
    expect(await readState(kernels, source, 'nothing', 'this')).toBeUndefined();
    expect(await failure(readState(kernels, source, 'damaged', 'this'))).toBe('E_CHECKPOINT');
  });

  test('refuses what it cannot learn from', async () => {
    const train = (ids: number[], options: object) => failure(trainPredictors(kernels, model, ids, options));
    const ids = text(5 * TINY.context);
    expect(await train(text(10), {})).toBe('E_ARGUMENT');
    expect(await train(ids, { rank: 0 })).toBe('E_ARGUMENT');
    expect(await train(ids, { rank: [4] })).toBe('E_ARGUMENT');
    expect(await train(ids, { rank: width + 1 })).toBe('E_ARGUMENT');
    expect(await train(ids, { rank: 4, signal: AbortSignal.abort() })).toBe('E_ABORTED');
  });
});

test('examples list every output of worth', () => {
  const float = new FloatModel(kernels, model);
  const collector = new ExampleCollector(model);
  const traces: { up: Float32Array }[] = [];
  float.forward(text(7), undefined, {
    input: collector.input,
    layer: (trace) => (collector.layer(trace), traces.push({ up: trace.up.slice() })),
  });
  const [examples] = collector.take();
  expect(examples.rows).toBe(7);
  expect(examples.inputs).toHaveLength(7 * width);
  const active = [...traces[0].up.keys()].filter((i) => traces[0].up[i] > 0);
  expect(examples.outputs).toHaveLength(active.length + 7 * heads);
  const listed = [...examples.outputs.slice(0, examples.starts[1])];
  expect(listed).toEqual([...active.filter((i) => i < ffn), ...Array.from({ length: heads }, (_, head) => ffn + head)]);
  expect(collector.take()[0].rows).toBe(0);
  float.free();
});

describe('thresholds', () => {
  test('keep the increase within the budget, and use it', async () => {
    const windows = [text(48), text(48), text(48), text(48)];
    const float = new FloatModel(kernels, model);
    const ruler = await Ruler.on(kernels, float, windows);
    const { predictors: trained } = await trainPredictors(kernels, model, text(60 * TINY.context), { rank: 16 });
    const search = { kernels, weights: model, ruler };
    const spent: number[] = [];
    for (const most of [0.001, 0.02]) {
      const chosen = await chooseThresholds(search, trained, { neurons: most, heads: 0 });
      const headless = chosen.layers.map((layer) => ({
        ...layer,
        thresholds: layer.thresholds.map((t, j) => (j < ffn ? t : -Infinity)),
      }));
      const sparse = new PredictedOnly(kernels, model, { ...chosen, layers: headless });
      const { crossEntropy, divergence } = await ruler.measure(sparse);
      expect(crossEntropy / ruler.crossEntropy - 1).toBeLessThanOrEqual(most);
      expect(divergence).toBeGreaterThan(0);
      spent.push(sparse.total().computedDensity);
      sparse.free();
    }
    expect(spent[0]).toBeLessThan(1);
    expect(spent[1]).toBeLessThan(spent[0]);
    float.free();
  });
});

describe('a file of predictors', () => {
  const shape = model.shape;
  const read = (bytes: Uint8Array, weights = 'w', of: object = shape) =>
    readPredictors(kernels, bytesSource('folder', { 'predictors.safetensors': bytes }), {
      shape: of as typeof shape,
      weights,
    });

  test('holds them as halves', async () => {
    const some = predictors(0.25);
    const again = await read(encodePredictors(some, 'w'));
    expect(again).toEqual(asStored(kernels, some));
    again.layers[0].down.forEach((v, i) => expect(Math.abs(v - some.layers[0].down[i])).toBeLessThan(2 ** -11));
  });

  test('is refused when it is damaged or of another model', async () => {
    const bytes = encodePredictors(predictors(0), 'w');
    expect(await failure(read(bytes.slice(0, -1)))).toBe('E_CHECKPOINT');
    expect(await failure(read(bytes.slice(0, 4)))).toBe('E_CHECKPOINT');
    expect(await failure(read(bytes, 'other'))).toBe('E_CHECKPOINT');
    expect(await failure(read(bytes, 'w', { ...shape, ffn: ffn + 1 }))).toBe('E_CHECKPOINT');
    expect(await failure(read(bytes, 'w', { ...shape, layers: layers + 1 }))).toBe('E_CHECKPOINT');
    const other = new TextDecoder('latin1').decode(bytes).replace('"format":"1"', '"format":"9"');
    expect(await failure(read(Uint8Array.from(other, (c) => c.charCodeAt(0))))).toBe('E_VERSION');
  });
});

// What the card and docs/predictors.md promise, on a small part of the held-out text.
const shipped = new URL('../models/comet-16m/', import.meta.url);
const isThere = existsSync(new URL('predictors.safetensors', shipped));
(isThere ? test : test.skip)(
  'the shipped predictors leave most out at little loss',
  async () => {
    const evaluation = await evaluatePredictors(fileURLToPath(shipped), { bytes: 4_000 });
    expect(evaluation.computedDensity).toBeLessThan(0.15);
    expect(evaluation.headsSkipped).toBeGreaterThan(0.25);
    expect(evaluation.neuronRecall).toBeGreaterThan(0.9);
    expect(evaluation.massRecall).toBeGreaterThan(evaluation.neuronRecall);
    expect(Math.abs(evaluation.crossEntropyChange)).toBeLessThan(0.01);
    expect(evaluation.perLayer).toHaveLength(8);
  },
  300_000,
);
