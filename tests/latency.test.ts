/**
 * How many one-way delays a step takes, on links where every frame takes one and computing takes none: whether the dealer's answers to what
 * the servers open arrive before the round that needs them.
 */
import { expect, test } from '@jest/globals';
import type { SessionMode } from '../ts/client/session-mode.js';
import { type Bench, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';
import { openTapped } from './support/tap.js';

const LAYERS = 4;
/** Turns of the event loop after which nobody computes any more. */
const QUIET = 12;

/** Delivers frames one delay after they were sent, and counts delays. */
class Delays {
  now = 0;
  #due: (() => void)[] = [];
  #sent = 0;

  hold(deliver: () => void): void {
    this.#due.push(deliver);
    this.#sent++;
  }

  /** Lets time pass until `work` is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    let done = false;
    void work.finally(() => (done = true)).catch(() => {});
    while (!done) {
      await this.#quiet();
      if (done) break;
      this.now++;
      for (const deliver of this.#due.splice(0)) deliver();
    }
    return work;
  }

  async #quiet(): Promise<void> {
    for (let turns = 0, seen = this.#sent; turns < QUIET; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#sent !== seen) [turns, seen] = [0, this.#sent];
    }
  }
}

async function delaysOfStep(bench: Bench, mode: SessionMode): Promise<number> {
  const delays = new Delays();
  const opening = openTapped(bench, undefined, { mode, when: (deliver) => delays.hold(deliver) });
  const { client, outcome } = await delays.during(opening);
  const ids = bench.text(12);
  client.announce([
    { rows: 8, position: 0, outputs: 'last' },
    ...[8, 9, 10].map((position) => ({ rows: 1, position, outputs: 'last' as const })),
  ]);
  await delays.during(client.run(ids.slice(0, 8)));
  await delays.during(client.run([ids[8]]));
  const before = delays.now;
  await delays.during(client.run([ids[9]]));
  const taken = delays.now - before;
  await delays.during(client.run([ids[10]]));
  client.end();
  await delays.during(outcome);
  return taken;
}

/** The client's input, the rounds of the layers and of the last norm; what comes back to the client is not held. */
const rounds = 1 + 15 * LAYERS + 2;

test.each([
  ['dense', { dense: true }, rounds],
  ['predicted: the answers come while the attention goes on', {}, rounds],
  ['padded: the servers wait for the answer of each layer', { budget: 'constant' }, rounds + 2 * LAYERS],
  ['exact signs: the servers wait for the answer of each layer', { modes: 'e'.repeat(LAYERS) }, rounds + 2 * LAYERS],
] as const)('one-way delays of a decoded token, %s', async (_, mode, expected) => {
  const bench = await startBench(5, { ...TINY, layers: LAYERS }, { neurons: 0.3, heads: 0.6 });
  expect(await delaysOfStep(bench, mode)).toBe(expected);
});
