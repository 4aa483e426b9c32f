/** No mask twice: reused addresses, retries, restarts, replayed frames; and what the dealer receives does not depend on the prompt. */
import { PART, DealerContext, ServerContext } from '../ts/gates/context.js';
import type { Channel } from '../ts/net/channel.js';
import { channelsOf, type EmbeddedEnds, embeddedChannels } from '../ts/net/embedded.js';
import { decodeFrame, encodeFrame, type Frame } from '../ts/net/frame.js';
import { openSession } from '../ts/net/open.js';
import type { Role } from '../ts/core/config.js';
import { ClientSession } from '../ts/parties/client.js';
import { HOSTED, type Hosted } from '../ts/parties/hosted.js';
import type { Watch } from '../ts/parties/roles.js';
import { provisioningId } from '../ts/provision/manifest.js';
import { Consumed } from '../ts/wires/consumed.js';
import { type Pair, sessionKey } from '../ts/wires/keys.js';
import { Section } from '../ts/wires/section.js';
import { keyOf } from './support/lockstep.js';
import { type Bench, startBench } from './support/parties.js';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});

const reused = expect.objectContaining({ code: 'E_TAPE_REUSE' }) as Error;

describe('addresses', () => {
  const at = { step: 3, layer: 1, op: 7 };

  test('an address is taken once, its neighbours are others', () => {
    const consumed = new Consumed();
    consumed.take(at, 1);
    for (const [other, part] of [
      [at, 0],
      [at, 2],
      [{ ...at, op: 8 }, 1],
      [{ ...at, layer: 0 }, 1],
      [{ ...at, layer: 0xffff, op: 0 }, 1],
      [{ ...at, layer: 2, op: 0 }, 1],
    ] as const)
      consumed.take(other, part);
    expect(() => consumed.take(at, 1)).toThrow(reused);
    consumed.take({ ...at, step: 4 }, 1);
    expect(() => consumed.take({ ...at, step: 4 }, 1)).toThrow(reused);
  });

  test('earlier steps are over, whether they were used or not', () => {
    const consumed = new Consumed();
    consumed.take({ ...at, step: 5 }, 0);
    for (const step of [0, 3, 4]) expect(() => consumed.take({ ...at, step }, 9)).toThrow(reused);
    consumed.take({ ...at, step: 5 }, 1);
  });

  test.each([0, 1] as const)('server %i asks for each address once', (party) => {
    const { kernels } = bench;
    const dealer = new DealerContext(kernels, keyOf(1), keyOf(2));
    for (const part of [PART.gamma, PART.words]) dealer.deal(at, part, BigUint64Array.of(1n, 2n), 64);
    const section = dealer.finish();
    const server = new ServerContext(kernels, party, keyOf(1 + party));
    const takes = [
      () => server.half(at, 2, 64),
      () => server.dealt(at, PART.gamma, 2, 64),
      () => server.gather(at, PART.words, Uint32Array.of(0), 2, 64),
    ];
    server.use(new Section(section));
    takes.forEach((take) => take());
    // Even when a dealer sends the section again.
    server.use(new Section(section));
    for (const take of takes) expect(take).toThrow(reused);
    expect(() => server.clientHalf(keyOf(3), at, 2, 64)).toThrow(reused);
    expect(() => server.dealt(at, PART.words, 2, 64)).toThrow(reused);
  });

  test('the dealer deals each address once', () => {
    const dealer = new DealerContext(bench.kernels, keyOf(1), keyOf(2));
    dealer.mask(at, 1, 64, false);
    expect(() => dealer.mask(at, 1, 64, true)).toThrow(reused);
    dealer.deal(at, 1, BigUint64Array.of(1n), 64);
    dealer.finish();
    expect(() => dealer.deal(at, 1, BigUint64Array.of(2n), 64)).toThrow(reused);
    expect(() => dealer.deal({ ...at, step: 2 }, 1, BigUint64Array.of(1n), 64)).toThrow(reused);
  });

  test('a section gives each entry once', () => {
    const dealer = new DealerContext(bench.kernels, keyOf(1), keyOf(2));
    dealer.deal(at, 1, BigUint64Array.of(1n), 64);
    const section = new Section(dealer.finish());
    section.take(at.op, 1, 8);
    expect(() => section.take(at.op, 1, 8)).toThrow(expect.objectContaining({ code: 'E_FRAME' }));
  });
});

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test("every nonce, id and pair changes a tape's key", () => {
  const nonces = {
    server0: keyOf(1).slice(0, 16),
    server1: keyOf(2).slice(0, 16),
    dealer: keyOf(3).slice(0, 16),
    session: keyOf(4).slice(0, 16),
    provisioning: keyOf(5).slice(0, 8),
  };
  const pairs: Pair[] = ['server0-dealer', 'server1-dealer', 'server0-server1'];
  const keys = pairs.map((pair) => hex(sessionKey(keyOf(9), pair, nonces)));
  for (const name of Object.keys(nonces) as (keyof typeof nonces)[]) {
    const other = nonces[name].slice();
    other[0] ^= 1;
    keys.push(...pairs.map((pair) => hex(sessionKey(keyOf(9), pair, { ...nonces, [name]: other }))));
  }
  keys.push(...pairs.map((pair) => hex(sessionKey(keyOf(8), pair, nonces))));
  expect(new Set(keys).size).toBe(21);
});

