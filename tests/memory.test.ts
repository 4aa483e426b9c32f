/** The estimate of memory against what is really held, and its refusals. */
import { allHeads } from '../ts/gates/sets.js';
import { matrixWords, type Machine, memoryUse, type Part, requireMemory } from '../ts/provision/memory.js';
import { maskModel } from '../ts/provision/mask.js';
import { planModel } from '../ts/parties/owner.js';
import { loadKernels } from '../ts/kernels/load.js';
import { randomModel } from './support/random-model.js';

const OPT_125M = { layers: 12, width: 768, heads: 12, headDim: 64, ffn: 3072, context: 2048, vocab: 50272 };
const OPT_1B = { layers: 24, width: 2048, heads: 32, headDim: 64, ffn: 8192, context: 2048, vocab: 50272 };
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
    if (tensor.name !== 'centers') words += tensor.words.length;
  expect(matrixWords(model.shape)).toBe(words);
});

test('cached keys and values are two words each at a server, one at the dealer', async () => {
  const { MaskedCache, MaskCache } = await loadKernels();
  const { heads, headDim, width } = { heads: 4, headDim: 8, width: 32 };
  const rows = new BigUint64Array(64 * width);
  const [server, dealer] = [new MaskedCache(0, heads, headDim, 64), new MaskCache(heads, headDim, 64)];
  const { rows: positions, heads: all } = allHeads(64, heads);
  server.put(all, positions, rows, rows);
  dealer.put(all, positions, rows);
  const shape = { layers: 1, width, heads, headDim, ffn: 64, context: 64, vocab: 64 };
  const longer = { ...shape, context: 128 };
  // The working set is bounded by a constant only for larger models, so compare what the two counts differ by.
  const difference = (part: Part) => memoryUse(longer, [part]).total - memoryUse(shape, [part]).total;
  expect(difference('server0') - difference('dealer')).toBe(2 * (server.bytes() - dealer.bytes()));
  expect(server.bytes()).toBe(2 * dealer.bytes());
});

test('parts add up, and one machine for all needs the sum', () => {
  const { parts, total } = memoryUse(OPT_125M, ALL);
  expect(Object.keys(parts)).toEqual(ALL);
  expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(total);
  expect(parts.server0).toBe(parts.server1);
  // 85 M weights: 16 bytes each at a server, 8 at the dealer, and a quarter of that again for caches and the rest.
  expect(parts.server0! / GB).toBeGreaterThan(1.36);
  expect(parts.server0! / GB).toBeLessThan(2.5);
  expect(parts.dealer!).toBeLessThan(parts.server0!);
});

test('a session with epochs holds its weights beside the shared ones, and those of neurons a third time while they move', () => {
  const { layers, width, ffn } = OPT_125M;
  const more = matrixWords(OPT_125M) + 2 * layers * width * ffn;
  for (const [part, words] of [
    ['server0', 2],
    ['dealer', 1],
  ] as const)
    // prettier-ignore
    expect(memoryUse(OPT_125M, [part], 1).total - memoryUse(OPT_125M, [part]).total).toBe(8 * words * more);
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
