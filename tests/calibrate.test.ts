import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Checkpoint, loadCheckpoint } from '../ts/checkpoint/checkpoint.js';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { codeOf } from '../ts/core/errors.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { SCORE_FACTS } from '../ts/plain/float-attention.js';
import type { LayerTrace, ScoreTrace } from '../ts/plain/float-hooks.js';
import { PLAIN_VARIANT } from '../ts/plain/float-weights.js';
import { FloatModel } from '../ts/plain/float.js';
import { calibrate } from '../ts/provision/calibrate.js';
import type { Calibration } from '../ts/provision/calibration.js';
import { planModel } from '../ts/provision/owner.js';
import { type PreparedModel, prepareModel, scoreShiftOf } from '../ts/provision/prepare.js';
import { syntheticModel } from '../ts/provision/synthetic.js';

const folder = fileURLToPath(new URL('fixtures/tiny-opt', import.meta.url));
const { ids } = JSON.parse(readFileSync(`${folder}/reference.json`, 'utf8')) as { ids: number[] };

let kernels: Kernels;
let tiny: Checkpoint;
let prepared: PreparedModel;
beforeAll(async () => {
  kernels = await loadKernels();
  tiny = await loadCheckpoint(kernels, folderSource(folder));
  prepared = prepareModel(kernels, tiny);
});

const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(() => 'nothing', codeOf);

describe('preparation', () => {
  test('does not change the function', () => {
    const [a, b] = [tiny, prepared].map((weights) => {
      const model = new FloatModel(kernels, weights);
      const logits = model.logits(model.forward(ids));
      model.free();
      return logits;
    });
    const worst = a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), 0);
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(1e-4);
  });

  test('leaves a stream without mean', () => {
    const model = new FloatModel(kernels, prepared);
    const { width } = prepared.shape;
    model.forward(ids, undefined, {
      layer: ({ x1, x2 }) => {
        for (const x of [x1, x2]) {
          for (let at = 0; at < x.length; at += width) {
            const row = x.subarray(at, at + width);
            expect(Math.abs(row.reduce((a, b) => a + b, 0) / width)).toBeLessThan(1e-5);
          }
        }
      },
    });
    model.free();
  });

  test.each([
    [1, 0],
    [4, 1],
    [8, 1],
    [16, 2],
    [32, 2],
    [64, 3],
    [80, 3],
    [128, 3],
    [256, 4],
  ])('heads of %i have scores shifted by %i', (headDim, shift) => {
    expect(scoreShiftOf(headDim)).toBe(shift);
    const rest = 2 ** shift / Math.sqrt(headDim);
    expect(rest).toBeGreaterThan(0.5);
    expect(rest).toBeLessThanOrEqual(1);
  });

  test('leaves the checkpoint alone', async () => {
    const again = await loadCheckpoint(kernels, folderSource(folder));
    expect(again).toEqual(tiny);
    expect(prepared.embedding).not.toEqual(tiny.embedding);
  });
});

