/** Sparse steps: the twin's wires bit for bit, whatever is active, and the same values as floats that leave out the same. */
import { expect, test } from '@jest/globals';
import { comparedWithTwin } from './support/compare.js';
import { startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';

test.each([
  { neurons: 0.3, heads: 0.6 },
  { neurons: 0, heads: 0 },
  { neurons: 1, heads: 1 },
  { neurons: 0.1, heads: 0.3 },
])('wires equal the twin with %o active', async (density) => {
  const bench = await startBench(5, { ...TINY, layers: 3 }, density);
  const log = await comparedWithTwin(bench, bench.text(24), [9, 1, 1, 10, 1, 1, 1], { sparse: true });
  expect(log.differences).toEqual([]);
  expect(log.equal).toBe(true);
});

test('dense steps of a model with predictors equal the twin', async () => {
  const bench = await startBench(5, { ...TINY, layers: 3 }, { neurons: 0.3, heads: 0.6 });
  const log = await comparedWithTwin(bench, bench.text(24), [9, 1, 14]);
  expect(log.differences).toEqual([]);
});

test.each([false, true])('layers in modes of their own equal the twin; biases: %s', async (biased) => {
  const bench = await startBench(5, { ...TINY, layers: 4, biased }, { neurons: 0.3, heads: 0.6 });
  const log = await comparedWithTwin(bench, bench.text(14), [9, 1, 3, 1], { sparse: true, modes: 'pedp' });
  expect(log.differences).toEqual([]);
  expect(log.equal).toBe(true);
});
