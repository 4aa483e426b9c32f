/** The twin equals the parties' wires bit for bit, and is close to floats. */
import { nonce, OP } from '../ts/core/address.js';
import { comparedWithTwin } from './support/compare.js';
import { type Bench, startBench } from './support/parties.js';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench(5);
});

test('every opened wire and every hidden state is equal, bit for bit', async () => {
  const log = await comparedWithTwin(bench, bench.text(24), [9, 1, 1, 12, 1]);
  expect([...log.differences, ...log.unopened]).toEqual([]);
  expect(log.equal).toBe(true);
  // 20 wires a layer (the comparison's inner bits are none) and two of the final norm, five steps.
  expect(log.compared).toBe(5 * (2 * 20 + 2));
});

test('one unit in one wire is noticed', async () => {
  let count = 0;
  const log = await comparedWithTwin(bench, bench.text(3), [3], {
    tamper: (values) => {
      if (++count === 17) values[0] ^= 1n;
    },
  });
  expect(log.equal).toBe(false);
  expect(log.differences).toHaveLength(1);
});

test('a wire that nobody opens is noticed', async () => {
  const log = await comparedWithTwin(bench, bench.text(3), [3], {
    lost: ({ layer, round }) => layer === 1 && round === 2,
  });
  expect(log).toMatchObject({ equal: false, differences: [], unopened: [`0.1.${OP.rA}`] });
});

test('nonces of different addresses differ', () => {
  const seen = new Set<string>();
  for (const step of [0, 1, 256])
    for (const layer of [0, 1, 256])
      for (const op of [0, 1]) for (const part of [0, 1]) seen.add(nonce({ step, layer, op }, part).join());
  expect(seen.size).toBe(36);
});
