/** The estimate of memory against what is really held, and its refusals. */
import { jest } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { type CachedInput, Holes } from '../ts/cache/holes.js';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { movedTensors } from '../ts/epoch/tensors.js';
import { allHeads } from '../ts/gates/sets.js';
import { loadKernels } from '../ts/kernels/load.js';
import { readRanks } from '../ts/predict/file.js';
import { maskModel } from '../ts/provision/mask.js';
import {
  embeddedThreads,
  extrasOf,
  type Machine,
  matrixWords,
  memoryUse,
  type Part,
  predictorWords,
  requireMemory,
} from '../ts/provision/memory.js';
import { planModel } from '../ts/provision/owner.js';
import { tensorIds, tensorShape, wordBits } from '../ts/weights/tensors.js';
import { wordsOf } from './support/masked.js';
import { openClient, startBench } from './support/parties.js';
import { randomModel, TINY } from './support/random-model.js';

const OPT_125M = {
  layers: 12,
  width: 768,
  heads: 12,
  kvHeads: 12,
  headDim: 64,
  ffn: 3072,
  context: 2048,
  vocab: 50272,
};
const OPT_1B = { layers: 24, width: 2048, heads: 32, kvHeads: 32, headDim: 64, ffn: 8192, context: 2048, vocab: 50272 };
const ALL: Part[] = ['owner', 'client', 'server0', 'server1', 'dealer'];
const GB = 1e9;

test('words of the matrices are those that are masked', async () => {
  const kernels = await loadKernels();
  const { model, ranges } = randomModel(3);
  const seeds = { seed0: new Uint8Array(32), seed1: new Uint8Array(32).fill(1) };
  let words = 0;
  const planned = planModel(kernels, model, ranges as never, undefined, new Uint8Array(32));
  // The centres of scores are few, and no matrix.
  for (const tensor of maskModel(kernels, planned.model, planned.plan, seeds))
    if (tensor.name !== 'centers') words += wordsOf(kernels, planned.plan, tensor).length;
  expect(matrixWords(model.shape)).toBe(words);
});

test('weights have as many bytes as the words that they are kept in', async () => {
  const kernels = await loadKernels();
  const { model, ranges } = randomModel(3);
  const { plan } = planModel(kernels, model, ranges as never, undefined, new Uint8Array(32));
  const bytes = tensorIds(plan)
    .filter(({ name }) => name !== 'centers')
    .map((id) => tensorShape(plan, id).reduce((a, b) => a * b, wordBits(plan, id) / 8))
    .reduce((a, b) => a + b, 0);
  const deeper = { ...model.shape, layers: model.shape.layers + 1 };
  const { layers, context, width } = model.shape;
  const cached = 8 * 2 * context * width;
  const difference = memoryUse(deeper, ['dealer']).total - memoryUse(model.shape, ['dealer']).total;
  expect(difference).toBe(bytes / layers + cached);
});

test('cached keys and values are two words each at a server, one at the dealer', async () => {
  const { MaskedCache, MaskCache } = await loadKernels();
  const { heads, kvHeads, headDim, width } = { heads: 4, kvHeads: 4, headDim: 8, width: 32 };
  const rows = new BigUint64Array(64 * width);
  const [server, dealer] = [new MaskedCache(0, heads, headDim, 64), new MaskCache(heads, headDim, 64)];
  const { rows: positions, heads: all } = allHeads(64, heads);
  server.put(all, positions, rows, rows);
  dealer.put(all, positions, rows);
  const shape = { layers: 1, width, heads, kvHeads, headDim, ffn: 64, context: 64, vocab: 64 };
  const longer = { ...shape, context: 128 };
  // The working set is bounded by a constant only for larger models, so compare what the two counts differ by.
  const difference = (part: Part) => memoryUse(longer, [part]).total - memoryUse(shape, [part]).total;
  expect(difference('server0') - difference('dealer')).toBe(2 * (server.bytes() - dealer.bytes()));
  expect(server.bytes()).toBe(2 * dealer.bytes());
});

test('one more session costs its caches and what is on its way, and weights where it has its own', () => {
  for (const part of ['server0', 'dealer'] as const) {
    const words = part === 'dealer' ? 1 : 2;
    const cached = 8 * words * 2 * OPT_125M.layers * OPT_125M.context * OPT_125M.width;
    const { perSession, total } = memoryUse(OPT_125M, [part]);
    expect(perSession).toBe(cached + 4 * 32 * 2 ** 20);
    const ranks = Array<number>(OPT_125M.layers).fill(128);
    const own = memoryUse(OPT_125M, [part], { ranks, epochs: 1 });
    const shared = memoryUse(OPT_125M, [part], { ranks });
    expect(own.perSession - shared.perSession).toBe(own.total - shared.total);
    expect(own.total).toBeGreaterThan(total);
  }
  expect(memoryUse(OPT_125M, ['owner', 'client']).perSession).toBe(0);
});

