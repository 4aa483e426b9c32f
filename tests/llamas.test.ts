/** Every kind of model of Llama's form: loaded, run in floats and prepared, against transformers (scripts/train/make_llamas.py). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Checkpoint, loadCheckpoint } from '../ts/checkpoint/checkpoint.js';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { loadTokenizer } from '../ts/checkpoint/tokenizer.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import type { LayerTrace } from '../ts/plain/float-hooks.js';
import { FloatModel, type FloatWeights } from '../ts/plain/float.js';
import { calibrate } from '../ts/provision/calibrate.js';
import { provision } from '../ts/provision/owner.js';
import { prepareModel } from '../ts/provision/prepare.js';
import { verifyModel } from '../ts/verify/verify.js';

const FOLDER = fileURLToPath(new URL('fixtures/llamas', import.meta.url));
const NAMES = readdirSync(FOLDER).sort();

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

const load = (name: string): Promise<Checkpoint> => loadCheckpoint(kernels, folderSource(join(FOLDER, name)));
const referenceOf = (name: string) =>
  JSON.parse(readFileSync(join(FOLDER, name, 'reference.json'), 'utf8')) as { ids: number[]; logits: number[][] };

/** Largest difference of a logit from transformers', of the largest magnitude; the reference has the last rows. */
function error(weights: FloatWeights, name: string, parts = [24]): number {
  const { ids, logits } = referenceOf(name);
  const model = new FloatModel(kernels, weights);
  const cache = model.newCache();
  let at = 0;
  const mine = parts.flatMap((rows) => [...model.logits(model.forward(ids.slice(at, (at += rows)), cache))]);
  model.free();
  expect(at).toBe(ids.length);
  const expected = logits.flat();
  const last = mine.slice(-expected.length);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - last[i])), 0) / largest;
}

test('there is a fixture for every kind', () => {
  const kinds = [
    ...['silu', 'relu', 'relu2', 'gelu', 'gelu-tanh', 'fatrelu', 'biases', 'relu-biases', 'untied', 'old-fields'],
    ...['linear', 'llama3', 'yarn', 'longrope', 'dynamic', 'mistral', 'qwen2', 'qwen3', 'qwen3-yarn'],
  ];
  expect(NAMES).toEqual(kinds.sort());
});

describe.each(NAMES)('%s', (name) => {
  test('has the logits of transformers, at once and in parts', async () => {
    const checkpoint = await load(name);
    expect(error(checkpoint, name)).toBeLessThan(1e-5);
    expect(error(checkpoint, name, [11, 1, 12])).toBeLessThan(1e-5);
  });

  test('is the same function when it is prepared', async () => {
    const prepared = prepareModel(kernels, await load(name));
    expect(error(prepared, name)).toBeLessThan(1e-5);
    expect(prepared.positions).toBeUndefined();
    for (const layer of prepared.layers) expect('norms' in layer).toBe(false);
  });

  test('needs everything it has', async () => {
    const model = await load(name);
    const { variant } = model;
    const without = (change: Partial<typeof variant>): FloatWeights => ({
      ...model,
      variant: { ...variant, ...change },
    });
    const stripped = (part: 'bias' | 'norms' | 'headNorms'): FloatWeights => ({
      ...model,
      layers: model.layers.map((layer) => ({ ...layer, [part]: undefined })),
    });
    const rope = variant.rope!;
    const other = variant.feedForward.activation.kind === 'relu' ? 'silu' : 'relu';
    const ablations: (FloatWeights | false)[] = [
      stripped('norms'),
      { ...model, finalNorm: undefined },
      without({ norm: 'layer' }),
      without({ rope: { ...rope, frequencies: rope.frequencies.map((frequency) => frequency * 1.05) } }),
      without({ feedForward: { gated: true, activation: { kind: other } } }),
      rope.factor !== 1 && without({ rope: { ...rope, factor: 1 } }),
      variant.biases.qkv && stripped('bias'),
      variant.qkNorm && stripped('headNorms'),
      !variant.tied && { ...model, head: model.embedding },
    ];
    for (const weights of ablations.filter((each) => each !== false))
      expect(error(weights, name)).toBeGreaterThan(1e-3);
  });
});

test('hooks see what scores read, and both sides of a gate', async () => {
  const checkpoint = await load('qwen3');
  const { heads, kvHeads, headDim, ffn } = checkpoint.shape;
  const model = new FloatModel(kernels, checkpoint);
  const traces: LayerTrace[] = [];
  model.forward([1, 2, 3, 4], undefined, { layer: (trace) => traces.push(trace) });
  model.free();
  const cols = (heads + 2 * kvHeads) * headDim;
  const { qkv, turned, gate, up, active } = traces[1];
  expect([qkv.length, turned.length, gate!.length, up.length, active.length]).toEqual([
    ...[4 * cols, 4 * cols],
    ...[4 * ffn, 4 * ffn, 4 * ffn],
  ]);
  const row = (values: Float32Array, at: number) => values.subarray(at * cols, (at + 1) * cols);
  // Values are as they were; the first position is not rotated, so a key is its norm's.
  expect(row(turned, 3).subarray(-kvHeads * headDim)).toEqual(row(qkv, 3).subarray(-kvHeads * headDim));
  const key = row(qkv, 0).subarray(heads * headDim, (heads + 1) * headDim);
  const rms = Math.sqrt(key.reduce((sum, v) => sum + v * v, 0) / headDim + checkpoint.variant.eps);
  const { gain } = checkpoint.layers[1].headNorms!.k;
  row(turned, 0)
    .subarray(heads * headDim, (heads + 1) * headDim)
    .forEach((value, i) => expect(value).toBeCloseTo((key[i] / rms) * gain[i], 5));
  active.forEach((a, i) => expect(a).toBeCloseTo((gate![i] / (1 + Math.exp(-gate![i]))) * up[i], 4));
});

