// Workers run compiled files: this suite uses dist/, which `npm test` compiles first.
import { beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Kernels } from '../ts/kernels/load.js';
import { lcg, randomModel, TINY, type TinyShape } from './support/random-model.js';

type Calibrate = typeof import('../ts/provision/calibrate.js');
type Gather = NonNullable<NonNullable<Parameters<Calibrate['calibrate']>[3]>['gather']>;
type Crews = typeof import('../ts/provision/node/calibration-crew.js');
const dist = (name: string): Promise<unknown> => import(new URL(`../dist/${name}.js`, import.meta.url).href);

let kernels: Kernels;
let calibrate: Calibrate['calibrate'];
let crews: Crews;
beforeAll(async () => {
  kernels = await ((await dist('kernels/load')) as typeof import('../ts/kernels/load.js')).loadKernels();
  ({ calibrate } = (await dist('provision/calibrate')) as Calibrate);
  crews = (await dist('provision/node/calibration-crew')) as Crews;
});

function textOf(length: number): number[] {
  const random = lcg(9);
  return Array.from({ length }, () => Math.floor(random() * TINY.vocab));
}

const FORMS: [string, Partial<TinyShape>][] = [
  ['an ordinary model', {}],
  ['one with biases', { biased: true }],
  ['one behind a prefix', { prefix: [3, 7] }],
];

const LLAMAS = fileURLToPath(new URL('fixtures/llamas', import.meta.url));

test.each(['relu-biases', 'qwen3', 'llama3'])('threads see of Llama form %s what one sees', async (name) => {
  const { loadCheckpoint } = (await dist('checkpoint/checkpoint')) as typeof import('../ts/checkpoint/checkpoint.js');
  const { folderSource } = (await dist('checkpoint/node/folder')) as typeof import('../ts/checkpoint/node/folder.js');
  const { prepareModel } = (await dist('provision/prepare')) as typeof import('../ts/provision/prepare.js');
  const model = prepareModel(kernels, await loadCheckpoint(kernels, folderSource(join(LLAMAS, name))));
  const text = textOf(700).map((id) => id % model.shape.vocab);
  const alone = await calibrate(kernels, model, text);
  const gather = (...of: Parameters<Gather>): ReturnType<Gather> => crews.startCrew(3, ...of);
  expect(JSON.stringify(await calibrate(kernels, model, text, { gather }))).toBe(JSON.stringify(alone));
});

test.each(FORMS)('threads see of %s, to the bit, what one sees', async (_name, form) => {
  const { model } = randomModel(5, { ...TINY, ...form });
  const { prefix } = form;
  const text = textOf(1500);
  const alone = await calibrate(kernels, model, text, { prefix });
  const seen: number[] = [];
  const together = await calibrate(kernels, model, text, {
    prefix,
    gather: (...of) => crews.startCrew(3, ...of),
    onProgress: (done, total) => seen.push(done / total),
  });
  expect(together).toEqual(alone);
  expect(JSON.stringify(together)).toBe(JSON.stringify(alone));
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.at(-1)).toBe(1);
});

test('a failure in a thread has its code, and a signal ends all threads', async () => {
  const { model } = randomModel(5, TINY);
  const gather: Parameters<Calibrate['calibrate']>[3] = { gather: (...of) => crews.startCrew(2, ...of) };
  const outside = [...textOf(300), TINY.vocab];
  await expect(calibrate(kernels, model, outside, gather)).rejects.toMatchObject({ code: 'E_ARGUMENT' });
  const signal = AbortSignal.abort();
  await expect(calibrate(kernels, model, textOf(300), { ...gather, signal })).rejects.toMatchObject({
    code: 'E_ABORTED',
  });
  const wild = { ...model, layers: model.layers.map((layer) => ({ ...layer, o: layer.o.map(() => 3e38) })) };
  await expect(calibrate(kernels, wild, textOf(300), gather)).rejects.toMatchObject({ code: 'E_RANGE' });
});

test('there is a thread for each processor, as far as memory goes', () => {
  const { shape } = randomModel(5, TINY).model;
  const most = crews.calibrationThreads({ shape });
  expect(most).toBeGreaterThanOrEqual(1);
  expect(crews.calibrationThreads({ shape }, 1000)).toBe(1);
  const huge = { ...shape, layers: 1000, width: 8192, ffn: 32768 };
  expect(crews.calibrationThreads({ shape: huge })).toBe(1);
});
