/** Known shapes: every command takes them, their random weights stay what they are, and a layer is measured over several memories. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Command } from 'commander';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addBench } from '../ts/cli/bench.js';
import { addCost } from '../ts/cli/cost.js';
import { addPlan } from '../ts/cli/plan.js';
import { addTrace } from '../ts/cli/trace.js';
import { bench, measureCost, plan, trace } from '../ts/index.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { walkLedger } from '../ts/cost/walk.js';
import { provision } from '../ts/provision/owner.js';
import { SHAPE_NAMES, SHAPES } from '../ts/plan/shapes.js';
import type { PreparedModel } from '../ts/provision/prepare.js';
import { syntheticModel } from '../ts/provision/synthetic.js';
import { sizesOf } from '../ts/verify/cost-options.js';
import { shapeCandidates } from '../ts/verify/shape-plan.js';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

test.each([
  ['cost', addCost],
  ['bench', addBench],
  ['trace', addTrace],
  ['plan', addPlan],
])('the help of %s has all shapes', (name, add) => {
  const program = new Command();
  add(program);
  const help = program.commands.find((command) => command.name() === name)!.helpInformation();
  for (const shape of SHAPE_NAMES) expect(help).toContain(shape);
});

const link = { roundTripSeconds: 0, bytesPerSecond: 1e9, context: 3 };
test.each([
  ['measureCost', () => measureCost({ shape: 'constructor', step: 'decode' })],
  ['bench', () => bench('gates', { shape: 'constructor' })],
  ['trace', () => trace({ shape: 'constructor', output: join(tmpdir(), 'comet-no-trace.json') })],
  ['plan', () => plan(undefined, { ...link, shape: 'constructor' })],
])('%s names the shapes where it is given another', async (_, call) => {
  await expect(call()).rejects.toMatchObject({
    code: 'E_ARGUMENT',
    message: expect.stringContaining(SHAPE_NAMES.join(', ')),
  });
});

test.each([
  ['relu', 15],
  ['silu', 16],
] as const)(
  'layers of the Llama family with %s have %d rounds, rotated queries and grouped heads',
  async (kind, rounds) => {
    const llama = { activation: { kind }, theta: 1e4, eps: 1e-6 };
    const shape = { layers: 1, width: 32, heads: 4, kvHeads: 2, headDim: 8, ffn: 64, context: 4, vocab: 16, llama };
    const { model, calibration } = await syntheticModel(kernels, shape);
    const { plan } = provision(kernels, 'llama', model, calibration).manifest;
    expect(plan.rope?.frequencies).toHaveLength(4);
    expect(plan.shape).toMatchObject({ heads: 4, kvHeads: 2 });
    expect(plan.layers[0]).toMatchObject({
      rope: { bits: 12, fR: 5 },
      normA: { eps: 1e-6 },
      gate: { activation: { kind } },
    });
    const step = { step: 0, rows: 1, position: 3, outputs: 'none' } as const;
    expect(walkLedger(plan, [step], { cached: 3 }).of(0).rounds).toBe(rounds);
  },
);

test('an activation is chosen where there are gates', async () => {
  await expect(measureCost({ shape: 'tiny', step: 'decode', act: 'relu' })).rejects.toMatchObject({
    code: 'E_ARGUMENT',
  });
});

test.each([
  ['a model', 'folder', {}],
  ['a text', undefined, { text: 'file' }],
  ['a check', undefined, { check: true }],
  ['error tokens', undefined, { errorTokens: 0 }],
])('a plan of a shape excludes %s', async (_, model, options) => {
  await expect(plan(model, { ...link, shape: 'tiny', ...options })).rejects.toMatchObject({ code: 'E_ARGUMENT' });
});

describe('random weights', () => {
  const digest = ({ embedding, positions, layers }: PreparedModel): string => {
    const hash = createHash('sha256').update(embedding).update(positions!);
    for (const { qkv, o, up, down, bias } of layers)
      for (const values of [qkv, o, up, down, ...Object.values(bias ?? {})]) hash.update(values as Float32Array);
    return hash.digest('hex').slice(0, 16);
  };

  test.each([
    ['tiny', 3, false, '955084ecad98902b'],
    ['tiny', 2, true, '4dddebfcdae3363c'],
    ['comet-16m', 1, false, '9d846288df325845'],
    ['opt-125m', 1, false, 'b1b3b8336a50b3e2'],
  ] as const)(
    'of %s, %d layers, biases %p, are those that were always measured',
    async (name, layers, biased, known) => {
      const shape = { ...SHAPES[name], layers, context: 1, vocab: 4 };
      expect(digest((await syntheticModel(kernels, shape, { biased })).model)).toBe(known);
    },
  );

  test('of wide models have the ranges of trained ones', async () => {
    const shape = { layers: 1, width: 1024, heads: 16, kvHeads: 16, headDim: 64, ffn: 64, context: 3, vocab: 8 };
    const { model } = await syntheticModel(kernels, shape);
    const rms = (values: Float32Array): number => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    expect(rms(model.layers[0].up)).toBeCloseTo(0.03 * Math.sqrt(768 / 1024), 3);
    const state = (position: number): number =>
      rms(
        model.positions!.subarray((2 + position) * 1024, (3 + position) * 1024).map((v, i) => v + model.embedding[i]),
      );
    expect(state(0)).toBeGreaterThan(2.8);
    expect(state(0)).toBeLessThan(3.2);
    expect(state(1)).toBeLessThan(1.1);
  });
});

describe('what is run', () => {
  const sizes = (shape: string, sparse: boolean) => {
    const { measured, instances, shape: run } = sizesOf({ shape, step: 'decode', sparse });
    return [run.layers, measured, instances];
  };

  test('is an inner layer of three, and less where a WebAssembly memory takes no three', () => {
    for (const shape of ['tiny', 'opt-125m', 'opt-1.3b', 'opt-2.7b'])
      for (const sparse of [false, true]) expect(sizes(shape, sparse)).toEqual([3, 1, 1]);
    expect(sizes('opt-6.7b', false)).toEqual([1, 0, 1]);
    expect(sizes('opt-6.7b', true)).toEqual([2, 1, 2]);
  });

  // Workers run compiled files: dist/, which `npm test` compiles first.
  test.each([false, true])(
    'is spread over memories that take little, sparse %p, and costs the same',
    async (sparse) => {
      const { href } = new URL('../dist/verify/cost.js', import.meta.url);
      const { measureCost: measure } = (await import(href)) as typeof import('../ts/verify/cost.js');
      const options = { shape: 'tiny', step: 'decode', context: 5, repeat: 4, sparse } as const;
      const [whole, sliced] = [await measure(kernels, options), await measure(kernels, options, 30e6)];
      expect([whole.instances, sliced.instances]).toEqual([1, 2]);
      for (const { ledger, rounds, onlineBytes, offlineBytes, macs } of [whole, sliced])
        expect({ rounds, onlineBytes, offlineBytes, macs }).toEqual(ledger);
      expect(sliced.rounds).toBe(whole.rounds);
      if (sparse) expect(sliced.headsComputed).toBeLessThan(4);
      else expect(sliced.macs).toBe(whole.macs);
    },
  );
});

test('a shape is planned with all its layers', async () => {
  const candidates = await shapeCandidates(kernels, 'tiny', { context: 3 });
  expect(candidates.map(({ variant }) => variant)[0]).toBe('digits');
  for (const { plan: made } of candidates) {
    expect(made.layers).toHaveLength(SHAPES.tiny.layers);
    expect(made.shape).toMatchObject({ ...SHAPES.tiny, context: 3 });
  }
  const [{ plan: short }] = await shapeCandidates(kernels, 'tiny', { context: 3, layers: 1 });
  expect(short.layers).toHaveLength(1);
});