test('neurons may be left out', async () => {
  const checkpoint = await load('relu');
  const model = new FloatModel(kernels, checkpoint);
  const ids = [1, 2, 3];
  const none = model.forward(ids, undefined, { neurons: (_, { active }) => void active.fill(0) });
  const some = model.forward(ids);
  model.free();
  const silent = {
    ...checkpoint,
    layers: checkpoint.layers.map((layer) => ({ ...layer, down: layer.down.map(() => 0) })),
  };
  const without = new FloatModel(kernels, silent);
  expect(without.forward(ids)).toEqual(none);
  expect(none).not.toEqual(some);
  without.free();
});

test.each(['qwen3', 'relu-biases'])('calibration sees gates and norms of heads of %s', async (name) => {
  const prepared = prepareModel(kernels, await load(name));
  const { heads, kvHeads, headDim, ffn, width } = prepared.shape;
  const text = Array.from({ length: 100 }, (_, i) => (i * 37 + 5) % 264);
  const { layers } = await calibrate(kernels, prepared, text, { firsts: 2 });
  const model = new FloatModel(kernels, prepared);
  const traces: LayerTrace[] = [];
  const hooks = { layer: (trace: LayerTrace) => traces.push(trace) };
  model.forwardApart([text.slice(0, 64), text.slice(64), [0], [132]], hooks);
  model.free();
  const { gate, up, active, x1, x, qkv, turned, rows } = traces[1];
  const { eps } = prepared.variant!;
  const rms = (values: Float32Array, row: number): number =>
    Math.sqrt(values.subarray(row * width, (row + 1) * width).reduce((sum, v) => sum + v * v, 0) / width + eps);
  const bias = prepared.layers[1].bias;
  const most = (count: number, of: (row: number, j: number) => number): number =>
    Array.from({ length: rows * count }, (_, i) => Math.abs(of(Math.floor(i / count), i % count))).reduce((a, b) =>
      Math.max(a, b),
    );
  const g = (row: number, j: number): number => gate![row * ffn + j];
  const u = (row: number, j: number): number => up[row * ffn + j];
  const bare = (row: number, j: number): number => (g(row, j) - (bias?.gate?.[j] ?? 0)) * rms(x1, row);
  const bareUp = (row: number, j: number): number => (u(row, j) - (bias?.up?.[j] ?? 0)) * rms(x1, row);
  const seen = layers[1].gate!;
  expect(seen.max).toBeCloseTo(most(ffn, g), 5);
  expect(seen.rawMax / most(ffn, bare)).toBeCloseTo(1, 5);
  expect(seen.productMax / most(ffn, (row, j) => g(row, j) * u(row, j))).toBeCloseTo(1, 5);
  expect(seen.rawProductMax / most(ffn, (row, j) => bare(row, j) * bareUp(row, j))).toBeCloseTo(1, 5);
  expect(seen.activationMax).toBeCloseTo(
    most(ffn, (row, j) => active[row * ffn + j]),
    5,
  );
  const cols = (heads + 2 * kvHeads) * headDim;
  expect(layers[1].qkMax).toBeCloseTo(
    most((heads + kvHeads) * headDim, (row, j) => turned[row * cols + j]),
    5,
  );
  if (!prepared.layers[1].headNorms) return expect(layers[1].headNorms).toBeUndefined();
  const sums = Array.from({ length: rows * kvHeads }, (_, i) => {
    const [row, from] = [Math.floor(i / kvHeads), (heads + (i % kvHeads)) * headDim];
    const key = qkv.subarray(row * cols + from, row * cols + from + headDim);
    return key.reduce((sum, v) => sum + (v * rms(x, row)) ** 2, 0);
  });
  const { first, sumSquares } = layers[1].headNorms!.k;
  expect(Math.max(first.max, sumSquares.max) / sums.reduce((a, b) => Math.max(a, b))).toBeCloseTo(1, 5);
});

describe('private runs', () => {
  const text = Array.from({ length: 300 }, (_, i) => (i * 37 + 5) % 264);
  const tokenizerFolder = fileURLToPath(new URL('fixtures/tiny-opt', import.meta.url));

  test.each(NAMES.filter((name) => !name.startsWith('qwen3')))(
    'of %s are the twin’s, and near floats',
    async (name) => {
      const prepared = prepareModel(kernels, await load(name));
      const prefix = name === 'relu' || name === 'untied' ? [7] : [];
      const owner = provision(kernels, name, prepared, await calibrate(kernels, prepared, text, { prefix }));
      expect(owner.manifest.plan.rope?.frequencies).toHaveLength(prepared.shape.headDim / 2);
      const float = new FloatModel(kernels, prepared);
      const tokenizer = await loadTokenizer(folderSource(tokenizerFolder));
      const subject = { kernels, owner, float, weights: prepared, tokenizer };
      const sizes = { tokens: 2, windows: 1, window: 20 };
      const report = await verifyModel(subject, { prompts: ['Once'], heldout: text.slice(40, 80), ...sizes });
      float.free();
      expect(report).toMatchObject({ tokensEqual: true, wiresEqual: true });
      expect(Math.abs(report.perplexityPrivate / report.perplexityFloat - 1)).toBeLessThan(0.01);
      expect(report.maxAbsLogitError).toBeLessThan(0.3);
    },
  );

  test.each(['qwen3', 'qwen3-yarn'])('of %s, which has norms of heads, are refused', async (name) => {
    const prepared = prepareModel(kernels, await load(name));
    const calibration = await calibrate(kernels, prepared, text);
    expect(() => provision(kernels, name, prepared, calibration)).toThrow(/norms of heads/);
  });
});