describe('of a sparse model', () => {
  const SPARSE = { ...TINY, layers: 3 };
  const start = () => startBench(5, SPARSE, { neurons: 0.3, heads: 0.4 });
  /** Bytes that an estimate has more for predictors, and for the inputs that are kept because of them. */
  const added = (part: Part, extras: { ranks: number[]; epochs?: number }, shape: typeof OPT_125M) =>
    memoryUse(shape, [part], extras).total - memoryUse(shape, [part], { ...extras, ranks: [] }).total;

  test("words of predictors are those that are masked, of a session's those that move", async () => {
    const { kernels, owner } = await start();
    const { plan } = owner.manifest;
    const ranks = plan.layers.map(({ predictor }) => predictor!.rank);
    let [down, up] = [0, 0];
    for (const tensor of maskModel(kernels, owner.model, plan, owner.seeds)) {
      const { length } = wordsOf(kernels, plan, tensor);
      if (tensor.name === 'predictDown') down += length;
      if (tensor.name === 'predictUp') up += length;
    }
    expect(predictorWords(plan.shape, { ranks })).toEqual({ down, up });
    const moved = movedTensors(plan, { number: 1, heads: true });
    const movedUp = moved.filter(({ name }) => name === 'predictUp').reduce((sum, t) => sum + t.rows * t.cols, 0);
    expect(movedUp).toBe(up);
    for (const [part, words] of [
      ['server0', 2],
      ['dealer', 1],
    ] as const) {
      const once = added(part, { ranks }, plan.shape);
      expect(added(part, { ranks, epochs: 1 }, plan.shape) - once).toBe(2 * 4 * words * up);
      const kept = 8 * words * 2 * plan.shape.context * (plan.shape.width + 1);
      expect(once).toBe(4 * words * (down + up) + kept);
    }
    expect(added('owner', { ranks }, plan.shape)).toBe(8 * (down + up));
    expect(added('client', { ranks }, plan.shape)).toBe(0);
  });

  test('an input that is kept has two words a value at a server, one at the dealer, in layers after one that predicts', async () => {
    const bench = await start();
    const sizes: number[] = [];
    const keepers = new Set<unknown>();
    const bytesOf = (wire: object): number =>
      Object.values(wire).reduce((sum: number, value) => sum + (ArrayBuffer.isView(value) ? value.byteLength : 0), 0);
    const keep = jest.spyOn(Holes.prototype, 'keep').mockImplementation(function (this: unknown, ...args: unknown[]) {
      const { xs, r } = args[1] as CachedInput<object>;
      sizes.push(bytesOf(xs) + bytesOf(r));
      keepers.add(this);
    });
    const { client, served } = await openClient(bench);
    client.announce([{ rows: 8, position: 0, outputs: 'last' }]);
    await client.run(bench.text(8));
    client.end();
    await served;
    keep.mockRestore();
    const { width } = bench.owner.manifest.plan.shape;
    expect(Math.max(...sizes)).toBe(16 * (width + 1));
    expect(Math.min(...sizes)).toBe(8 * (width + 1));
    // Two of three layers, at each of three parties.
    expect(keepers.size).toBe(6);
  });

  test('ranks come from the header of the file', async () => {
    const dir = fileURLToPath(new URL('../models/comet-16m', import.meta.url));
    const ranks = await readRanks(await loadKernels(), folderSource(dir), 8);
    expect(ranks).toEqual([256, 96, 96, 128, 128, 160, 192, 224]);
    await expect(readRanks(await loadKernels(), folderSource(dir), 8, 'config.json')).rejects.toMatchObject({
      code: 'E_CHECKPOINT',
    });
  });

  test('kept inputs are in no WebAssembly memory', () => {
    const shape = { ...OPT_125M, context: 20_000 };
    const ranks = Array.from({ length: shape.layers }, () => 64);
    const use = memoryUse(shape, ['dealer'], { ranks });
    expect(use.total).toBeGreaterThan(2 ** 32);
    expect(() => requireMemory(shape, use, { ranks })).not.toThrow();
    expect(() => requireMemory(shape, use, {})).toThrow('of one WebAssembly memory');
  });
});

