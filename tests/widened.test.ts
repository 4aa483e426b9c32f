/** Where plans are wider than usual, and what the report says that it costs. */
import { beforeAll, expect, test } from '@jest/globals';
import { describeWidened } from '../ts/cli/widened.js';
import { ledgerOf } from '../ts/cost/ledger-of.js';
import { widenedOf, type Widening, type WideningKind } from '../ts/cost/widened.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import type { Plan } from '../ts/plan/formats.js';
import { provision } from '../ts/provision/owner.js';
import { randomModel, TINY, type TinyShape } from './support/random-model.js';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

function planOf(shape: TinyShape): Plan {
  const { model, ranges } = randomModel(5, shape);
  return provision(kernels, 'random', model, ranges as never).manifest.plan;
}

const CONTEXT = 20;
const find = (plan: Plan, kind: WideningKind): Widening | undefined =>
  widenedOf(plan, CONTEXT).widenings.find((widening) => widening.kind === kind);

test('an ordinary plan has nothing wider than usual, and one line says so', () => {
  const report = widenedOf(planOf(TINY), CONTEXT);
  expect(report.widenings).toEqual([]);
  expect(describeWidened(report)).toEqual(['nothing in the plan is wider than usual']);
  const step = { step: 0, rows: 1, position: CONTEXT - 1, outputs: 'last' } as const;
  expect(report).toMatchObject(ledgerOfPart(ledgerOf(planOf(TINY), [step], { cached: CONTEXT - 1 })));
});

const ledgerOfPart = ({ rounds, onlineBytes, offlineBytes }: ReturnType<typeof ledgerOf>) => ({
  ...{ rounds, onlineBytes, offlineBytes },
});

test('norms by windows take a round each, and their tables and comparisons', () => {
  const plan = planOf({ ...TINY, outliers: { tokens: 48 } });
  const norms = [...plan.layers.map(({ normA, normB }) => [normA, normB]), [plan.final]];
  const windowed = norms.map((some) => some.filter(({ windows }) => windows).length);
  expect(Math.max(...windowed)).toBeGreaterThan(0);
  const widening = find(plan, 'normWindows')!;
  expect(widening.layers).toEqual(windowed.flatMap((count, layer) => (count > 0 ? [layer] : [])));
  expect(widening.most).toBe(Math.max(...norms.flat().map(({ windows }) => windows?.count ?? 0)));
  expect(widening.rounds).toBe(windowed.reduce((sum, count) => sum + count, 0));
  expect(widening.onlineBytes).toBeGreaterThan(0);
});

test('coarse levels of a softmax take three rounds each', () => {
  const plan = planOf({ ...TINY, outliers: { queries: 60 } });
  const coarse = plan.layers.map(({ softmax }) => (softmax?.levels.length ?? 1) - 1);
  const widening = find(plan, 'softmax')!;
  expect(widening).toMatchObject({ rounds: 3 * coarse.reduce((a, b) => a + b), coarseLevels: Math.max(...coarse) });
  expect(widening.most).toBe(Math.max(...plan.layers.map(({ softmax }) => softmax?.width ?? 21)));
  expect(widening.onlineBytes).toBeGreaterThan(0);
  expect(widening.offlineBytes).toBeGreaterThan(0);
});

test('a wide stream costs bytes and no round, a lifted output a round a layer', () => {
  const plan = planOf({ ...TINY, outliers: { tokens: 300 } });
  const { layers } = plan;
  const stream = find(plan, 'stream')!;
  expect(stream).toMatchObject({ rounds: 0, most: plan.wx, layers: [0, 1, layers.length] });
  // Of what is as wide as the stream, x1, x2 and the activations of a layer are opened both ways.
  const words = layers.length * (2 * plan.shape.width + plan.shape.ffn);
  expect(stream.onlineBytes).toBeGreaterThanOrEqual((2 * words * (plan.wx - 48)) / 8);
  expect(find(plan, 'outputLift')).toMatchObject({ rounds: layers.length, layers: [0, 1] });
});

test('tables of more cells cost the dealer alone', () => {
  const usual = planOf(TINY);
  const [normA, w] = [usual.layers[1].normA, 12];
  const wide = { ...normA, w, f: normA.f - (w - normA.w) };
  const plan = { ...usual, layers: [usual.layers[0], { ...usual.layers[1], normA: wide }] };
  const widening = find(plan, 'normTables')!;
  expect(widening).toMatchObject({ layers: [1], most: w, rounds: 0, onlineBytes: 0 });
  expect(widening.offlineBytes).toBeGreaterThan(((2 ** w - 2 ** 10) * 2 * normA.kR) / 8 - 1);
});

test('a prefix costs a token nothing; the lines name kinds, layers and costs', () => {
  const plan = planOf({ ...TINY, prefix: [3, 7] });
  expect(widenedOf(plan, 1).context).toBe(3);
  expect(find(plan, 'prefix')).toMatchObject({ most: 2, rounds: 0, onlineBytes: 0, offlineBytes: 0 });
  const [head, ...lines] = describeWidened(widenedOf(plan, CONTEXT));
  expect(head).toContain(`context of ${CONTEXT}`);
  expect(lines).toEqual([expect.stringMatching(/prefix of 2 tokens.*, all layers: nothing$/)]);
  const some = { ...widenedOf(plan, CONTEXT), layers: 9 };
  const named = (layers: number[]) =>
    describeWidened({ ...some, widenings: [{ ...some.widenings[0], layers }] })[1].replace(/.* runs, (.*): .*/, '$1');
  expect(named([0, 1, 2, 5, 7, 8, 9])).toBe('layers 0-2, 5, 7-8 and last norm');
  expect(named([4])).toBe('layer 4');
  expect(named([9])).toBe('last norm');
});
