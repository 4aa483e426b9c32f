/** No mask twice: reused addresses, retries, restarts, replayed frames; and what the dealer receives does not depend on the prompt. */
import type { Role } from '../ts/core/config.js';
import { DealerContext, PART, ServerContext } from '../ts/gates/context.js';
import type { Dealt } from '../ts/kernels/load.js';
import type { Frame } from '../ts/net/frame.js';
import type { MeterSnapshot } from '../ts/net/meter.js';
import { HOSTED, type Hosted } from '../ts/parties/hosted.js';
import type { Watch } from '../ts/parties/roles.js';
import { Consumed } from '../ts/wires/consumed.js';
import { type Pair, sessionKey } from '../ts/wires/keys.js';
import { Section } from '../ts/wires/section.js';
import { keyOf } from './support/lockstep.js';
import { type Bench, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';
import { openTapped, type Tap } from './support/tap.js';

let bench: Bench;
/** Sets that do not depend on the text, and others of the same sizes. */
let fixed: Bench;
let reordered: Bench;
/** Sets that do. */
let sparse: Bench;
beforeAll(async () => {
  bench = await startBench();
  fixed = await startBench(3, TINY, FIXED_SETS);
  reordered = await startBench(3, TINY, FIXED_SETS, 2);
  sparse = await startBench(3, TINY, { neurons: 0.3, heads: 0.5 });
});
const FIXED_SETS = { neurons: 0.4, heads: 0.5, fixed: 'both' } as const;

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

  const one = (): Dealt => new bench.kernels.Dealt(BigUint64Array.of(1n));

  test('earlier steps are over, whether they were used or not', () => {
    const consumed = new Consumed();
    consumed.take({ ...at, step: 5 }, 0);
    for (const step of [0, 3, 4]) expect(() => consumed.take({ ...at, step }, 9)).toThrow(reused);
    consumed.take({ ...at, step: 5 }, 1);
  });

  test.each([0, 1] as const)('server %i asks for each address once', (party) => {
    const { kernels } = bench;
    const dealer = new DealerContext(kernels, keyOf(1), keyOf(2));
    for (const part of [PART.gamma, PART.words])
      dealer.deal(at, part, new kernels.Dealt(BigUint64Array.of(1n, 2n)), 64);
    const section = dealer.finish();
    const server = new ServerContext(kernels, party, keyOf(1 + party), keyOf(4));
    const takes = [
      () => server.half(at, 2, 64),
      () => server.dealt(at, PART.gamma, 2, 64),
      () => server.gather(at, PART.words, Uint32Array.of(0), 2, 64),
    ];
    server.use(at.layer, new Section(section));
    takes.forEach((take) => take());
    // Even when a dealer sends the section again.
    server.use(at.layer, new Section(section));
    for (const take of takes) expect(take).toThrow(reused);
    expect(() => server.clientHalf(keyOf(3), at, 2, 64)).toThrow(reused);
    expect(() => server.dealt(at, PART.words, 2, 64)).toThrow(reused);
  });

  test('the dealer deals each address once', () => {
    const dealer = new DealerContext(bench.kernels, keyOf(1), keyOf(2));
    dealer.mask(at, 1, 64, false);
    expect(() => dealer.mask(at, 1, 64, true)).toThrow(reused);
    dealer.deal(at, 1, one(), 64);
    dealer.finish();
    expect(() => dealer.deal(at, 1, one(), 64)).toThrow(reused);
    expect(() => dealer.deal({ ...at, step: 2 }, 1, one(), 64)).toThrow(reused);
  });

  test('a section gives each entry once', () => {
    const dealer = new DealerContext(bench.kernels, keyOf(1), keyOf(2));
    dealer.deal(at, 1, one(), 64);
    const section = new Section(dealer.finish());
    const read = (bytes: Uint8Array): number => bytes.length;
    expect(section.take(at.op, 1, 8, read)).toBe(8);
    expect(() => section.take(at.op, 1, 8, read)).toThrow(expect.objectContaining({ code: 'E_FRAME' }));
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

const STEPS = [
  { rows: 3, position: 0, outputs: 'none' as const },
  { rows: 1, position: 3, outputs: 'last' as const },
];

/** Runs a prompt of four tokens; returns what the client's links counted. */
async function converse(
  on: Bench,
  ids: readonly number[],
  tap?: Tap,
  watch?: Partial<Record<Hosted, Watch>>,
): Promise<MeterSnapshot[]> {
  const { client, session, outcome } = await openTapped(on, tap, { watch });
  client.announce(STEPS);
  await client.run(ids.slice(0, 3));
  await client.run(ids.slice(3));
  client.end();
  expect((await outcome).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  return HOSTED.map((role) => session.link(role).meter.snapshot());
}

const HELLO_TO_BYE = [
  ['hello', 'control', 'bye'],
  ['hello', 'bye'],
  ['hello', 'credit', 'bye'],
];
const WITH_SETS = [HELLO_TO_BYE[0], ['hello', 'reveal', 'bye'], ['hello', 'credit', 'reveal', 'bye']];

test.each([
  ['a dense model', () => bench, HELLO_TO_BYE],
  ['a sparse model whose sets do not depend on it either', () => fixed, WITH_SETS],
])('what the dealer receives does not depend on the prompt: %s', async (_what, on, expected) => {
  const received = async (ids: readonly number[]) => {
    const frames: { from: Role; frame: Omit<Frame, 'session'> }[] = [];
    await converse(on(), ids, (frame, from, to) => {
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
  expect(kinds).toEqual(expected);
});

test('what the dealer receives of a sparse model are the sets that both servers opened', async () => {
  for (const ids of [
    [1, 2, 3, 4],
    [60, 5, 33, 0],
  ]) {
    const told: Record<string, Uint8Array[]> = { server0: [], server1: [] };
    await converse(sparse, ids, (frame, from, to) => {
      if (to === 'dealer' && frame.kind === 'reveal') told[from].push(frame.payload.slice());
      else if (to === 'dealer' && frame.kind === 'credit') expect(frame.payload).toHaveLength(0);
      return [frame];
    });
    const { revealed } = sparse.parties.parties.server0.counts();
    const packed = revealed.map(({ bits }) => sparse.kernels.packWords(BigUint64Array.from(bits, BigInt), 1));
    expect(told).toEqual({ server0: packed, server1: packed });
    expect(packed).toHaveLength(STEPS.length * TINY.layers);
  }
});

/** Everything about the frames of a session but what is in them. */
async function traffic(on: Bench, ids: readonly number[]): Promise<{ frames: string[]; revealed: string }> {
  const frames: string[] = [];
  const meters = await converse(on, ids, (frame, from, to) => {
    const { kind, step, layer, round, payload } = frame;
    frames.push([from, to, kind, step, layer, round, payload.length].join(' '));
    return [frame];
  });
  frames.push(...meters.map((meter) => JSON.stringify(meter)));
  const { revealed } = on.parties.parties.server0.counts();
  return {
    frames: frames.sort(),
    revealed: revealed.map(({ layer, bits }) => `${layer}: ${bits.join('')}`).join('; '),
  };
}

describe('sizes of frames', () => {
  const PROMPT = [5, 6, 7, 8];

  test('do not depend on the prompt where sets do not', async () => {
    const [one, other] = [await traffic(fixed, PROMPT), await traffic(fixed, [60, 5, 33, 0])];
    expect(other).toEqual(one);
  });

  test('depend on how much is in sets, not on which', async () => {
    const [one, other] = [await traffic(fixed, PROMPT), await traffic(reordered, PROMPT)];
    expect(other.revealed).not.toBe(one.revealed);
    expect(other.frames).toEqual(one.frames);
  });

  test('show how much is in sets', async () => {
    const more = await startBench(3, TINY, { ...FIXED_SETS, neurons: 0.9 });
    const [one, other] = [await traffic(fixed, PROMPT), await traffic(more, PROMPT)];
    expect(other.frames).toHaveLength(one.frames.length);
    expect(other.frames).not.toEqual(one.frames);
  });

  test('that the client gets do not depend on sets at all', async () => {
    const outputs = async (on: Bench) => {
      const meters = await converse(on, PROMPT);
      return meters.map(({ received }) => received);
    };
    const dense = await outputs(bench);
    expect(await outputs(fixed)).toEqual(dense);
    expect(await outputs(sparse)).toEqual(dense);
    expect(dense[0].output.bytes).toBeGreaterThan(0);
  });
});

test.each([
  ['dense', () => bench],
  ['sparse', () => fixed],
])('sessions on the same seeds and prompt share no mask, no opened word and no tape: %s', async (_mode, on) => {
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
        openings.forEach(({ at, half, clear }, j) => {
          if (clear) return;
          const name = `${role} ${step} ${layer} ${at.op}`;
          // Bits stand in whole words: few of them say little.
          if (openings[j].width < 7 && half.length < 64) return;
          see(`${name} half`, half);
          see(`${name} opened`, opened[j]);
        }),
    });
    await converse(
      on(),
      [5, 6, 7, 8],
      (frame, from, to) => {
        if (['input', 'tape'].includes(frame.kind))
          see(`${from} ${to} ${frame.kind} ${frame.step} ${frame.layer} ${frame.round}`, frame.payload.slice());
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
  const dropped = await openTapped(bench, record);
  dropped.client.announce(STEPS);
  await dropped.client.run([5, 6, 7]);
  dropped.session.close(new Error('the network is gone'));
  expect((await dropped.outcome).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await converse(bench, [5, 6, 7, 8], record);
  // The same masked input goes to both servers.
  expect([inputs.size, tapes.size]).toEqual([2, 2]);
});

interface Tampering {
  readonly name: string;
  readonly kind: Frame['kind'];
  readonly to: Hosted;
  readonly from?: Role;
  readonly change: (frame: Frame) => Frame[];
}

/** What a tampered link makes of frames of one kind, once. */
const TAMPERED: Tampering[] = [
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

/** What the dealer hears of sets, of each server. */
const SETS = (['server0', 'server1'] as const).flatMap((from): Tampering[] => {
  const set = (name: string, change: Tampering['change']): Tampering => ({
    name: `${name} of ${from}`,
    kind: 'reveal',
    to: 'dealer',
    from,
    change,
  });
  const flipped = ({ payload, ...frame }: Frame): Frame => ({
    ...frame,
    payload: payload.map((byte, i) => (i === 2 ? byte ^ 4 : byte)),
  });
  return [
    set('a set with one neuron more or less', (frame) => [flipped(frame)]),
    set('a set and then another', (frame) => [frame, flipped(frame)]),
    set('a set sent twice', (frame) => [frame, frame]),
    set('a set of a later layer', (frame) => [{ ...frame, layer: frame.layer + 1 }]),
    set('a set of a later step', (frame) => [{ ...frame, step: frame.step + 1 }]),
    set('a set that is too short', (frame) => [{ ...frame, payload: frame.payload.slice(1) }]),
    set('a set that is too long', (frame) => [{ ...frame, payload: Uint8Array.of(...frame.payload, 0) }]),
    set('an opening instead of a set', (frame) => [{ ...frame, kind: 'opening' }]),
  ];
});
/** And of both at once. */
const BOTH_SHORT: Tampering = {
  name: 'a set that is too short of both servers',
  kind: 'reveal',
  to: 'dealer',
  change: (frame) => [{ ...frame, payload: frame.payload.slice(1) }],
};
const PREDICTED: Tampering[] = [
  { name: 'a second section sent twice', kind: 'tape', to: 'server1', change: (frame) => [frame, frame] },
  {
    name: 'a second section in the place of the first',
    kind: 'tape',
    to: 'server1',
    change: (frame) => [{ ...frame, round: 0 }],
  },
];

/** One session whose frames are changed on their way; each party's code. */
async function tamper(
  on: Bench,
  { kind, to, from, change }: Tampering,
  which: (frame: Frame) => boolean,
): Promise<string[]> {
  const { client, outcome } = await openTapped(on, (frame, sender, role) => {
    const meant = frame.kind === kind && role === to && (from === undefined || from === sender);
    return meant && which(frame) ? change(frame) : [frame];
  });
  client.announce(STEPS);
  const run = async (): Promise<void> => {
    await client.run([1, 2, 3]);
    await client.run([4]);
  };
  await expect(run()).rejects.toMatchObject({ code: 'E_FRAME' });
  const results = await outcome;
  return results.map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : ''));
}

/** Accepts the first only. */
function once(): () => boolean {
  let done = false;
  return () => !done && (done = true);
}

describe.each([
  ['dense', () => bench, TAMPERED, once],
  ['sparse', () => sparse, [...TAMPERED, ...SETS], once],
  ['sparse', () => sparse, [BOTH_SHORT], () => () => true],
  ['sparse', () => sparse, PREDICTED, () => (frame: Frame) => frame.round === 1],
] as [string, () => Bench, Tampering[], () => (frame: Frame) => boolean][])('%s', (_mode, on, tamperings, which) => {
  test.each(tamperings)('$name ends the session with E_FRAME', async (tampering) => {
    const codes = await tamper(on(), tampering, which());
    expect(codes[HOSTED.indexOf(tampering.to)]).toBe('E_FRAME');
    expect(codes).not.toContain('');
  });
});
