/** Sessions that compute together: one call for all, the same bits as alone, and nobody held up by another. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { type SessionMode } from '../ts/client/session-mode.js';
import { ClientSession } from '../ts/client/session.js';
import type { Session } from '../ts/net/session.js';
import { Transcript } from '../ts/observe/transcript.js';
import { HOSTED } from '../ts/parties/hosted.js';
import { Batcher, type Seat } from '../ts/run/batch.js';
import type { Compute, Product } from '../ts/wires/effects.js';
import type { Words } from '../ts/wires/wire.js';
import { type Bench, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Products of numbers with weights that remember how they were asked for. */
class Weights {
  readonly calls: number[][] = [];

  product(value: number, rows = 1): Product & { readonly value: number } {
    const { calls } = this;
    const of = (values: readonly number[]): Words[] => {
      calls.push([...values]);
      if (values.includes(666)) throw new Error('broken');
      return values.map((one) => BigUint64Array.of(BigInt(10 * one)));
    };
    return {
      ...{ weights: this, rows, value },
      run: () => of([value])[0],
      runWith: (others) =>
        of([value, ...(others as readonly (Product & { readonly value: number })[]).map((other) => other.value)]),
    };
  }
}
const at = (layer: number, ...products: Product[]): Compute => ({ kind: 'compute', layer, products });
const values = (words: readonly Words[]): number[] => words.map(([word]) => Number(word));
const PACE = { rows: 1, shared: true };

describe('a batcher', () => {
  let batcher: Batcher;
  let weights: Weights;
  beforeEach(() => {
    batcher = new Batcher();
    weights = new Weights();
  });
  const seats = (count: number): Seat[] => Array.from({ length: count }, () => batcher.seat());

  test('computes what several sessions ask for in one call, each with its own result', async () => {
    const other = new Weights();
    const all = await Promise.all(
      seats(3).map((seat, i) =>
        seat.during(PACE, async () => values(await seat.compute(at(0, weights.product(i), other.product(7 + i))))),
      ),
    );
    expect(all).toEqual([0, 1, 2].map((i) => [10 * i, 10 * (7 + i)]));
    expect(weights.calls).toEqual([[0, 1, 2]]);
    expect(other.calls).toEqual([[7, 8, 9]]);
    expect(batcher.counts).toEqual({ calls: 2, products: 6 });
  });

  test('also where some have computed their second product before', async () => {
    const other = new Weights();
    const all = await Promise.all(
      seats(3).map((seat, i) => {
        const second = i === 1 ? [] : [other.product(7 + i)];
        return seat.during(PACE, async () => values(await seat.compute(at(0, weights.product(i), ...second))));
      }),
    );
    expect(all).toEqual([[0, 70], [10], [20, 90]]);
    expect(weights.calls).toEqual([[0, 1, 2]]);
    expect(other.calls).toEqual([[7, 9]]);
  });

  test('lets whoever is behind catch up, so that sessions that began apart go on together', async () => {
    const layers = [0, 1, 2, 3, 4, 5].map(() => new Weights());
    const walk = (seat: Seat, value: number): Promise<void> =>
      seat.during(PACE, async () => {
        for (const [layer, own] of layers.entries()) {
          await seat.compute(at(layer, own.product(value)));
          await turn();
          seat.moved();
        }
      });
    const [a, b] = seats(2);
    const steps = async (seat: Seat, value: number, begin: Promise<unknown>): Promise<void> => {
      await begin;
      for (let step = 0; step < 6; step++) await walk(seat, value);
    };
    // The second begins in the middle of a step of the first.
    const begun = (async () => {
      while (layers[2].calls.length === 0) await turn();
    })();
    await Promise.all([steps(a, 1, Promise.resolve()), steps(b, 2, begun)]);
    const shared = layers[0].calls.filter(({ length }) => length === 2).length;
    expect(shared).toBeGreaterThanOrEqual(3);
    expect(layers.every(({ calls }) => calls.flat().length === 12)).toBe(true);
  });

  test('does not wait for ever for a session that stands still', async () => {
    const [stuck, other] = seats(2);
    let release = (): void => undefined;
    const standing = stuck.during(PACE, () => new Promise<void>((resolve) => (release = resolve)));
    // Budgets are parts of earlier steps: with and without one.
    for (let step = 0; step < 3; step++) {
      const done = other.during(PACE, async () => {
        for (let layer = 0; layer < 3; layer++) {
          await other.compute(at(layer, weights.product(layer)));
          await turn();
        }
      });
      await done;
    }
    expect(weights.calls).toHaveLength(9);
    release();
    await standing;
  });

  test('takes turns between a long prompt and the tokens of another: a call of one, a call of the other', async () => {
    const order: string[] = [];
    const run = (name: string, rows: number, count: number): Promise<void> => {
      const seat = batcher.seat();
      return seat.during({ rows, shared: true }, async () => {
        for (let i = 0; i < count; i++) {
          await seat.compute(at(i, weights.product(i, rows)));
          order.push(name);
        }
      });
    };
    await Promise.all([run('prompt', 32, 40), run('token', 1, 20)]);
    const last = order.lastIndexOf('token');
    expect(order.slice(0, last).filter((name) => name === 'prompt').length).toBeLessThanOrEqual(22);
    expect(weights.calls.every(({ length }) => length === 1)).toBe(true);
  });

  test('a call has so many rows at most, and other weights are another call', async () => {
    const other = new Weights();
    const all = seats(6).map((seat, i) =>
      seat.during({ rows: 10, shared: true }, async () =>
        values(await seat.compute(at(0, (i === 5 ? other : weights).product(i, 10)))),
      ),
    );
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4, 5].map((i) => [10 * i]));
    expect(weights.calls).toEqual([[0, 1, 2], [3, 4]]); // prettier-ignore
    expect(other.calls).toEqual([[5]]);
  });

  test('the rows of a call are those of the product that has most', async () => {
    const other = new Weights();
    const all = seats(3).map((seat, i) =>
      seat.during(PACE, async () => values(await seat.compute(at(0, weights.product(i), other.product(7 + i, 12))))),
    );
    expect(await Promise.all(all)).toEqual([0, 1, 2].map((i) => [10 * i, 10 * (7 + i)]));
    expect(weights.calls).toEqual([[0, 1], [2]]);
    expect(other.calls).toEqual([[7, 8], [9]]);
  });

  test('a product that fails harms nobody else', async () => {
    const all = seats(3).map((seat, i) =>
      seat.during(PACE, async () => values(await seat.compute(at(0, weights.product(i === 1 ? 666 : i))))),
    );
    const results = await Promise.allSettled(all);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[2]).toMatchObject({ value: [20] });
  });
});

