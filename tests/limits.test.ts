/** Clients that ask for too much, or tell the parties different things: sessions end, with a code, at every party. */
import { type SessionMode } from '../ts/client/session-mode.js';
import { ClientSession } from '../ts/client/session.js';
import { codeOf, CometError } from '../ts/core/errors.js';
import { prefillSteps, sectionBytes } from '../ts/cost/prefill.js';
import { TapeBound } from '../ts/cost/tape-bound.js';
import { encodeControl } from '../ts/net/control.js';
import { memoryLinks } from '../ts/net/embedded.js';
import type { Link } from '../ts/net/link.js';
import { patient } from '../ts/net/patience.js';
import { sleep } from '../ts/net/wait.js';
import { HOSTED, type Hosted } from '../ts/parties/hosted.js';
import type { SessionLimits } from '../ts/parties/roles.js';
import { type SentSection, Window } from '../ts/parties/window.js';
import { type Bench, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';
import { openTapped, type Tap } from './support/tap.js';

let dense: Bench;
let sparse: Bench;
/** Predictors let everything through. */
let full: Bench;
beforeAll(async () => {
  dense = await startBench();
  sparse = await startBench(5, TINY, { neurons: 0.5, heads: 0.7 });
  full = await startBench(5, TINY, { neurons: 1, heads: 1 });
});

const rows = (count: number, each = 1) =>
  Array.from({ length: count }, (_, i) => ({ rows: each, position: i * each, outputs: 'last' as const }));
const codesOf = (results: readonly PromiseSettledResult<void>[]) =>
  results.map((result) => (result.status === 'rejected' ? codeOf(result.reason) : ''));
const everywhere = (code: string) => HOSTED.map(() => code);
const codeFrom = (promise: Promise<unknown>) => promise.then(() => '', codeOf);

/** A session on limits, and the words that a client may tell each party by hand. */
async function open(bench: Bench, limits: Partial<SessionLimits>, mode?: SessionMode, tap?: Tap) {
  const opened = await openTapped(bench, tap, { mode, limits });
  const tell = (role: Hosted, ...messages: object[]): void => {
    for (const message of messages)
      opened.session.link(role).send({ kind: 'control', payload: encodeControl(message) });
  };
  return { ...opened, tell };
}

describe('epochs', () => {
  const epochs = { fresh: true, tokens: 1 };

  test('as many as are allowed begin', async () => {
    const { client, outcome } = await open(sparse, { maxEpochs: 3 }, { epochs });
    client.announce(rows(3));
    for (const id of [1, 2, 3]) await client.run([id]);
    client.end();
    expect(codesOf(await outcome)).toEqual(everywhere(''));
    expect(sparse.parties.parties.server0.counts().epochs).toHaveLength(3);
  });

  test('one more is refused before any begins', async () => {
    const { client, outcome } = await open(sparse, { maxEpochs: 3 }, { epochs });
    client.announce(rows(4));
    expect(await codeFrom(client.run([1]))).toBe('E_LIMIT');
    expect(codesOf(await outcome)).toEqual(everywhere('E_LIMIT'));
    expect(sparse.parties.parties.server0.counts().epochs).toEqual([]);
  });

  test.each(HOSTED)('%s counts on its own', async (role) => {
    const { tell, outcome, session } = await open(sparse, { maxEpochs: 3 });
    const steps = rows(4).map((step) => ({ ...step, sparse: true }));
    tell(role, { type: 'epoch', ...epochs }, { type: 'steps', steps });
    // A server hears the client again when it waits for an input.
    expect((await session.link(role).ended)?.message).toMatch(/more than the 3 epochs that this party allows/);
    expect(codesOf(await outcome)).toEqual(everywhere('E_LIMIT'));
  });

  test('none at all can be allowed', async () => {
    const { client, outcome } = await open(sparse, { maxEpochs: 0 }, { epochs: { fresh: true } });
    client.announce(rows(1));
    expect(await codeFrom(client.run([1]))).toBe('E_LIMIT');
    expect(codesOf(await outcome)).toEqual(everywhere('E_LIMIT'));
  });
});

describe('waiting', () => {
  const steps = { type: 'steps', steps: [{ rows: 1, position: 0, outputs: 'last' }] };
  const SHORT = { stallMs: 80, idleMs: 20_000 };
  /** An input that is read, whatever it means. */
  const input = (bench: Bench) => {
    const { plan } = bench.owner.manifest;
    const payload = new Uint8Array(Math.ceil((plan.shape.width * plan.wx) / 8));
    return { kind: 'input', step: 0, layer: 0xffff, payload } as const;
  };

  test.each<[string, readonly Hosted[], readonly Hosted[], Hosted]>([
    ['an input for one server only', HOSTED, ['server0'], 'server0'],
    ['an input for the other only', HOSTED, ['server1'], 'server1'],
    ['steps that the dealer does not know', ['server0', 'server1'], ['server0', 'server1'], 'server1'],
  ])('%s', async (_, told, fed, first) => {
    const { tell, session, outcome } = await open(dense, SHORT);
    for (const role of told) tell(role, steps);
    for (const role of fed) session.link(role).send(input(dense));
    expect((await session.link(first).ended)?.message).toMatch(/sent nothing for 0.08 s within a step/);
    expect(codesOf(await outcome)).toEqual(everywhere('E_TIMEOUT'));
  });

  test('an epoch that one server does not know', async () => {
    const { tell, session, outcome } = await open(sparse, SHORT);
    for (const role of ['server0', 'dealer'] as const) tell(role, { type: 'epoch', fresh: true });
    for (const role of HOSTED) tell(role, steps);
    session.link('server0').send(input(sparse));
    expect((await session.link('server0').ended)?.code).toBe('E_TIMEOUT');
    expect(codesOf(await outcome)).toEqual(everywhere('E_TIMEOUT'));
  });

  test.each<[string, readonly Hosted[]]>([
    ['a client that says nothing', []],
    ['one that announces and sends no input', HOSTED],
    ['one that makes the dealer work alone', ['dealer']],
  ])('%s', async (_, told) => {
    const { tell, session, outcome } = await open(sparse, { stallMs: 20_000, idleMs: 80 });
    for (const role of told) tell(role, { ...steps, steps: steps.steps.map((step) => ({ ...step, sparse: true })) });
    expect((await session.link('dealer').ended)?.message).toMatch(/nothing came for 0.08 s/);
    expect(codesOf(await outcome)).toEqual(everywhere('E_TIMEOUT'));
  });

  test('a client may think for longer than parties may stall, and a dealer that is done waits as long as servers work', async () => {
    const { client, outcome } = await open(dense, { stallMs: 250, idleMs: 1200 });
    client.announce(rows(5));
    for (let id = 0; id < 5; id++) {
      await client.run([id]);
      await sleep(350);
    }
    client.end();
    expect(codesOf(await outcome)).toEqual(everywhere(''));
  });

  test('a slow link on which frames arrive is no stall', async () => {
    let before = Promise.resolve();
    const began = performance.now();
    const { client, outcome } = await openTapped(sparse, undefined, {
      mode: { epochs: { fresh: true } },
      limits: { stallMs: 800, idleMs: 800 },
      when: (deliver) => {
        before = before.then(() => sleep(2)).then(deliver);
      },
    });
    client.announce(rows(4));
    for (let id = 0; id < 4; id++) await client.run([id]);
    const took = performance.now() - began;
    client.end();
    expect(codesOf(await outcome)).toEqual(everywhere(''));
    expect(took).toBeGreaterThan(800);
  });
});

describe('patience', () => {
  const error = (): CometError => new CometError('E_TIMEOUT', 'enough');
  const between = (): [Link, Link, Link, Link] => {
    const links = memoryLinks();
    return [links.client.server0, links.server0.client, links.client.dealer, links.dealer.client];
  };

  test('without an end leaves the link as it is', () => {
    const [link] = between();
    expect(patient(link, { milliseconds: 0, signs: [], error })).toBe(link);
  });

  test('ends a wait, and loses no frame that comes later', async () => {
    const [mine, theirs] = between();
    const link = patient(mine, { milliseconds: 24, signs: [], error });
    await expect(link.receive()).rejects.toThrow('enough');
    await expect(link.expect('credit')).rejects.toThrow('enough');
    theirs.send({ kind: 'credit' });
    expect((await link.expect('credit')).kind).toBe('credit');
  });

  test('is renewed by frames on other links', async () => {
    const [mine, theirs, sign, signal] = between();
    const link = patient(mine, { milliseconds: 160, signs: [sign], error });
    const frame = link.receive();
    for (let i = 0; i < 12; i++) {
      await sleep(20);
      signal.send({ kind: 'credit' });
    }
    theirs.send({ kind: 'reveal' });
    expect((await frame).kind).toBe('reveal');
  });

  test('counts no time that this thread was busy', async () => {
    const [mine, theirs] = between();
    const frame = patient(mine, { milliseconds: 80, signs: [], error }).receive();
    await sleep(1);
    for (const end = performance.now() + 160; performance.now() < end;);
    setTimeout(() => theirs.send({ kind: 'credit' }), 1);
    expect((await frame).kind).toBe('credit');
  });

  test("leaves a caller's own signal its meaning", async () => {
    const [mine] = between();
    const controller = new AbortController();
    const waiting = patient(mine, { milliseconds: 20_000, signs: [], error }).receive(controller.signal);
    controller.abort();
    expect(await codeFrom(waiting)).toBe('E_ABORTED');
    expect(await codeFrom(patient(mine, { milliseconds: 1, signs: [], error }).receive(AbortSignal.abort()))).toBe(
      'E_ABORTED',
    );
  });
});

describe('the window', () => {
  const MIB = 2 ** 20;
  const section = (step: number, layer: number, manyRows = false, part = 0): SentSection => ({
    ...{ step, layer, part, manyRows },
  });
  /** What its sections are, server 1's end of the link, and which are sent so far. */
  function opened(limit = 32 * MIB) {
    const { dealer, server1 } = memoryLinks();
    const window = new Window(dealer.server1, limit, 64 * MIB);
    const sent: SentSection[] = [];
    const send = async (one: SentSection, bytes = 1): Promise<void> => {
      await window.send(one, new Uint8Array(bytes));
      sent.push(one);
    };
    const credit = ({ step, layer, part }: SentSection): void =>
      server1.dealer.send({ kind: 'credit', step, layer, round: part });
    return { window, peer: server1.dealer, sent, send, credit };
  }

  test('has room for four steps beyond the first that is not used up, however little they have', async () => {
    const { sent, send, credit } = opened();
    const steps = Array.from({ length: 7 }, (_, step) => [section(step, 0), section(step, 1)]).flat();
    const all = (async () => {
      for (const one of steps) await send(one);
    })();
    await sleep(5);
    expect(sent).toEqual(steps.slice(0, 10));
    credit(steps[0]);
    await sleep(5);
    expect(sent).toHaveLength(10);
    credit(steps[1]);
    await sleep(5);
    expect(sent).toEqual(steps.slice(0, 12));
    for (const one of steps.slice(2, 4)) credit(one);
    await all;
  });

  test('has room for 4 MiB of a step of many rows, unless it has less for any', async () => {
    for (const [limit, most] of [
      [32, 4],
      [3, 3],
    ]) {
      const { sent, send, credit } = opened(limit * MIB);
      const many = Array.from({ length: most + 1 }, (_, i) => section(0, i, true, 3));
      for (const one of many.slice(0, most)) await send(one, MIB);
      const last = send(many[most], MIB);
      await sleep(5);
      expect(sent).toHaveLength(most);
      credit(many[0]);
      await last;
    }
    const { sent, send } = opened();
    for (let layer = 0; layer < 8; layer++) await send(section(0, layer), 4 * MIB);
    expect(sent).toHaveLength(8);
  });

  test('keeps a set that is revealed while it has no room, and no second one', async () => {
    const { window, peer, send, credit } = opened(1);
    await send(section(0, 0, true));
    const next = send(section(0, 0, true, 3));
    peer.send({ kind: 'reveal', step: 0, layer: 0, payload: Uint8Array.of(5) });
    credit(section(0, 0));
    await next;
    expect(await window.receive()).toMatchObject({ kind: 'reveal', payload: Uint8Array.of(5) });
    const third = codeFrom(send(section(0, 0, true, 3)));
    for (const layer of [0, 0]) peer.send({ kind: 'reveal', step: 0, layer });
    expect(await third).toBe('E_FRAME');
  });

  test.each(['send', 'receive'] as const)(
    'is no place to complain of a session that server 1 has ended: %s',
    async (what) => {
      const { window, peer, send } = opened(1);
      await send(section(0, 0));
      const waiting = codeFrom(what === 'send' ? send(section(0, 1)) : window.receive());
      peer.close();
      expect(await waiting).toBe('E_PEER_LOST');
    },
  );
});

describe('tape', () => {
  const STEP = rows(1, 4);
  const sizeOf = ({ owner: { manifest } }: Bench, exact = false): number =>
    Math.max(...manifest.plan.layers.map((_, layer) => sectionBytes(manifest.plan, 4, 0, layer, exact)));

  /** What the dealer sent server 1. */
  const recorded =
    (lengths: number[]): Tap =>
    (frame) => {
      if (frame.kind === 'tape') lengths.push(frame.payload.length);
      return [frame];
    };

  test('of exactly the length that a frame may have is sent', async () => {
    const lengths: number[] = [];
    const { client, outcome } = await open(dense, { frameBytes: sizeOf(dense) }, {}, recorded(lengths));
    client.announce(STEP);
    await client.run([1, 2, 3, 4]);
    client.end();
    expect(codesOf(await outcome)).toEqual(everywhere(''));
    expect(Math.max(...lengths)).toBe(sizeOf(dense));
  });

  test.each(HOSTED)('that is too long is refused by %s before anything is dealt', async (role) => {
    const lengths: number[] = [];
    const { tell, session, outcome } = await open(dense, { frameBytes: sizeOf(dense) - 1 }, {}, recorded(lengths));
    tell(role, { type: 'steps', steps: STEP });
    expect((await session.link(role).ended)?.message).toMatch(/a frame may have \d+: announce steps of fewer rows/);
    expect(codesOf(await outcome)).toEqual(everywhere('E_LIMIT'));
    expect(lengths).toEqual([]);
  });

  test('that is too long is refused by the client before anything is sent', async () => {
    const { session, outcome } = await open(dense, {});
    const client = ClientSession.over(dense.owner.client, session, {}, sizeOf(dense) - 1);
    const before = session.link('dealer').meter.snapshot();
    expect(() => client.announce(STEP)).toThrow(expect.objectContaining({ code: 'E_LIMIT' }));
    expect(session.link('dealer').meter.snapshot()).toEqual(before);
    client.announce(rows(1, 3));
    await client.run([1, 2, 3]);
    client.end();
    expect(codesOf(await outcome)).toEqual(everywhere(''));
  });

  test.each<SessionMode>([
    { modes: 'p'.repeat(TINY.layers) },
    { modes: 'e'.repeat(TINY.layers) },
    { budget: 'constant' },
  ])('of sparse steps is no longer than its bound: %o', async (mode) => {
    const lengths: number[] = [];
    const { client, outcome } = await open(full, {}, mode, recorded(lengths));
    client.announce(STEP);
    await client.run([1, 2, 3, 4]);
    client.end();
    expect(codesOf(await outcome)).toEqual(everywhere(''));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(sizeOf(full, mode.modes?.includes('e')));
  });

  test('that refilling makes too long is refused where it is known', async () => {
    const { dealer } = memoryLinks();
    const window = new Window(dealer.server1, 100, 10);
    const section = { step: 0, layer: 0, part: 0, manyRows: false };
    await window.send(section, new Uint8Array(10));
    expect(await codeFrom(window.send({ ...section, layer: 1 }, new Uint8Array(11)))).toBe('E_LIMIT');
  });

  test.each<[string, SessionMode]>([
    ['dense', { dense: true }],
    ['predicted', {}],
    ['predicted, cache lacks computed apart', { prefetch: 'none' }],
    ['padded', { budget: 'constant' }],
    ['exact', { modes: 'e'.repeat(TINY.layers) }],
    ['of two modes', { modes: `ed${'p'.repeat(TINY.layers)}`.slice(0, TINY.layers) }],
    ['in epochs', { epochs: { fresh: true, tokens: 8 } }],
  ])('that has room for one section only holds up nothing: %s', async (_, mode) => {
    const { client, outcome } = await open(sparse, { windowBytes: 1 }, mode);
    const steps = [...rows(2, 8), { rows: 1, position: 16, outputs: 'last' as const }];
    client.announce(steps);
    for (const { rows, position } of steps) await client.run(Array.from({ length: rows }, (_, i) => position + i));
    client.end();
    expect(codesOf(await outcome)).toEqual(everywhere(''));
  });

  test('of many rows is dealt as far as 4 MiB before the step begins', async () => {
    const lengths: number[] = [];
    const { client, outcome } = await open(dense, {}, {}, recorded(lengths));
    client.announce([
      { rows: 32, position: 0, outputs: 'none' },
      { rows: 16, position: 32, outputs: 'last' },
    ]);
    const sum = (): number => lengths.reduce((all, length) => all + length, 0);
    for (let before = -1; sum() > before || before === 0;) {
      before = sum();
      await sleep(200);
    }
    expect(sum()).toBeLessThanOrEqual(2 ** 22);
    for (const count of [32, 16]) await client.run(Array.from({ length: count }, (_, id) => id));
    client.end();
    expect(codesOf(await outcome)).toEqual(everywhere(''));
    expect(sum()).toBeGreaterThan(2 ** 22);
  });

  test('is bounded where it is: every smaller step fits, every larger one does not', () => {
    const { plan } = dense.owner.manifest;
    const position = Math.floor(plan.shape.context / 2);
    const bytes = Math.max(...plan.layers.map((_, layer) => sectionBytes(plan, 2, position, layer)));
    const bound = new TapeBound(plan, bytes);
    const fits = (step: { rows: number; position: number }): boolean => {
      try {
        bound.check(step);
        return true;
      } catch {
        return false;
      }
    };
    for (let at = 0; at + 2 <= plan.shape.context; at++) expect(fits({ rows: 2, position: at })).toBe(at <= position);
    expect(fits({ rows: 1, position })).toBe(true);
    expect(fits({ rows: 3, position })).toBe(false);
    expect(() => new TapeBound(plan, 1).check({ rows: 1, position: 0 })).toThrow(/announce steps of fewer rows/);
  });

  test('of every step of a prompt fits', () => {
    const { plan } = dense.owner.manifest;
    const bound = new TapeBound(plan, 2 ** 26);
    for (const step of prefillSteps(plan, plan.shape.context)) bound.check(step);
  });
});
