/** Models whose norms or softmaxes range over more than one table covers: plans, wires beside the twin, floats, costs. */
import { comparedWithTwin, rmsOfSession } from './support/compare.js';
import { startBench } from './support/parties.js';
import { TINY, type TinyShape } from './support/random-model.js';
import type { Plan } from '../ts/plan/formats.js';
import { walkLedger } from '../ts/cost/walk.js';
import { Peaks } from '../ts/verify/peaks.js';

const TOKENS: TinyShape = { ...TINY, outliers: { tokens: 48 } };
const QUERIES: TinyShape = { ...TINY, outliers: { queries: 4 } };
const MORE_QUERIES: TinyShape = { ...TINY, outliers: { queries: 60 } };

const windows = ({ layers, final }: Plan): number =>
  [...layers.flatMap(({ normA, normB }) => [normA, normB]), final].filter((norm) => norm.windows).length;
const levels = ({ layers }: Plan): number[] => layers.map(({ softmax }) => softmax?.levels.length ?? 1);

test.each<[string, TinyShape, (plan: Plan) => boolean]>([
  ['norms in windows', TOKENS, (plan) => windows(plan) > 0],
  ['a coarse level of softmax', QUERIES, (plan) => Math.max(...levels(plan)) === 2],
  ['wide scores and two coarse levels', MORE_QUERIES, (plan) => Math.max(...levels(plan)) > 2],
  ['norms in windows and biases', { ...TOKENS, biased: true }, (plan) => windows(plan) > 0],
])('%s: every wire is the twin\u2019s, none leaves its range', async (_name, shape, holds) => {
  const bench = await startBench(5, shape);
  const { plan } = bench.owner.manifest;
  expect({ plan, holds: holds(plan) }).toMatchObject({ holds: true });
  const peaks = new Peaks(plan);
  const log = await comparedWithTwin(bench, bench.text(24), [9, 1, 1, 12, 1], { peaks });
  expect([...log.differences, ...log.unopened]).toEqual([]);
  expect(log.equal).toBe(true);
  for (const [wire, { headroomBits, floorBits = 0 }] of Object.entries(peaks.report()))
    expect({ wire, fits: headroomBits === null || (headroomBits >= 0 && floorBits >= 0) }).toEqual({
      wire,
      fits: true,
    });
});

test.each<[string, TinyShape]>([
  ['norms in windows', TOKENS],
  ['a coarse level of softmax', QUERIES],
  ['wide scores and two coarse levels', MORE_QUERIES],
])('%s: hidden states are those of floats', async (_name, shape) => {
  const bench = await startBench(5, shape);
  expect(await rmsOfSession(bench, bench.text(24))).toBeLessThan(0.05);
});

test('the ledger counts the rounds that windows and levels add', async () => {
  const walk = async (shape: TinyShape) => {
    const { plan } = (await startBench(5, shape)).owner.manifest;
    return {
      plan,
      rounds: walkLedger(plan, [{ step: 0, rows: 1, position: 5, outputs: 'last' }], { cached: 5 }).of().rounds,
    };
  };
  const [usual, tokens, queries] = [await walk(TINY), await walk(TOKENS), await walk(QUERIES)];
  expect(tokens.rounds).toBe(usual.rounds + windows(tokens.plan));
  expect(queries.rounds).toBe(usual.rounds + 3 * levels(queries.plan).reduce((sum, count) => sum + count - 1, 0));
});