/** What a session is repeated from, and what it sent and said. */
interface Repeatable {
  readonly id: Uint8Array;
  readonly prompt: readonly number[];
}

const key = (seed: number, i: number): Uint8Array => hexToBytes(bytesToHex(Uint8Array.of(seed, i)).repeat(16));

/** Runs a session from fixed randomness, and gives digests of what the parties sent, and its states. */
async function run(bench: Bench, { id, prompt }: Repeatable, mode: SessionMode) {
  const transcripts = new Map<string, Transcript>();
  const fixed = (role: number) => ({
    nonce: id.map((byte) => byte ^ role),
    maskSeeds: { server0: key(id[0], 1), server1: key(id[0], 2) },
  });
  const observe = (session: Session): Session => {
    const transcript = new Transcript(session);
    transcripts.set(session.role, transcript);
    return transcript.session;
  };
  const parties = Object.fromEntries(HOSTED.map((role, i) => [role, { fixed: fixed(i + 1), observe }]));
  const { session, served } = await bench.parties.open({}, { session: id, client: fixed(0), ...parties });
  const client = ClientSession.over(bench.owner.client, session, mode);
  const steps = 4;
  client.announce([
    { rows: prompt.length, position: 0, outputs: 'last' },
    ...Array.from({ length: steps }, (_, i) => ({ rows: 1, position: prompt.length + i, outputs: 'last' as const })),
  ]);
  const states = [await client.run(prompt)];
  for (let i = 0; i < steps; i++) states.push(await client.run([prompt[i]]));
  client.end();
  await served;
  return { states, digests: HOSTED.map((role) => transcripts.get(role)!.digest()) };
}

test.each([
  ['dense', undefined, {}],
  ["sparse, in the owner's order", { neurons: 0.5, heads: 0.6 }, {}],
  ['sparse, each in an order of its own', { neurons: 0.5, heads: 0.6 }, { epochs: { fresh: true } }],
] as const)('sessions beside each other are, bit for bit, what each is alone: %s', async (_name, density, mode) => {
  const bench = await startBench(3, TINY, density);
  const sessions = [1, 2, 3, 4].map((i) => ({ id: new Uint8Array(16).fill(i), prompt: bench.text(4 + i) }));
  const alone = [];
  for (const session of sessions) alone.push(await run(bench, session, mode));
  /** Calls that each party saved. */
  const counted = (): number[] =>
    HOSTED.map((role) => {
      const { products, calls } = bench.parties.parties[role].counts().batches;
      return products - calls;
    });
  expect(counted()).toEqual([0, 0, 0]);
  const together = await Promise.all(sessions.map((session) => run(bench, session, mode)));
  expect(together).toEqual(alone);
  expect(new Set(alone.flatMap(({ digests }) => digests)).size).toBe(12);
  // Weights of an order of their own are nobody else's.
  if (!('epochs' in mode)) for (const saved of counted()) expect(saved).toBeGreaterThan(0);
});
