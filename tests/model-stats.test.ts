import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Checkpoint, loadCheckpoint } from '../ts/checkpoint/checkpoint.js';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { loadTokenizer, type Tokenizer } from '../ts/checkpoint/tokenizer.js';
import { codeOf } from '../ts/core/errors.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { Firing, UNIONS } from '../ts/plain/firing.js';
import type { LayerTrace } from '../ts/plain/float-hooks.js';
import { FloatModel } from '../ts/plain/float.js';
import { dropSmallestHeads } from '../ts/plain/heads.js';
import { modelStats, type Stats } from '../ts/plain/stats.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const json = <T>(path: string): T => JSON.parse(readFileSync(at(path), 'utf8')) as T;
const failure = async (work: Promise<unknown>): Promise<unknown> => work.then(() => 'nothing', codeOf);

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

describe('the shipped model', () => {
  let model: Checkpoint;
  let tokenizer: Tokenizer;
  const text = readFileSync(at('../models/comet-16m/heldout.txt'));
  beforeAll(async () => {
    const source = folderSource(at('../models/comet-16m'));
    model = await loadCheckpoint(kernels, source);
    tokenizer = await loadTokenizer(source);
  });

  test('gives the logits that transformers gives', () => {
    const expected = json<{ prompt: string; ids: number[]; lastLogits: number[]; argmax: number[] }>(
      'fixtures/comet-16m-reference.json',
    );
    expect(tokenizer.encode(expected.prompt)).toEqual(expected.ids);
    const float = new FloatModel(kernels, model);
    const logits = float.logits(float.forward(expected.ids));
    float.free();
    const { vocab } = model.shape;
    const rows = expected.ids.map((_, i) => logits.subarray(i * vocab, (i + 1) * vocab));
    expect(rows.map((row) => row.indexOf(Math.max(...row)))).toEqual(expected.argmax);
    const last = rows[rows.length - 1];
    expect(Math.max(...last.map((value, i) => Math.abs(value - expected.lastLogits[i])))).toBeLessThan(1e-3);
  });

  // The fractions of heads cost as much as all the rest each: one is enough here.
  const fraction = '0.5';

  test('has the statistics that PyTorch finds', async () => {
    const expected = json<Record<'heldout', Stats>>('fixtures/comet-16m-eval.json').heldout;
    const stats = await modelStats(kernels, model, tokenizer, text, { headDrop: [Number(fraction)] });
    for (const field of ['bytes', 'tokens', 'predicted'] as const) expect(stats[field]).toBe(expected[field]);
    const near = (a: number, b: number): void => expect(Math.abs(a / b - 1)).toBeLessThan(1e-4);
    near(stats.crossEntropy, expected.crossEntropy);
    near(stats.bitsPerByte, expected.bitsPerByte);
    near(stats.activeFraction, expected.activeFraction);
    stats.activePerLayer.forEach((active, layer) => near(active, expected.activePerLayer[layer]));
    expect(Math.abs(stats.headDrop[fraction] - expected.headDrop[fraction])).toBeLessThan(1e-4);
    let before = stats.activeFraction;
    for (const n of UNIONS) {
      expect(stats.union[n]).toBeGreaterThan(before);
      before = stats.union[n];
    }
    expect(before).toBeLessThan(1);
  }, 600_000);
});

describe('the tiny model', () => {
  const source = folderSource(at('fixtures/tiny-opt'));
  const text = readFileSync(at('../models/comet-16m/heldout.txt')).subarray(0, 300);
  let model: Checkpoint;
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    model = await loadCheckpoint(kernels, source);
    tokenizer = await loadTokenizer(source);
  });

  test('windows are of the full context, and a last token alone does not count', async () => {
    const ids = [...Array(129).keys()];
    const stats = await modelStats(kernels, model, { encode: () => ids }, text, { headDrop: [] });
    const float = new FloatModel(kernels, model);
    const losses = [...float.losses(ids.slice(0, 64)), ...float.losses(ids.slice(64, 128))];
    float.free();
    expect(stats.tokens).toBe(129);
    expect(stats.predicted).toBe(126);
    expect(stats.crossEntropy).toBeCloseTo(losses.reduce((a, b) => a + b) / 126, 10);
    expect(stats.bitsPerByte).toBeCloseTo((stats.crossEntropy * 129) / 300 / Math.LN2, 10);
    expect(stats.headDrop).toEqual({});
  });

  test('bytes are cut at a character', async () => {
    const umlauts = new TextEncoder().encode('\ufeffäöü');
    const stats = await modelStats(kernels, model, tokenizer, umlauts, { bytes: 6, headDrop: [] });
    expect(stats.bytes).toBe(5);
  });

  test('reports progress up to the end', async () => {
    const seen: number[] = [];
    let total = 0;
    await modelStats(kernels, model, tokenizer, text, { onProgress: (done, all) => (seen.push(done), (total = all)) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen[seen.length - 1]).toBe(total);
  });

  test('refuses what it cannot measure', async () => {
    const stats = (bytes: Uint8Array, signal?: AbortSignal) =>
      failure(modelStats(kernels, model, tokenizer, bytes, { signal }));
    expect(await stats(new Uint8Array(0))).toBe('E_ARGUMENT');
    expect(await stats(Uint8Array.of(65, 0xff, 65))).toBe('E_ARGUMENT');
    expect(await stats(text, AbortSignal.abort())).toBe('E_ABORTED');
  });
});

describe('firing', () => {
  test('unions are those of all runs of positions', () => {
    const [ffn, rows] = [3, 40];
    const fires = (row: number, neuron: number): boolean => neuron < 2 && (row * 7 + neuron * 5) % 11 === 0;
    const active = Float32Array.from({ length: rows * ffn }, (_, i) => (fires(Math.floor(i / ffn), i % ffn) ? 0.5 : 0));
    const firing = new Firing(1, ffn);
    firing.layer({ layer: 0, rows, active } as unknown as LayerTrace);
    firing.layer({ layer: 0, rows: 3, active: new Float32Array(3 * ffn) } as unknown as LayerTrace);
    for (const n of UNIONS) {
      let [all, fired] = [n <= 3 ? (3 - n + 1) * ffn : 0, 0];
      for (let from = 0; from + n <= rows; from++) {
        for (let neuron = 0; neuron < ffn; neuron++) {
          all++;
          if (Array.from({ length: n }, (_, i) => fires(from + i, neuron)).some(Boolean)) fired++;
        }
      }
      expect(firing.union(n)).toBeCloseTo(fired / all, 12);
    }
    expect(firing.perLayer()[0]).toBeCloseTo(active.filter((v) => v > 0).length / (43 * ffn), 12);
  });
});

describe('dropped heads', () => {
  test('are the smallest of each row; equals share their fate', () => {
    const rows = Float32Array.of(1, 1, 3, 0, 0, 2, 0.5, 0.5, /**/ 4, 0, 1, 1, 1, -1, 0, 3);
    dropSmallestHeads(4, 2, 1)(0, rows);
    expect([...rows]).toEqual([1, 1, 3, 0, 0, 2, 0, 0, /**/ 4, 0, 0, 0, 0, 0, 0, 3]);
  });
});
