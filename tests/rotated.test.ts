/**
 * Attention of the Llama family (docs/protocol.md sections 3.8 and 3.9): queries and keys turned by their positions on shares, and several
 * heads of queries for one of keys and values. Beside the twin wire by wire, and beside floats.
 */
import { describe, expect, test } from '@jest/globals';
import { type Compared, comparedWithTwin, rmsOfSession } from './support/compare.js';
import { type Bench, startBench } from './support/parties.js';
import { TINY, type TinyShape } from './support/random-model.js';

/** Of a head of 8: three pairs, and two values that are not turned. */
const ROPE = [1, 0.3, 0.05];
const ROTATED: TinyShape = { ...TINY, rope: ROPE };
const GROUPED: TinyShape = { ...TINY, kvHeads: 2 };
const WIDE: TinyShape = { ...TINY, heads: 6, kvHeads: 2, rope: [1, 0.5, 0.1, 0.02] };

const SHAPES: [string, TinyShape][] = [
  ['rotated', ROTATED],
  ['grouped', GROUPED],
  ['rotated and grouped, queries wider than the stream', WIDE],
  ['with biases', { ...WIDE, biased: true }],
  ['one head of keys and values', { ...TINY, kvHeads: 1, rope: ROPE }],
  ['with wide scores', { ...WIDE, outliers: { queries: 60 } }],
];

const same = async (bench: Bench, first: readonly number[], parts: readonly number[], how: Compared = {}) => {
  const rows = parts.reduce((sum, part) => sum + part, 0);
  const log = await comparedWithTwin(bench, [...first, ...bench.text(rows)], parts, how);
  expect([...log.differences, ...log.unopened]).toEqual([]);
  expect(log.equal).toBe(true);
};

describe.each(SHAPES)('%s', (_, shape) => {
  test('every opened wire is that of the twin', async () => same(await startBench(5, shape), [], [9, 1, 1, 5]));

  test('states are those of floats', async () => {
    const bench = await startBench(5, shape);
    // Of wide scores every error is relative to them.
    expect(await rmsOfSession(bench, bench.text(20))).toBeLessThan(shape.outliers ? 0.1 : 0.01);
  });
});

describe('sparse steps', () => {
  const DENSITY = { neurons: 0.5, heads: 0.5 };
  const PARTS = [7, 1, 1, 1, 6, 1, 1];

  test.each<[string, TinyShape, Compared]>([
    ['rotated', ROTATED, {}],
    ['rotated, with refills beside the layer before', ROTATED, { prefetch: 3 }],
    ['rotated, with refills of their own', ROTATED, { apart: true }],
    ['rotated, where inputs are not kept for long', ROTATED, { keep: 1 }],
    ['grouped', WIDE, {}],
    ['grouped, where nothing is ever missing', WIDE, { prefetch: 3 }],
    ['grouped, in an epoch of its own', WIDE, { epochs: { fresh: true } }],
    ['grouped, with constant budgets', WIDE, { constant: true }],
    ['grouped, with exact signs', WIDE, { modes: 'epd' }],
  ])('%s', async (_, shape, how) =>
    same(await startBench(5, { ...shape, layers: 3 }, DENSITY), [], PARTS, { sparse: true, ...how }),
  );

  test('behind a prefix', async () => {
    const prefix = [5, 9];
    const bench = await startBench(5, { ...WIDE, layers: 3, prefix }, DENSITY);
    await same(bench, prefix, [4, 1, 1], { sparse: true, epochs: { fresh: true } });
  });
});
