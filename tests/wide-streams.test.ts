/** Models whose stream is wider than words of 48 bits and than one reduction of attention's output: plans, wires beside the twin, floats, costs. */
import { walkLedger } from '../ts/cost/walk.js';
import { type Plan, productBits, signWidth } from '../ts/plan/formats.js';
import type { Mode } from '../ts/plan/step.js';
import { VARIANT_NAMES, type VariantName } from '../ts/plan/variants.js';
import { parseManifest } from '../ts/provision/manifest.js';
import { Peaks } from '../ts/verify/peaks.js';
import { comparedWithTwin, worstRowOfSession } from './support/compare.js';
import { startBench } from './support/parties.js';
import { TINY, type TinyShape } from './support/random-model.js';

const WIDE: TinyShape = { ...TINY, outliers: { tokens: 300 } };
/** Streams so wide that a norm's output is opened narrow and lifted. */
const POST_NORM: TinyShape = { ...TINY, postNorm: true, outliers: { neurons: 1000 } };
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

test('signs are compared in more bits where rows are small, in no variant by table', async () => {
  for (const variant of ['digits', 'tables'] as const) {
    const [wide, usual] = [
      await startBench(5, WIDE, undefined, 1, variant),
      await startBench(5, TINY, undefined, 1, variant),
    ].map(({ owner }) => owner.manifest.plan.layers);
    for (const layer of wide) {
      expect(signWidth(layer)).toBeGreaterThan(16);
      expect(layer.signTable).toBeUndefined();
    }
    expect(usual.map((layer) => signWidth(layer))).toEqual([16, 16]);
    expect(usual.map(({ signTable }) => signTable !== undefined)).toEqual(usual.map(() => variant === 'tables'));
  }
});

test.each<[name: string, shape: TinyShape, mode: Mode, variant: VariantName]>([
  ['dense', WIDE, 'dense', 'digits'],
  ['with biases', { ...WIDE, biased: true }, 'dense', 'digits'],
  ['with exact signs', WIDE, 'exact', 'digits'],
  ['with biases and exact signs', { ...WIDE, biased: true }, 'exact', 'digits'],
  ['post-norm', POST_NORM, 'dense', 'digits'],
  ['post-norm with biases', { ...POST_NORM, biased: true }, 'dense', 'digits'],
  ['post-norm with exact signs', POST_NORM, 'exact', 'digits'],
  ['post-norm with biases and exact signs', { ...POST_NORM, biased: true }, 'exact', 'digits'],
  ['post-norm with biases and signs by table', { ...POST_NORM, biased: true }, 'dense', 'tables'],
])('%s: every wire is the twin’s, none leaves its range', async (_name, shape, mode, variant) => {
  const bench = await startBench(5, shape, undefined, 1, variant);
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

const BIASED: TinyShape = { ...WIDE, biased: true };

test.each(VARIANT_NAMES.flatMap((variant) => [WIDE, BIASED].map((shape) => [variant, shape] as const)))(
  '%s: states of small rows beside rows 300 times as large are those of floats',
  async (variant, shape) => {
    const bench = await startBench(5, shape, undefined, 1, variant);
    expect(await worstRowOfSession(bench, bench.text(40))).toBeLessThan(0.02);
  },
);

test.each(VARIANT_NAMES)(
  '%s, post-norm: a norm’s output is lifted where it is wide; states are those of floats',
  async (variant) => {
    for (const shape of [POST_NORM, { ...POST_NORM, biased: true }]) {
      const bench = await startBench(5, shape, undefined, 1, variant);
      const { manifest } = bench.owner;
      expect(manifest.plan.layers.map(({ postNorm }) => [postNorm?.kA ?? 0, postNorm?.kB ?? 0].map(Math.sign))).toEqual(
        [
          [0, 1],
          [1, 1],
        ],
      );
      expect(parseManifest(JSON.stringify(manifest), 'here')).toEqual(manifest);
      expect(await worstRowOfSession(bench, bench.text(24))).toBeLessThan(0.05);
    }
  },
);

test('a layer whose output is lifted takes a round more', async () => {
  const walk = ({ plan }: { plan: Plan }): number =>
    walkLedger(plan, [{ step: 0, rows: 1, position: 5, outputs: 'none' }], { cached: 5 }).of(0).rounds;
  const [wide, usual] = [await startBench(5, WIDE), await startBench(5, TINY)].map(({ owner }) => owner.manifest);
  const windows = [wide.plan.layers[0].normA, wide.plan.layers[0].normB].filter((norm) => norm.windows).length;
  expect(walk(wide)).toBe(walk(usual) + windows + 1);
});
