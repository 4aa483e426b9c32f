/** The next epoch's shuffle runs beside the steps of the one before (docs/epochs.md): when it begins, what it changes, how it ends. */
import type { SessionMode } from '../ts/client/session-mode.js';
import type { Role } from '../ts/core/config.js';
import { epochCost } from '../ts/epoch/cost.js';
import type { MovedTensor } from '../ts/epoch/tensors.js';
import { loadKernels } from '../ts/kernels/load.js';
import type { Frame } from '../ts/net/frame.js';
import type { Link } from '../ts/net/link.js';
import { Transcript } from '../ts/observe/transcript.js';
import { HOSTED, type Hosted, type Replay } from '../ts/parties/hosted.js';
import { ShuffleFrames } from '../ts/parties/shuffle-frames.js';
import { keyOf } from './support/lockstep.js';
import { type Bench, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';
import { type Deliver, openTapped, type Tap } from './support/tap.js';

/** Epoch 1 begins with the session, epoch 2 with step 2, epoch 3 with step 4. */
const mode: SessionMode = { epochs: { fresh: true, tokens: 2 } };
const stepsFrom = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ rows: 1, position: first + i, outputs: 'last' as const }));

/** As on a network: parties get their frames one after the other, so that what they do is interleaved. */
const oneByOne: Deliver = (deliver) => void setTimeout(deliver);
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
async function until(met: () => boolean): Promise<void> {
  for (let turns = 0; !met(); turns++) {
    if (turns > 10_000) throw new Error('what was awaited did not come');
    await turn();
  }
}

let bench: Bench;
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): void => void unhandled.push(error);
beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  bench = await startBench(5, { ...TINY, layers: 3 }, { neurons: 0.5, heads: 0.7 });
});
afterAll(() => void process.off('unhandledRejection', onUnhandled));
afterEach(async () => {
  await turn();
  expect(unhandled.splice(0)).toEqual([]);
});

/** Frames that arrived, in order, as `opening 3`: the kind and the step. */
class Seen {
  readonly all: string[] = [];
  readonly tap: Tap = (frame) => (this.all.push(`${frame.kind} ${frame.step}`), [frame]);
  count = (what: string): number => this.all.filter((one) => one === what).length;
}
const framesOf = (number: number): number =>
  epochCost(bench.owner.manifest.plan, { number, heads: number === 1 }).frames;

/** Frames that are kept on their way until they are let through. */
class Held {
  readonly #all: (() => void)[] = [];
  #released = false;
  /** Set by a tap: whether what it lets through now is to be kept. */
  next = false;