describe('calibration', () => {
  // Windows of 64, 64 and 22 tokens, then each token alone.
  const text = [...ids, ...ids, ...ids].slice(0, 150);
  let calibration: Calibration;
  let traces: LayerTrace[];
  let scores: ScoreTrace[];
  beforeAll(async () => {
    calibration = await calibrate(kernels, prepared, text);
    const model = new FloatModel(kernels, prepared);
    traces = [];
    scores = [];
    const firsts = Array.from({ length: prepared.shape.vocab }, (_, id) => [id]);
    for (const window of [text.slice(0, 64), text.slice(64, 128), text.slice(128), ...firsts]) {
      model.forward(window, undefined, {
        layer: (trace) => traces.push(trace),
        scores: (seen) => scores.push(seen),
      });
    }
    model.free();
  });

  test('ranges of raw products are those of x W', () => {
    const { width, ffn } = prepared.shape;
    const most = (x: Float32Array, w: Float32Array, cols: number): number => {
      let max = 0;
      for (let row = 0; row * width < x.length; row++) {
        for (let j = 0; j < cols; j++) {
          let sum = 0;
          for (let i = 0; i < width; i++) sum += x[row * width + i] * w[i * cols + j];
          max = Math.max(max, Math.abs(sum));
        }
      }
      return max;
    };
    for (const [layer, seen] of calibration.layers.entries()) {
      const own = traces.filter((trace) => trace.layer === layer);
      const { qkv, up } = prepared.layers[layer];
      expect(seen.rawQkvMax).toBeCloseTo(Math.max(...own.map(({ x }) => most(x, qkv, 3 * width))), 3);
      expect(seen.rawUpMax).toBeCloseTo(Math.max(...own.map(({ x1 }) => most(x1, up, ffn))), 3);
    }
  });

  test('sums of squares: position 0 apart', () => {
    const { width } = prepared.shape;
    const { normB } = calibration.layers[1];
    const sums = traces
      .filter(({ layer }) => layer === 1)
      .map(({ x1, rows }) =>
        Array.from({ length: rows }, (_, row) =>
          x1.subarray(row * width, (row + 1) * width).reduce((sum, v) => sum + v * v, 0),
        ),
      );
    const first = sums.map(([sum]) => sum);
    const others = sums.flatMap(([, ...rest]) => rest).sort((a, b) => a - b);
    expect(normB.first.min).toBeCloseTo(Math.min(...first), 3);
    expect(normB.first.max).toBeCloseTo(Math.max(...first), 3);
    expect(normB.sumSquares.min).toBeCloseTo(others[0], 3);
    expect(normB.sumSquares.max).toBeCloseTo(others[others.length - 1], 3);
    expect(normB.sumSquares.median).toBeCloseTo(others[others.length >> 1], 3);
  });

  test('all other ranges hold, and are reached', () => {
    const most = (values: Float32Array): number => values.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
    const { width, heads } = prepared.shape;
    for (const [layer, seen] of calibration.layers.entries()) {
      const own = traces.filter((trace) => trace.layer === layer);
      const over = (values: (trace: LayerTrace) => number): number => Math.max(...own.map(values));
      expect(seen.oMax).toBe(over(({ attention }) => most(attention)));
      expect(seen.uhMax).toBe(over(({ up }) => most(up)));
      expect(seen.activationMax).toBe(over(({ up }) => Math.max(...up)));
      expect(seen.streamMax).toBe(over(({ x, x1, x2 }) => Math.max(most(x), most(x1), most(x2))));
      const isV = (_: number, i: number): boolean => i % (3 * width) >= 2 * width;
      expect(seen.vMax).toBe(over(({ qkv }) => most(qkv.filter(isV))));
      expect(seen.qkMax).toBe(over(({ qkv }) => most(qkv.filter((v, i) => !isV(v, i)))));
      const ownScores = scores.filter((trace) => trace.layer === layer);
      const facts = ownScores.flatMap(({ facts: own }) => [...own]);
      const every = (fact: number) => facts.filter((_, i) => i % SCORE_FACTS === fact);
      expect(seen.scoreMax).toBe([...every(1), ...every(2)].reduce((max, v) => Math.max(max, Math.abs(v)), 0));
      for (let head = 0; head < heads; head++) {
        const sums = every(0).filter((_, i) => i % heads === head);
        expect(seen.logZ.min[head]).toBe(Math.min(...sums));
        expect(seen.logZ.max[head]).toBe(Math.max(...sums));
      }
    }
    expect(calibration.tokens).toBe(150);
    expect(calibration.hiddenMax).toBeLessThanOrEqual(Math.sqrt(width));
    expect(calibration.finalNorm.streamMax).toBeLessThanOrEqual(calibration.layers[1].streamMax);
    expect(calibration.finalNorm.sumSquares.max / width).toBeGreaterThan(PLAIN_VARIANT.eps);
  });

  test('is the same every time, and JSON', async () => {
    const again = await calibrate(kernels, prepared, text);
    expect(again).toEqual(calibration);
    expect(JSON.parse(JSON.stringify(calibration))).toEqual(calibration);
  });

  test('stops after as many tokens as it is told, and reports them', async () => {
    const seen: [number, number][] = [];
    const part = await calibrate(kernels, prepared, text, { tokens: 100, onProgress: (...at) => seen.push(at) });
    const { vocab } = prepared.shape;
    const all = 100 + vocab;
    expect(seen).toEqual([
      [256, all], // two windows and the first of the vocabulary
      [all, all],
    ]);
    expect(part).toEqual(await calibrate(kernels, prepared, text.slice(0, 100)));
  });

  test('refuses what it cannot do', async () => {
    expect(await failure(calibrate(kernels, prepared, [1]))).toBe('E_ARGUMENT');
    expect(await failure(calibrate(kernels, prepared, text, { signal: AbortSignal.abort() }))).toBe('E_ABORTED');
    const wild = { ...prepared, layers: prepared.layers.map((layer) => ({ ...layer, o: layer.o.map(() => 3e38) })) };
    expect(await failure(calibrate(kernels, wild, text))).toBe('E_RANGE');
  });
});

describe('synthetic models', () => {
  const planOf = (model: PreparedModel, calibration: Calibration) =>
    planModel(kernels, model, calibration, undefined, new Uint8Array(32));
  const shape = { layers: 2, width: 64, heads: 2, kvHeads: 2, headDim: 32, ffn: 128, context: 40, vocab: 64 };

  test('are prepared, of usual size, and calibrated', async () => {
    const { model, calibration } = await syntheticModel(kernels, shape);
    expect(model.shape).toEqual({ ...shape, positionOffset: 2 });
    expect(model.scoreShift).toBe(2);
    expect(model.layers.length).toBe(2);
    expect(calibration.layers.length).toBe(2);
    const { qkv, o, down } = model.layers[1];
    const rms = Math.sqrt(qkv.reduce((sum, v) => sum + v * v, 0) / qkv.length);
    expect(rms).toBeGreaterThan(0.029);
    expect(rms).toBeLessThan(0.031);
    for (const matrix of [model.embedding, model.positions!, o, down]) {
      expect(Math.abs(matrix.subarray(64, 128).reduce((a, b) => a + b, 0))).toBeLessThan(1e-4);
    }
    expect(planOf(model, calibration).plan.layers.length).toBe(2);
  });

  test('follow their seed alone', async () => {
    const first = await syntheticModel(kernels, shape, { seed: 5 });
    expect(await syntheticModel(kernels, shape, { seed: 5 })).toEqual(first);
    expect((await syntheticModel(kernels, shape, { seed: 6 })).model.embedding).not.toEqual(first.model.embedding);
  });

  test.each([
    [{ ...shape, context: 1 }],
    [{ layers: 1, width: 768, heads: 12, kvHeads: 12, headDim: 64, ffn: 3072, context: 33, vocab: 64 }],
  ])('of %p have a plan', async (other) => {
    const { model, calibration } = await syntheticModel(kernels, other);
    expect(() => planOf(model, calibration)).not.toThrow();
  });
});
