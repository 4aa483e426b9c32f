/** The twin equals the parties' wires bit for bit, and is close to floats. */
import { nonce } from '../ts/core/address.js';
import { Twin } from '../ts/plain/twin.js';
import { type Frame, WireLog } from '../ts/verify/wire-log.js';
import { tapeKeys } from '../ts/verify/tape-keys.js';
import { type Bench, openClient, startBench } from './support/parties.js';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench(5);
});

/** One session with steps of some rows, beside the twin; the log of all wires. */
async function compare(
  ids: readonly number[],
  parts: readonly number[],
  tamper?: (values: BigUint64Array) => void,
): Promise<WireLog> {
  const { kernels, owner, parties, model } = bench;
  const frames: Frame[][] = [[], []];
  const watch = (to: Frame[]) => ({
    onOpened: (step: { step: number }, exchange: Frame['exchange'], opened: Frame['opened']) =>
      void to.push({ step: step.step, exchange, opened }),
  });
  const { client, session, served } = await openClient(bench, { server0: watch(frames[0]), server1: watch(frames[1]) });
  const log = new WireLog();
  const keys = {
    ...tapeKeys(parties, session, owner.manifest),
    client0: session.maskSeeds.server0!,
    client1: session.maskSeeds.server1!,
  };
  const twin = new Twin(kernels, { ...model, positionOffset: 2 }, owner.manifest.plan, keys, (at, values) => {
    const seen = values.slice();
    tamper?.(seen);
    log.expect(at, seen);
  });
  let position = 0;
  client.announce(parts.map((rows) => ({ rows, position: (position += rows) - rows, outputs: 'all' as const })));
  position = 0;
  for (const [step, rows] of parts.entries()) {
    const part = ids.slice(position, (position += rows));
    expect(await client.run(part)).toEqual(twin.step(step, part));
  }
  client.end();
  await served;
  log.check(frames[0], frames[1], kernels);
  twin.free();
  return log;
}

test('every opened wire and every hidden state is equal, bit for bit', async () => {
  const log = await compare(bench.text(24), [9, 1, 1, 12, 1]);
  expect(log.differences).toEqual([]);
  expect(log.equal).toBe(true);
  // 22 wires a layer (the comparison's inner bits are none) and two of the final norm, five steps.
  expect(log.compared).toBe(5 * (2 * 22 + 2));
});

test('one unit in one wire is noticed', async () => {
  let count = 0;
  const log = await compare(bench.text(3), [3], (values) => {
    if (++count === 17) values[0] ^= 1n;
  });
  expect(log.equal).toBe(false);
  expect(log.differences).toHaveLength(1);
});

test('nonces of different addresses differ', () => {
  const seen = new Set<string>();
  for (const step of [0, 1, 256])
    for (const layer of [0, 1, 256])
      for (const op of [0, 1]) for (const part of [0, 1]) seen.add(nonce({ step, layer, op }, part).join());
  expect(seen.size).toBe(36);
});