  readonly when: Deliver = (deliver) =>
    void (this.next && !this.#released ? this.#all.push(deliver) : oneByOne(deliver));

  release(): void {
    this.#released = true;
    this.#all.splice(0).forEach(oneByOne);
  }
}

test('runs between the openings of steps, and the step that begins its epoch finds it done', async () => {
  const seen = new Seen();
  const { client, outcome } = await openTapped(bench, seen.tap, { mode, when: oneByOne });
  client.announce(stepsFrom(0, 4));
  await client.run([1]);
  await client.run([2]);
  const [first, last] = [seen.all.indexOf('opening 0'), seen.all.lastIndexOf('opening 1')];
  expect(seen.all.slice(first, last)).toContain('shuffle 2');
  expect(seen.all.slice(0, first).filter((one) => one === 'shuffle 1')).toHaveLength(framesOf(1));
  // Whoever has nothing else to do may begin the next before the first opening; it is not done by then.
  expect(seen.all.slice(0, first).filter((one) => one === 'shuffle 2').length).toBeLessThan(framesOf(2) / 4);
  await until(() => seen.count('shuffle 2') === framesOf(2));
  expect(seen.count('input 2')).toBe(0);
  const before = seen.all.length;
  await client.run([3]);
  expect(seen.all.slice(before)).not.toContain('shuffle 2');
  // No announced step needs another.
  expect(seen.count('shuffle 3')).toBe(0);
  client.end();
  expect(codesOf(await outcome)).toEqual(['', '', '']);
  expect(epochsBegun()).toEqual(HOSTED.map(() => [1, 2]));
});

test('a step waits for what is missing of the shuffle', async () => {
  const seen = new Seen();
  const held = new Held();
  const { client, outcome } = await openTapped(
    bench,
    (frame, from, to) => {
      held.next = to === 'server0' && from === 'dealer' && frame.step === 2;
      return seen.tap(frame, from, to);
    },
    { mode, when: held.when },
  );
  client.announce(stepsFrom(0, 3));
  await client.run([1]);
  await client.run([2]);
  const third = client.run([3]);
  await until(() => seen.count('input 2') === 2);
  for (let i = 0; i < 50; i++) await turn();
  expect(seen.count('opening 2')).toBe(0);
  held.release();
  await third;
  client.end();
  expect(codesOf(await outcome)).toEqual(['', '', '']);
});

describe('what is known when', () => {
  interface Heard {
    /** The first steps of what is announced at once; all but the first while the step before runs. */
    readonly pieces?: readonly number[];
    /** Who hears of epoch 2 only after others have begun its shuffle. */
    readonly late?: Hosted;
    readonly when?: Deliver;
  }

  /** Six steps, with every random choice fixed. */
  async function run({ pieces = [0], late, when }: Heard) {
    const transcripts: Partial<Record<Hosted, Transcript>> = {};
    const parties = HOSTED.map((role, i): [Hosted, Replay] => [
      role,
      {
        fixed: { nonce: keyOf(40 + i).slice(0, 16) },
        observe: (session) => (transcripts[role] = new Transcript(session)).session,
      },
    ]);
    const client = { nonce: keyOf(43).slice(0, 16), maskSeeds: { server0: keyOf(44), server1: keyOf(45) } };
    const replay = { ...Object.fromEntries(parties), session: keyOf(46).slice(0, 16), client };
    const held = new Held();
    let controls = 0;
    const tap: Tap = (frame, from, to) => {
      if (from === 'client' && to === late && frame.kind === 'control') controls++;
      // The first two say when epochs begin, and the first steps.
      held.next = from === 'client' && to === late && controls > 2;
      if (frame.kind === 'shuffle' && frame.step === 2) held.release();
      return [frame];
    };
    const opened = await openTapped(bench, tap, { mode, when: late ? held.when : when, replay });
    const announce = (first: number): void => {
      const next = pieces.find((one) => one > first) ?? 6;
      if (pieces.includes(first)) opened.client.announce(stepsFrom(first, next - first));
    };
    announce(0);
    const outputs: number[] = [];
    for (let step = 0; step < 6; step++) {
      const running = opened.client.run([3 + step]);
      announce(step + 1);
      outputs.push(...(await running));
    }
    opened.client.end();
    expect(codesOf(await opened.outcome)).toEqual(['', '', '']);
    expect(epochsBegun()).toEqual(HOSTED.map(() => [1, 2, 3]));
    return { outputs, digests: HOSTED.map((role) => transcripts[role]!.digest()) };
  }

  let atOnce: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => void (atOnce = await run({})));

  const PIECES = [0, 1, 3, 4];
  test.each<Heard & { name: string }>([
    { name: 'frames one by one', when: oneByOne },
    { name: 'announced in pieces', pieces: PIECES, when: oneByOne },
    { name: 'announced when it is needed', pieces: [0, 2, 4], when: oneByOne },
    { name: 'the dealer hears last', pieces: PIECES, late: 'dealer' },
    { name: 'server 0 hears last', pieces: PIECES, late: 'server0' },
    { name: 'server 1 hears last', pieces: PIECES, late: 'server1' },
  ])('openings, tape and outputs are the same: $name', async (heard) => expect(await run(heard)).toEqual(atOnce));

  test('what is announced while a step runs begins then', async () => {
    const seen = new Seen();
    const { client, outcome } = await openTapped(bench, seen.tap, { mode, when: oneByOne });
    client.announce(stepsFrom(0, 2));
    await client.run([1]);
    const second = client.run([2]);
    await until(() => seen.count('opening 1') > 0);
    expect(seen.count('shuffle 2')).toBe(0);
    client.announce(stepsFrom(2, 1));
    await second;
    expect(seen.all.slice(0, seen.all.lastIndexOf('opening 1'))).toContain('shuffle 2');
    client.end();
    expect(codesOf(await outcome)).toEqual(['', '', '']);
  });
});

