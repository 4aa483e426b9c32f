import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Checkpoint, loadCheckpoint } from '../ts/checkpoint/checkpoint.js';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { loadTokenizer } from '../ts/checkpoint/tokenizer.js';
import { codeOf } from '../ts/core/errors.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { SCORE_FACTS } from '../ts/plain/float-attention.js';
import type { FinalTrace, FloatHooks, LayerTrace, ScoreTrace } from '../ts/plain/float-hooks.js';
import { FloatModel } from '../ts/plain/float.js';

const folder = fileURLToPath(new URL('fixtures/tiny-opt', import.meta.url));
/** What transformers computed (scripts/train/make_tiny.py). */
const reference = JSON.parse(readFileSync(`${folder}/reference.json`, 'utf8')) as {
  prompt: string;
  ids: number[];
  logits: number[][];
  hiddenPositions: number[];
  hiddenStates: number[][][];
};

let kernels: Kernels;
let tiny: Checkpoint;
let model: FloatModel;
beforeAll(async () => {
  kernels = await loadKernels();
  tiny = await loadCheckpoint(kernels, folderSource(folder));
  model = new FloatModel(kernels, tiny);
});

const furthest = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), 0);
};

describe('against transformers', () => {
  test('tokens', async () => {
    expect((await loadTokenizer(folderSource(folder))).encode(reference.prompt)).toEqual(reference.ids);
  });

  test('logits', () => {
    const logits = model.logits(model.forward(reference.ids));
    expect(furthest(logits, reference.logits.flat())).toBeLessThan(1e-4);
  });

  test('hidden states of every layer', () => {
    const traces: LayerTrace[] = [];
    let final: FinalTrace | undefined;
    model.forward(reference.ids, undefined, {
      layer: (trace) => traces.push(trace),
      final: (trace) => (final = trace),
    });
    const { width, layers } = tiny.shape;
    const states = [traces[0].x, ...traces.slice(0, -1).map(({ x2 }) => x2), final!.hidden];
    expect(states.length).toBe(layers + 1);
    for (const [i, state] of states.entries()) {
      for (const [j, position] of reference.hiddenPositions.entries()) {
        const row = state.subarray(position * width, (position + 1) * width);
        expect(furthest(row, reference.hiddenStates[i][j])).toBeLessThan(1e-4);
      }
    }
  });

  test.each([
    ['f16', 0.05],
    ['bf16', 0.4],
  ])('logits of the checkpoint in %s', async (dtype, bound) => {
    const other = await loadCheckpoint(kernels, folderSource(folder), `model-${dtype}.safetensors`);
    const rounded = new FloatModel(kernels, other);
    const error = furthest(rounded.logits(rounded.forward(reference.ids)), reference.logits.flat());
    rounded.free();
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(bound);
  });
});

describe('cached keys and values', () => {
  test.each([[[1, 1, 1, 58]], [[40, 21]], [[3, 57, 1]]])('parts of %p give the same bits as the whole', (parts) => {
    const whole = model.forward(reference.ids);
    const cache = model.newCache();
    let at = 0;
    const states = parts.map((rows) => model.forward(reference.ids.slice(at, (at += rows)), cache));
    expect(at).toBe(reference.ids.length);
    expect(cache.length).toBe(at);
    expect(Float32Array.from(states.flatMap((state) => [...state]))).toEqual(whole);
  });

  test('texts that stand apart give the same bits together as each alone', () => {
    const texts = [[5], reference.ids.slice(3, 20), [7], [9], reference.ids.slice(0, 2)];
    const seen = (run: (hooks: FloatHooks) => void) => {
      const facts: number[][] = [[], []];
      const positions: number[] = [];
      run({
        scores: (trace) => facts[trace.layer].push(...trace.facts),
        final: (trace) => positions.push(...trace.positions),
      });
      return { facts, positions };
    };
    let together: Float32Array | undefined;
    const alone: number[] = [];
    const all = seen((hooks) => (together = model.forwardApart(texts, hooks)));
    const each = seen((hooks) => texts.forEach((ids) => alone.push(...model.forward(ids, undefined, hooks))));
    expect([...together!]).toEqual(alone);
    expect(all).toEqual(each);
    expect(all.facts[0].length).toBe(22 * tiny.shape.heads * SCORE_FACTS);
    expect(all.positions.slice(0, 3)).toEqual([0, 0, 1]);
  });

  test('no row depends on what follows it', () => {
    const { width } = tiny.shape;
    const changed = [...reference.ids.slice(0, 30), ...reference.ids.slice(0, 31)];
    const [a, b] = [reference.ids, changed].map((ids) => model.forward(ids).slice(0, 30 * width));
    expect(a).toEqual(b);
  });
});

describe('losses', () => {
  test('are those of the logits', () => {
    const losses = model.losses(reference.ids);
    expect(losses.length).toBe(reference.ids.length - 1);
    const expected = reference.logits.slice(0, -1).map((row, i) => {
      const top = Math.max(...row);
      return top + Math.log(row.reduce((sum, v) => sum + Math.exp(v - top), 0)) - row[reference.ids[i + 1]];
    });
    expect(furthest(losses, expected)).toBeLessThan(1e-4);
  });
});

describe('hooks', () => {
  test('scores are traced as they are', () => {
    const { heads, headDim, width } = tiny.shape;
    const traces: LayerTrace[] = [];
    const all: ScoreTrace[] = [];
    model.forward(reference.ids, undefined, { layer: (trace) => traces.push(trace), scores: (seen) => all.push(seen) });
    const { qkv } = traces[1];
    const scores = all[1];
    expect(all.map(({ layer }) => layer)).toEqual([0, 1]);
    const [row, head] = [17, 2];
    const dot = (j: number): number => {
      let sum = 0;
      for (let i = head * headDim; i < (head + 1) * headDim; i++)
        sum += qkv[row * 3 * width + i] * qkv[j * 3 * width + width + i];
      return sum / Math.sqrt(headDim);
    };
    const products = Array.from({ length: row + 1 }, (_, j) => dot(j));
    const [logSum, least, most] = scores.facts.subarray(SCORE_FACTS * (row * heads + head));
    expect(logSum).toBeCloseTo(Math.log(products.reduce((sum, s) => sum + Math.exp(s), 0)), 4);
    expect(least).toBeCloseTo(Math.min(...products), 4);
    expect(most).toBeCloseTo(Math.max(...products), 4);
  });

  test('heads may be changed', () => {
    const without = model.forward(reference.ids, undefined, {
      heads: (layer, heads) => void (layer === 1 && heads.fill(0)),
    });
    expect(without).not.toEqual(model.forward(reference.ids));
  });
});

describe('refusals', () => {
  const code = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return codeOf(error);
    }
  };

  test('beyond the context', () => {
    const cache = model.newCache();
    model.forward(Array<number>(tiny.shape.context).fill(1), cache);
    expect(code(() => model.forward([1], cache))).toBe('E_LENGTH');
    expect(code(() => model.losses(Array<number>(tiny.shape.context + 1).fill(1)))).toBe('E_LENGTH');
  });

  test.each([-1, 264, 0.5, NaN])('the token %p', (id) => {
    expect(code(() => model.forward([id]))).toBe('E_ARGUMENT');
  });
});
