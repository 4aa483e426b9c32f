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
