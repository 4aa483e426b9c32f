/** Epochs: weights in an order that nobody knows, under fresh masks (docs/epochs.md). */
import { expect, test } from '@jest/globals';
import { comparedWithTwin } from './support/compare.js';
import { startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';

const DENSITY = { neurons: 0.5, heads: 0.7 };
const start = (shape = {}) => startBench(5, { ...TINY, layers: 3, ...shape }, DENSITY);
const PARTS = [9, 1, 1, 10, 1, 1, 1];

test.each([{ fresh: true }, { fresh: true, tokens: 10 }, { fresh: false, tokens: 1 }])(
  'wires equal the twin with epochs %o',
  async (epochs) => {
    const bench = await start();
    const log = await comparedWithTwin(bench, bench.text(24), PARTS, { sparse: true, epochs });
    expect(log.differences).toEqual([]);
    expect(log.equal).toBe(true);
    expect(log.compared).toBeGreaterThan(100);
  },
);