test('parts add up, and one machine for all needs the sum', () => {
  const { parts, total } = memoryUse(OPT_125M, ALL);
  expect(Object.keys(parts)).toEqual(ALL);
  expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(total);
  expect(parts.server0).toBe(parts.server1);
  // 85 M weights: 8 or 16 bytes each at a server, 4 or 8 at the dealer, and as much as a half of the whole again for caches and the rest.
  expect(parts.server0! / GB).toBeGreaterThan(0.96);
  expect(parts.server0! / GB).toBeLessThan(2);
  expect(parts.dealer!).toBeLessThan(parts.server0!);
});

test('a session with epochs holds its weights beside the shared ones, and those of neurons a third time while they move', () => {
  const { layers, width, ffn } = OPT_125M;
  // Vectors of neurons: `up` in words of four bytes, `down` of six. All else that moves: queries, keys and values, and the output's matrix.
  const neurons = (4 + 6) * layers * width * ffn;
  const more = neurons + (3 * 4 + 6) * layers * width * width + neurons;
  for (const [part, words] of [
    ['server0', 2],
    ['dealer', 1],
  ] as const)
    // prettier-ignore
    expect(memoryUse(OPT_125M, [part], { epochs: 1 }).total - memoryUse(OPT_125M, [part]).total).toBe(words * more);
});

test('keys and values of a prefix are held as weights are, and move with their heads', async () => {
  const kernels = await loadKernels();
  const { model, ranges } = randomModel(3, { ...TINY, prefix: [3, 7] });
  const { plan } = planModel(kernels, model, ranges as never, undefined, new Uint8Array(32));
  const bytes = tensorIds(plan)
    .filter(({ name }) => name.startsWith('prefix'))
    .map((id) => tensorShape(plan, id).reduce((a, b) => a * b, wordBits(plan, id) / 8))
    .reduce((a, b) => a + b, 0);
  expect(bytes).toBeGreaterThan(0);
  const extras = extrasOf(plan);
  for (const [part, words] of [
    ['server0', 2],
    ['dealer', 1],
  ] as const) {
    const more = (epochs: number): number =>
      memoryUse(plan.shape, [part], { ...extras, epochs }).total -
      memoryUse(plan.shape, [part], { ...extras, epochs, prefix: 0 }).total;
    expect(more(0)).toBe(words * bytes);
    expect(more(1)).toBe(2 * words * bytes);
  }
});

test('a stream wider than six bytes has words of eight', async () => {
  const kernels = await loadKernels();
  const { model, ranges } = randomModel(5, { ...TINY, outliers: { tokens: 300 } });
  const { plan } = planModel(kernels, model, ranges as never, undefined, new Uint8Array(32));
  expect(extrasOf(plan)).toMatchObject({ wideStream: true });
  const { layers, width, ffn } = plan.shape;
  const wide = memoryUse(plan.shape, ['dealer'], { wideStream: true }).total;
  expect(wide - memoryUse(plan.shape, ['dealer']).total).toBe(2 * layers * width * (width + ffn));
});

test('parties of one process spread weights over as many memories as they need', () => {
  const parts: Part[] = ['server0', 'server1', 'dealer'];
  expect(embeddedThreads(OPT_125M, {})).toBe(0);
  const threads = embeddedThreads(OPT_1B, {});
  expect(threads).toBeGreaterThan(1);
  const admit = (over: number) => () =>
    requireMemory(OPT_1B, memoryUse(OPT_1B, parts), { memory: 256 * GB, threads: over });
  expect(admit(threads)).not.toThrow();
  expect(admit(0)).toThrow('of one WebAssembly memory');
});

test.each<[string, typeof OPT_125M, Part[], Machine, string | undefined]>([
  ['a small model', OPT_125M, ALL, { memory: 16 * GB }, undefined],
  ['a small model on a small machine', OPT_125M, ALL, { memory: 4 * GB }, 'this machine has 4.00 GB'],
  ['a small model under a limit', OPT_125M, ['server0'], { memory: 64 * GB, limit: GB }, 'the limit is 1.00 GB'],
  ['a large model in one WebAssembly memory', OPT_1B, ['server1'], { memory: 256 * GB }, 'more --threads'],
  ['a large model over too few threads', OPT_1B, ['server1'], { memory: 256 * GB, threads: 2 }, 'more --threads'],
  ['a large model over threads', OPT_1B, ['server1'], { memory: 256 * GB, threads: 8 }, undefined],
  ['a large model at its owner', OPT_1B, ['owner'], { memory: 256 * GB }, 'owner would need more'],
])('%s', (_, shape, parts, machine, message) => {
  const admit = () => requireMemory(shape, memoryUse(shape, parts), machine);
  if (message === undefined) expect(admit).not.toThrow();
  else expect(admit).toThrow(expect.objectContaining({ code: 'E_LIMIT', message: expect.stringContaining(message) }));
});