/** Sees every frame that goes to `to` from `from`; returns what is to be delivered instead. */
type Tap = (frame: Frame, from: Role, to: Role) => Frame[];

const LIMITS = { frameBytes: 2 ** 28 };

/** A channel whose messages pass through `tap`. */
const tapped = (channel: Channel, tap: (frame: Frame) => Frame[]): Channel => ({
  get bufferedAmount() {
    return channel.bufferedAmount;
  },
  send: (bytes) => channel.send(bytes),
  close: () => channel.close(),
  attach: (receiver) =>
    channel.attach({
      message: (bytes) => tap(decodeFrame(bytes, LIMITS)).forEach((frame) => receiver.message(encodeFrame(frame))),
      closed: (error) => receiver.closed(error),
    }),
});

/** A session of the bench's parties with a tap on every link into a hosted party. */
async function openTapped(tap: Tap = (frame) => [frame], watch: Partial<Record<Hosted, Watch>> = {}) {
  const { parties, owner } = bench;
  const ends = embeddedChannels();
  const wrap = (role: Hosted): EmbeddedEnds<Channel> => ({
    session: ends[role].session,
    ports: Object.fromEntries(
      Object.entries(ends[role].ports).map(([peer, channel]) => [
        peer,
        tapped(channel, (frame) => tap(frame, peer as Role, role)),
      ]),
    ),
  });
  const served = HOSTED.map((role) => parties.parties[role].serve(wrap(role), watch[role]));
  const outcome = Promise.allSettled(served);
  const session = await openSession({
    role: 'client',
    provisioning: provisioningId(owner.manifest),
    channel: channelsOf(ends.client),
    session: ends.client.session,
  });
  const [server0, server1, dealer] = HOSTED.map((role) => session.link(role));
  const maskKeys = [session.maskSeeds.server0!, session.maskSeeds.server1!] as const;
  const client = new ClientSession(owner.client, { server0, server1, dealer, maskKeys });
  return { session, client, outcome };
}

const STEPS = [
  { rows: 3, position: 0, outputs: 'none' as const },
  { rows: 1, position: 3, outputs: 'last' as const },
];

