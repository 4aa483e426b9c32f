// Workers run compiled files: this suite uses dist/, which `npm test` compiles first.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Kernels } from '../ts/kernels/load.js';
import type { KernelPool } from '../ts/kernels/pool.js';

const dist = (name: string): Promise<unknown> => import(new URL(`../dist/kernels/${name}.js`, import.meta.url).href);
const [key, nonce] = [new Uint8Array(32).fill(5), new Uint8Array(12).fill(6)];

let k: Kernels;
let pool: KernelPool;
beforeAll(async () => {
  k = await ((await dist('load')) as typeof import('../ts/kernels/load.js')).loadKernels();
  pool = await ((await dist('pool')) as typeof import('../ts/kernels/pool.js')).KernelPool.start(3);
});
afterAll(() => pool.terminate());

test.each([
  [40, 100, 1],
  [33, 5, 4],
  [7, 24, 9],
])('%d x %d by %d rows equals one instance', async (rows, cols, t) => {
  const matrix = k.RingMatrix.fromPrg(rows, cols, key, nonce);
  const pooled = await pool.share(matrix);
  const x = k.prgWords(key, nonce, 9, t * rows, 64);
  expect(await pooled.mul(x, t)).toEqual(matrix.mul(x, t));
  expect(x).toHaveLength(t * rows);
  expect(await pooled.words()).toEqual(matrix.words());
});

test.each([
  [100, 8],
  [100, 24],
  [72, 12],
  [30, 5],
])('blocks of a matrix with %d columns by blocks of %d equal one instance', async (cols, block) => {
  const matrix = k.RingMatrix.fromPrg(20, cols, key, nonce);
  const pooled = await pool.share(matrix);
  const [jobRows, jobBlocks] = [Uint32Array.of(2, 0, 0, 2, 1), Uint32Array.of(1, 0, 2, 1, 3)];
  const [x, parts] = [k.prgWords(key, nonce, 9, 3 * 20, 64), k.prgWords(key, nonce, 99, 5 * 5, 64)];
  const columns = [x, 3, jobRows, jobBlocks, block] as const;
  expect(await pooled.mulColumnBlocks(...columns)).toEqual(matrix.mulColumnBlocks(...columns));
  const rows = [parts, 3, jobRows, jobBlocks] as const;
  expect(await pooled.mulRowBlocks(...rows)).toEqual(matrix.mulRowBlocks(...rows));
});

test.each([
  ['some', [0, 3, 3, 5], [0, 4, 10, 3, 9]],
  ['none', [0, 0, 0, 0], []],
  ['all', [0, 11, 22, 33], Array.from({ length: 33 }, (_, i) => i % 11)],
  ['only one worker has', [0, 1, 1, 1], [10]],
])('%s of the neurons: products equal those of one instance', async (_, starts, neurons) => {
  const vectors = k.RingRows.fromPrg(11, 19, key, nonce);
  const pooled = await pool.shareRows(vectors);
  const pairs = [3, Uint32Array.from(starts), Uint32Array.from(neurons)] as const;
  const [x, a] = [k.prgWords(key, nonce, 9, 3 * 19, 64), k.prgWords(key, nonce, 99, neurons.length, 64)];
  expect(await pooled.dots(x, ...pairs)).toEqual(vectors.dots(x, ...pairs));
  expect(await pooled.combine(a, ...pairs)).toEqual(vectors.combine(a, ...pairs));
  expect(await pooled.words()).toEqual(vectors.words());
});

test.each([32, 48])('words of %i bits stay so', async (bits) => {
  const [matrix, vectors] = [
    k.RingMatrix.fromPrg(6, 50, key, nonce, bits),
    k.RingRows.fromPrg(11, 19, key, nonce, bits),
  ];
  const [pooled, rows] = [await pool.share(matrix), await pool.shareRows(vectors)];
  const x = (count: number): BigUint64Array => k.prgWords(key, nonce, 9, count, 64);
  expect(await pooled.mul(x(12), 2)).toEqual(matrix.mul(x(12), 2));
  const pairs = [1, Uint32Array.of(0, 4), Uint32Array.of(1, 4, 8, 10)] as const;
  expect(await rows.dots(x(19), ...pairs)).toEqual(vectors.dots(x(19), ...pairs));
  expect(await rows.combine(x(4), ...pairs)).toEqual(vectors.combine(x(4), ...pairs));
});

test('jobs and pairs that one instance refuses', async () => {
  const refused = { name: 'CometError', code: 'E_ARGUMENT' };
  const matrix = await pool.share(k.RingMatrix.zeros(4, 32));
  const job = (row: number, block: number): Promise<unknown> =>
    matrix.mulColumnBlocks(new BigUint64Array(4), 1, Uint32Array.of(row), Uint32Array.of(block), 8);
  await expect(job(0, 4)).rejects.toMatchObject(refused);
  await expect(job(1, 0)).rejects.toMatchObject(refused);
  const vectors = await pool.shareRows(k.RingRows.zeros(9, 4));
  const pairs = (starts: number[], neurons: number[]): Promise<unknown> =>
    vectors.dots(new BigUint64Array(8), 2, Uint32Array.from(starts), Uint32Array.from(neurons));
  for (const [starts, neurons] of [
    [[0, 1], [0]],
    [
      [0, 1, 2],
      [0, 9],
    ],
    [[0, 2, 1], [0]],
    [
      [1, 2, 1],
      [0, 1],
    ],
    [
      [0, 2, 2],
      [8, 0],
    ],
    [
      [0, 2, 2],
      [1, 1],
    ],
  ])
    await expect(pairs(starts, neurons)).rejects.toMatchObject(refused);
  await vectors.free();
  await expect(pairs([0, 0, 0], [])).rejects.toMatchObject(refused);
});

test('failures keep their codes', async () => {
  const pooled = await pool.share(k.RingMatrix.zeros(4, 30));
  await expect(pooled.mul(new BigUint64Array(5), 1)).rejects.toMatchObject({ name: 'CometError', code: 'E_ARGUMENT' });
  await pooled.free();
  await expect(pooled.mul(new BigUint64Array(4), 1)).rejects.toMatchObject({ name: 'CometError', code: 'E_ARGUMENT' });
});

test('a terminated pool fails calls instead of waiting', async () => {
  const { KernelPool } = (await dist('pool')) as typeof import('../ts/kernels/pool.js');
  const other = await KernelPool.start(1);
  const pooled = await other.share(k.RingMatrix.zeros(512, 512));
  const pending = pooled.mul(new BigUint64Array(512 * 512), 512);
  await Promise.all([expect(pending).rejects.toMatchObject({ code: 'E_ABORTED' }), other.terminate()]);
  await expect(pooled.mul(new BigUint64Array(512), 1)).rejects.toMatchObject({ code: 'E_ABORTED' });
});
