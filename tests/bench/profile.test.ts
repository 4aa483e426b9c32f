import { afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { type Kernels, loadKernels } from '../../ts/kernels/load.js';
import { Stopwatch } from '../../ts/observe/stopwatch.js';

const visited: string[] = [];
const { Instance } = WebAssembly;
let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels((part, call) => (visited.push(part), call()));
});
afterEach(() => void jest.restoreAllMocks());

/** A clock that shows these milliseconds, one after the other. */
function clock(...times: number[]): void {
  const spy = jest.spyOn(performance, 'now');
  for (const time of times) spy.mockReturnValueOnce(time);
}

test('every moment belongs to one part', () => {
  clock(0, 1000, 3000, 4000, 9000, 9500);
  const watch = new Stopwatch(['outer', 'inner', 'rest'], 'rest');
  watch.during('outer', () => watch.during('inner', () => {}));
  expect(watch.totals()).toEqual({ rest: 1.5, outer: 2 + 5, inner: 1 });
});

test('what happens while one waits is not waiting', async () => {
  clock(0, 1000, 2000, 5000, 7000, 7000);
  const watch = new Stopwatch(['work', 'wait', 'rest'], 'rest');
  let arrive = (): void => {};
  const waiting = watch.until('wait', new Promise<void>((resolve) => (arrive = resolve)));
  watch.during('work', arrive);
  await waiting;
  expect(watch.totals()).toEqual({ rest: 1, wait: 1 + 2, work: 3 });
});

test('a part that fails ends, too', () => {
  clock(0, 1000, 3000, 4000);
  const watch = new Stopwatch(['work', 'rest'], 'rest');
  const fail = (): never => {
    throw new Error('broken');
  };
  expect(() => watch.during('work', fail)).toThrow('broken');
  expect(watch.totals()).toEqual({ rest: 2, work: 2 });
});

test('metered kernels: a call crosses once and computes once, with the same results and errors', () => {
  expect(WebAssembly.Instance).toBe(Instance);
  visited.length = 0;
  const matrix = new kernels.RingMatrix(1, 2, BigUint64Array.of(3n, 4n));
  expect(visited).toEqual(['crossing', 'kernels']);
  expect(matrix.mul(BigUint64Array.of(5n), 1)).toEqual(BigUint64Array.of(15n, 20n));
  expect(visited).toEqual(['crossing', 'kernels', 'crossing', 'kernels']);
  expect(() => matrix.mul(BigUint64Array.of(5n), 2)).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
});