/** Runs a prompt of four tokens. */
async function converse(ids: readonly number[], tap?: Tap, watch?: Partial<Record<Hosted, Watch>>): Promise<void> {
  const { client, outcome } = await openTapped(tap, watch);
  client.announce(STEPS);
  await client.run(ids.slice(0, 3));
  await client.run(ids.slice(3));
  client.end();
  expect((await outcome).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
}

test('what the dealer receives does not depend on the prompt', async () => {
  const received = async (ids: readonly number[]) => {
    const frames: { from: Role; frame: Omit<Frame, 'session'> }[] = [];
    await converse(ids, (frame, from, to) => {
      const { kind, step, layer, round, provisioning } = frame;
      // A hello has random nonces and seeds: only its length may count.
      const payload = kind === 'hello' ? new Uint8Array(frame.payload.length) : frame.payload.slice();
      if (to === 'dealer') frames.push({ from, frame: { kind, step, layer, round, provisioning, payload } });
      return [frame];
    });
    // Links are ordered, but not among each other.
    return (['client', 'server0', 'server1'] as const).map((peer) => frames.filter(({ from }) => from === peer));
  };
  const [one, other] = [await received([1, 2, 3, 4]), await received([60, 5, 33, 0])];
  expect(one).toEqual(other);
  const kinds = one.map((frames) => [...new Set(frames.map(({ frame }) => frame.kind))]);
  expect(kinds).toEqual([
    ['hello', 'control', 'bye'],
    ['hello', 'bye'],
    ['hello', 'credit', 'bye'],
  ]);
});

test('sessions on the same seeds and prompt share no mask, no opened word and no tape', async () => {
  const words = new Map<string, Set<string>>();
  const runs = 3;
  for (let i = 0; i < runs; i++) {
    const see = (name: string, data: Uint8Array | BigUint64Array): void => {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      // Short ones may be equal by chance.
      if (bytes.length >= 32) words.set(name, (words.get(name) ?? new Set<string>()).add(hex(bytes)));
    };
    const watch = (role: string): Watch => ({
      onOpened: ({ step }, { layer, openings }, opened) =>
        openings.forEach(({ at, half }, j) => {
          const name = `${role} ${step} ${layer} ${at.op}`;
          // Bits stand in whole words: few of them say little.
          if (openings[j].width < 7 && half.length < 64) return;
          see(`${name} half`, half);
          see(`${name} opened`, opened[j]);
        }),
    });
    await converse(
      [5, 6, 7, 8],
      (frame, from, to) => {
        if (['input', 'tape'].includes(frame.kind))
          see(`${from} ${to} ${frame.kind} ${frame.step} ${frame.layer}`, frame.payload.slice());
        return [frame];
      },
      { server0: watch('server0'), server1: watch('server1') },
    );
  }
  expect(words.size).toBeGreaterThan(100);
  for (const [name, seen] of words) expect([name, seen.size]).toEqual([name, runs]);
});

test('a dropped connection and a retry with the same seeds meet fresh masks', async () => {
  const inputs = new Set<string>();
  const tapes = new Set<string>();
  const record: Tap = (frame) => {
    if (frame.kind === 'input' && frame.step === 0) inputs.add(hex(frame.payload));
    if (frame.kind === 'tape' && frame.step === 0 && frame.layer === 0) tapes.add(hex(frame.payload));
    return [frame];
  };
  const dropped = await openTapped(record);
  dropped.client.announce(STEPS);
  await dropped.client.run([5, 6, 7]);
  dropped.session.close(new Error('the network is gone'));
  expect((await dropped.outcome).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await converse([5, 6, 7, 8], record);
  // The same masked input goes to both servers.
  expect([inputs.size, tapes.size]).toEqual([2, 2]);
});

/** What a tampered link makes of frames of one kind, once. */
const TAMPERED: { name: string; kind: Frame['kind']; to: Hosted; change: (frame: Frame) => Frame[] }[] = [
  { name: 'an opening sent twice', kind: 'opening', to: 'server0', change: (frame) => [frame, frame] },
  {
    name: 'an opening of a later round',
    kind: 'opening',
    to: 'server1',
    change: (frame) => [{ ...frame, round: frame.round + 1 }],
  },
  {
    name: 'an opening of a later step',
    kind: 'opening',
    to: 'server0',
    change: (frame) => [{ ...frame, step: frame.step + 1 }],
  },
  { name: 'a section of the tape sent twice', kind: 'tape', to: 'server1', change: (frame) => [frame, frame] },
  {
    name: 'a section of a later layer',
    kind: 'tape',
    to: 'server1',
    change: (frame) => [{ ...frame, layer: frame.layer + 1 }],
  },
  { name: 'an input sent twice', kind: 'input', to: 'server0', change: (frame) => [frame, frame] },
  {
    name: 'an input of a later step',
    kind: 'input',
    to: 'server1',
    change: (frame) => [{ ...frame, step: frame.step + 1 }],
  },
  {
    name: 'an opening that is too short',
    kind: 'opening',
    to: 'server0',
    change: (frame) => [{ ...frame, payload: frame.payload.slice(1) }],
  },
];

test.each(TAMPERED)('$name ends the session with E_FRAME', async ({ kind, to, change }) => {
  let done = false;
  const { client, outcome } = await openTapped((frame, _from, role) => {
    if (done || frame.kind !== kind || role !== to) return [frame];
    done = true;
    return change(frame);
  });
  client.announce(STEPS);
  const run = async (): Promise<void> => {
    await client.run([1, 2, 3]);
    await client.run([4]);
  };
  await expect(run()).rejects.toMatchObject({ code: 'E_FRAME' });
  const results = await outcome;
  const codes = results.map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : ''));
  expect(codes[HOSTED.indexOf(to)]).toBe('E_FRAME');
  expect(codes).not.toContain('');
});