describe('ends with its session', () => {
  /** Three steps are announced, the last of which begins epoch 2; `then` sees each frame of its shuffle. */
  async function openShuffling(then: (frame: Frame, to: Role) => Frame[]) {
    const opened = await openTapped(
      bench,
      (frame, _from, to) => (frame.kind === 'shuffle' && frame.step === 2 ? then(frame, to) : [frame]),
      { mode, when: oneByOne },
    );
    opened.client.announce(stepsFrom(0, 3));
    return opened;
  }

  test.each<Role>(['server0', 'server1', 'dealer'])('a broken frame to %s', async (victim) => {
    const { client, outcome } = await openShuffling((frame, to) =>
      to === victim ? [{ ...frame, payload: new Uint8Array(frame.payload.length + 8) }] : [frame],
    );
    // No other input comes: the parties end although no step runs, or needs the epoch.
    await client.run([1]).catch(() => undefined);
    expect(codesOf(await outcome)).toEqual(['E_FRAME', 'E_FRAME', 'E_FRAME']);
    await expect(client.run([2])).rejects.toMatchObject({ code: 'E_FRAME' });
  });

  test.each(HOSTED)('%s is lost', async (victim) => {
    let lost = false;
    const opened = await openShuffling((frame) => {
      if (!lost) opened.kill(victim);
      lost = true;
      return [frame];
    });
    await opened.client.run([1]).catch(() => undefined);
    expect(codesOf(await opened.outcome)).toEqual(['E_PEER_LOST', 'E_PEER_LOST', 'E_PEER_LOST']);
  });

  test('the client leaves', async () => {
    let frames = 0;
    const { client, outcome } = await openShuffling((frame) => {
      if (++frames === 5) client.end();
      return [frame];
    });
    await client.run([1]).catch(() => undefined);
    expect(codesOf(await outcome)).toEqual(['', '', '']);
    expect(frames).toBeLessThan(framesOf(2));
  });

  test('a party stops', async () => {
    const stop = new AbortController();
    const { client, outcome } = await openTapped(
      bench,
      (frame) => {
        if (frame.kind === 'shuffle' && frame.step === 2) stop.abort();
        return [frame];
      },
      { mode, when: oneByOne, watch: { server1: { signal: stop.signal } } },
    );
    client.announce(stepsFrom(0, 3));
    await client.run([1]).catch(() => undefined);
    expect(codesOf(await outcome)).toEqual(['E_ABORTED', 'E_ABORTED', 'E_ABORTED']);
  });

  test('parties that were told different things wait until the client leaves', async () => {
    const seen = new Seen();
    let controls = 0;
    const { client, outcome } = await openTapped(
      bench,
      (frame, from, to) => {
        // Server 1 does not hear when epochs begin.
        const dropped = frame.kind === 'control' && to === 'server1' && controls++ === 0;
        return dropped ? [] : seen.tap(frame, from, to);
      },
      { mode, when: oneByOne },
    );
    client.announce(stepsFrom(0, 1));
    const run = client.run([1]).catch(() => undefined);
    await until(() => seen.count('shuffle 1') > 0 && seen.count('input 0') === 2);
    for (let i = 0; i < 50; i++) await turn();
    client.end();
    await run;
    expect(codesOf(await outcome)).toEqual(['', '', '']);
  });
});

const epochsBegun = (): number[][] =>
  HOSTED.map((role) => bench.parties.parties[role].counts().epochs.map(({ number }) => number));

const codesOf = (results: readonly PromiseSettledResult<void>[]): string[] =>
  results.map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : ''));

test('a frame of a shuffle waits until hardly anything is unsent', async () => {
  const seen: string[] = [];
  let leave = (): void => undefined;
  const link = {
    drained: (_signal?: AbortSignal, unsent?: number) => {
      seen.push(`waits for ${unsent}`);
      return new Promise<void>((resolve) => (leave = resolve));
    },
    send: ({ payload }) => void seen.push(`sends ${payload!.length}`),
  } as Pick<Link, 'drained' | 'send'> as Link;
  const { signal } = new AbortController();
  const frames = new ShuffleFrames(await loadKernels(), { server1: link }, { number: 2, heads: false }, signal);
  const tensor = { layer: 0, name: 'up', rows: 3, cols: 32768, bits: 64, place: 2, block: 1 } as unknown as MovedTensor;
  const sent = frames.send({ kind: 'send', to: 'server1', tensor, words: new BigUint64Array(3 * 32768) });
  const waits = 'waits for 65536';
  for (const expected of [1, 2, 3].map((n) =>
    Array.from({ length: 2 * n - 1 }, (_, i) => (i % 2 ? 'sends 262144' : waits)),
  )) {
    await until(() => seen.length === expected.length);
    await turn();
    expect(seen).toEqual(expected);
    leave();
  }
  await sent;
  expect(seen).toHaveLength(6);
});
