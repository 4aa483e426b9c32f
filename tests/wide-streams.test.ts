/** Models whose stream is wider than words of 48 bits and than one reduction of attention's output: plans, wires beside the twin, floats, costs. */
import { walkLedger } from '../ts/cost/walk.js';
import { type Plan, productBits } from '../ts/plan/formats.js';
import type { Mode } from '../ts/plan/step.js';
import { parseManifest } from '../ts/provision/manifest.js';
import { Peaks } from '../ts/verify/peaks.js';
import { comparedWithTwin, rmsOfSession } from './support/compare.js';
import { startBench } from './support/parties.js';
import { TINY, type TinyShape } from './support/random-model.js';

const WIDE: TinyShape = { ...TINY, outliers: { tokens: 300 } };
const lifts = ({ layers }: Plan): boolean[] => layers.map(({ oLift }) => oLift ?? false);

test('the plan lifts the output and widens words only where the stream is wide', async () => {
  const [wide, usual] = [await startBench(5, WIDE), await startBench(5, TINY)].map(({ owner }) => owner.manifest);
  expect(usual.plan.wx).toBeLessThanOrEqual(48);
  expect(lifts(usual.plan)).toEqual([false, false]);
  expect(wide.plan.wx).toBeGreaterThan(48);
  expect(lifts(wide.plan)).toEqual([true, true]);
  for (const matrix of ['o', 'down']) expect(productBits(wide.plan, 0, matrix)).toBe(64);
  expect(parseManifest(JSON.stringify(wide), 'here')).toEqual(wide);
});

test.each<[string, TinyShape, Mode]>([
  ['dense', WIDE, 'dense'],
  ['with biases', { ...WIDE, biased: true }, 'dense'],
  ['with exact signs', WIDE, 'exact'],
  ['with biases and exact signs', { ...WIDE, biased: true }, 'exact'],
])('%s: every wire is the twin’s, none leaves its range', async (_name, shape, mode) => {
  const bench = await startBench(5, shape);
  const { plan } = bench.owner.manifest;
  const peaks = new Peaks(plan);
  const modes = mode === 'exact' ? { sparse: true, modes: 'ee' } : {};
  const log = await comparedWithTwin(bench, bench.text(24), [9, 1, 1, 12, 1], { peaks, ...modes });
  expect([...log.differences, ...log.unopened]).toEqual([]);
  expect(log.equal).toBe(true);
  for (const [wire, { headroomBits, floorBits = 0 }] of Object.entries(peaks.report()))
    expect({ wire, fits: headroomBits === null || (headroomBits >= 0 && floorBits >= 0) }).toEqual({
      wire,
      fits: true,
    });
});

test('hidden states are those of floats', async () => {
  const bench = await startBench(5, WIDE);
  expect(await rmsOfSession(bench, bench.text(24))).toBeLessThan(0.05);
});

test('a layer whose output is lifted takes a round more', async () => {
  const walk = ({ plan }: { plan: Plan }): number =>
    walkLedger(plan, [{ step: 0, rows: 1, position: 5, outputs: 'none' }], { cached: 5 }).of(0).rounds;
  const [wide, usual] = [await startBench(5, WIDE), await startBench(5, TINY)].map(({ owner }) => owner.manifest);
  const windows = [wide.plan.layers[0].normA, wide.plan.layers[0].normB].filter((norm) => norm.windows).length;
  expect(walk(wide)).toBe(walk(usual) + windows + 1);
});
