import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Worker } from 'node:worker_threads';
import { CometError } from '../../ts/core/errors.js';
import { DEFAULT_LIMITS, type Limits } from '../../ts/core/limits.js';
import type { Channel } from '../../ts/net/channel.js';
import { stopped } from '../../ts/net/failure.js';
import { encodeFrame } from '../../ts/net/frame.js';
import { ChannelLink } from '../../ts/net/link.js';
import { memoryChannels } from '../../ts/net/memory.js';
import { difference, rounds, total } from '../../ts/net/meter.js';
import { portChannel } from '../../ts/net/port.js';
import { CHANNEL_KINDS, openChannels } from './channels.js';

const ids = { provisioning: new Uint8Array(8).fill(1), session: new Uint8Array(16).fill(2) };
const payload = (...bytes: number[]) => Uint8Array.from(bytes);
const at = (step: number, layer = 0, round = 0) => ({ step, layer, round });

function linksOver([a, b]: [Channel, Channel], limits: Partial<Limits> = {}) {
  const all = { ...ids, limits: { ...DEFAULT_LIMITS, ...limits } };
  return [new ChannelLink(a, { ...all, peer: 'server1' }), new ChannelLink(b, { ...all, peer: 'server0' })] as const;
}
/** Ends what tests begin on their own: a failure would leave it, and it would keep the process alive. */
const ends: (() => unknown)[] = [];
afterEach(() => Promise.all(ends.splice(0).map((stop) => stop())));

const channelOf = (link: ChannelLink) => (link as unknown as { channel: Channel }).channel;
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error as CometError,
  );

describe.each(CHANNEL_KINDS)('a link over %s', (kind) => {
  let channels: [Channel, Channel];
  let stop: () => Promise<void>;
  beforeEach(async () => ({ channels, stop } = await openChannels(kind)));
  afterEach(() => stop());

  test('delivers frames in order, both ways, and counts the same bytes at both ends', async () => {
    const [left, right] = linksOver(channels);
    const before = left.meter.snapshot();
    for (let step = 0; step < 50; step++) {
      left.send({ kind: 'opening', ...at(step, 3, 4), payload: new Uint8Array(step * 1000).fill(step) });
      right.send({ kind: 'opening', ...at(step, 3, 4), payload: payload(step) });
      const [mine, theirs] = await Promise.all([
        left.expect('opening', at(step, 3, 4)),
        right.expect('opening', at(step, 3, 4)),
      ]);
      expect([...mine.payload]).toEqual([step]);
      expect(theirs.payload.length).toBe(step * 1000);
      expect(theirs.payload.every((byte) => byte === step)).toBe(true);
    }
    const carried = difference(left.meter.snapshot(), before);
    expect(rounds(carried)).toBe(50);
    expect(total(carried, { directions: ['received'] })).toEqual({ frames: 50, bytes: 50 * 45 });
    expect(carried.sent.opening).toEqual({ frames: 50, bytes: 50 * 44 + 1000 * ((49 * 50) / 2) });
    expect(right.meter.snapshot().received).toEqual(carried.sent);
    left.close();
    right.close();
  });

  test('close() says bye; what was sent before it is still read', async () => {
    const [left, right] = linksOver(channels);
    left.send({ kind: 'tape', payload: payload(7) });
    left.close();
    expect((await right.expect('tape')).payload[0]).toBe(7);
    expect((await rejection(right.expect('tape')))?.code).toBe('E_PEER_LOST');
    expect(await right.ended).toBeUndefined();
    expect(await left.ended).toBeUndefined();
    expect(() => right.send({ kind: 'credit' })).toThrow(/server0 ended the session/);
  });

  test('an error frame carries the root cause, without sentences that might hold secrets', async () => {
    const [left, right] = linksOver(channels);
    left.send({ kind: 'tape', payload: payload(7) });
    left.close(new CometError('E_PROMPT', 'The prompt "my secret" is too long.'));
    expect((await right.receive()).kind).toBe('tape');
    const error = await rejection(right.receive());
    expect(error).toMatchObject({ code: 'E_PROMPT' });
    expect(error?.message).toMatch(/^server0 gave up/);
    expect(error?.message).not.toMatch(/secret/);
    expect((await right.ended)?.code).toBe('E_PROMPT');
  });

  test('a peer that vanishes without a word is E_PEER_LOST', async () => {
    const [left, right] = linksOver(channels);
    const waiting = rejection(right.receive());
    channels[0].close();
    expect((await waiting)?.code).toBe('E_PEER_LOST');
    expect((await right.ended)?.code).toBe('E_PEER_LOST');
    expect((await left.ended)?.code).toBe('E_PEER_LOST');
  });

  test('garbage ends the link at both ends, for good', async () => {
    const [left, right] = linksOver(channels);
    channels[0].send(payload(1, 2, 3) as Uint8Array<ArrayBuffer>);
    expect((await rejection(right.receive()))?.code).toBe('E_FRAME');
    expect(() => right.send({ kind: 'opening' })).toThrow(/refused/);
    expect((await rejection(right.receive()))?.code).toBe('E_FRAME');
    expect((await rejection(left.receive()))?.code).toBe('E_FRAME');
  });
});

test('the same frames are the same bytes on every kind of channel', async () => {
  const recorded: string[] = [];
  for (const kind of CHANNEL_KINDS) {
    const { channels, stop } = await openChannels(kind);
    const received: string[] = [];
    const closed = new Promise<void>((resolve) => {
      channels[1].attach({
        message: (bytes) => void received.push(Buffer.from(bytes).toString('hex')),
        closed: () => resolve(),
      });
    });
    const link = new ChannelLink(channels[0], { ...ids, peer: 'server1' });
    link.send({ kind: 'opening', ...at(1, 2, 3), payload: new Uint8Array(100_000).fill(5) });
    link.send({ kind: 'control', payload: payload(1) });
    link.close(new CometError('E_RANGE', 'x'));
    await closed;
    expect(received.length).toBe(3);
    recorded.push(received.join());
    await stop();
  }
  expect(new Set(recorded).size).toBe(1);
});

test('a worker that dies is E_PEER_LOST', async () => {
  const worker = new Worker(
    `require('worker_threads').parentPort.once('message', (port) => (port.onmessage = () => {}))`,
    {
      eval: true,
    },
  );
  const { port1, port2 } = new MessageChannel();
  ends.push(
    () => worker.terminate(),
    () => port1.close(),
  );
  worker.postMessage(port2, [port2 as never]);
  const link = new ChannelLink(portChannel(port1), { ...ids, peer: 'dealer' });
  link.send({ kind: 'credit' });
  const waiting = rejection(link.receive());
  await worker.terminate();
  expect((await waiting)?.code).toBe('E_PEER_LOST');
});

test('an error frame that is malformed is a breach; its text is made printable', async () => {
  const codeFor = async (text: string) => {
    const [a, b] = memoryChannels();
    const right = new ChannelLink(b, { ...ids, peer: 'server0' });
    a.send(encodeFrame({ kind: 'error', ...ids, ...at(0), payload: new TextEncoder().encode(text) }));
    return (await right.ended) as CometError;
  };
  for (const text of ['', '{', '{"code":1,"message":""}', '[]', `{"code":"E_IO","message":"${'x'.repeat(70000)}"}`]) {
    expect((await codeFor(text)).code).toBe('E_FRAME');
  }
  expect((await codeFor('{"code":"toString","message":"x"}')).code).toBe('E_INTERNAL');
  expect((await codeFor('{"code":"E_LIMIT","message":"a\\u001b[31m\\nb"}')).message).toBe('server0 gave up: a [31m b');
});

test('a frame of another kind or address, from the future or the past, is a breach', async () => {
  for (const [sent, wanted] of [
    [{ kind: 'opening', ...at(6) }, at(5)],
    [{ kind: 'opening', ...at(4) }, at(5)],
    [{ kind: 'opening', ...at(5, 1) }, at(5)],
    [{ kind: 'opening', ...at(5, 0, 1) }, at(5)],
    [{ kind: 'tape', ...at(5) }, at(5)],
  ] as const) {
    const [left, right] = linksOver(memoryChannels());
    left.send(sent);
    expect((await rejection(right.expect('opening', wanted)))?.code).toBe('E_FRAME');
    expect((await rejection(right.receive()))?.code).toBe('E_FRAME');
    expect((await rejection(left.receive()))?.message).toMatch(
      /server1 gave up: .*opening of step 5, layer 0, round 0 belongs/,
    );
  }
});

test('frames of another provisioning or session are refused', async () => {
  for (const [change, code] of [
    [{ provisioning: new Uint8Array(8) }, 'E_PROVISIONING'],
    [{ session: new Uint8Array(16) }, 'E_FRAME'],
  ] as const) {
    const [a, b] = memoryChannels();
    const right = new ChannelLink(b, { ...ids, peer: 'server0' });
    a.send(encodeFrame({ kind: 'opening', ...ids, ...at(0), payload: payload(), ...change }));
    expect((await rejection(right.receive()))?.code).toBe(code);
  }
});

test('a queue that nobody reads is bounded, in frames and in bytes', async () => {
  for (const limits of [{ queueFrames: 3 }, { queueBytes: 3 * 144 }]) {
    const [left, right] = linksOver(memoryChannels(), limits);
    for (let i = 0; i < 4; i++) left.send({ kind: 'tape', payload: new Uint8Array(100) });
    expect((await right.ended)?.code).toBe('E_LIMIT');
    expect((await left.ended)?.code).toBe('E_LIMIT');
    expect((await rejection(right.receive()))?.code).toBe('E_LIMIT');
  }
});

test('what has been read makes room', async () => {
  const [left, right] = linksOver(memoryChannels(), { queueBytes: 3 * 144 });
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 3; i++) left.send({ kind: 'tape', payload: new Uint8Array(100) });
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (let i = 0; i < 3; i++) await right.expect('tape');
  }
});

test('a port without a close event still ends', async () => {
  const { port1, port2 } = new MessageChannel();
  ends.push(
    () => port1.close(),
    () => port2.close(),
  );
  const listen = port2.addEventListener.bind(port2) as (type: string, listener: () => void) => void;
  // Node's own `onmessage` needs the method too.
  const deaf = Object.assign(port2, {
    addEventListener: (type: string, listener: () => void) => void (type !== 'close' && listen(type, listener)),
  });
  const [left, right] = linksOver([portChannel(port1), portChannel(deaf)]);
  left.send({ kind: 'tape' });
  channelOf(left).close();
  await right.expect('tape');
  expect((await right.ended)?.code).toBe('E_PEER_LOST');
});

test('a payload over the limit is not sent, one from a peer ends the link', async () => {
  const [left] = linksOver(memoryChannels(), { frameBytes: 10 });
  expect(() => left.send({ kind: 'tape', payload: new Uint8Array(11) })).toThrow(/exceeds 10/);
  left.send({ kind: 'tape', payload: new Uint8Array(10) });

  const [a, b] = memoryChannels();
  const right = new ChannelLink(b, { ...ids, peer: 'server0', limits: { ...DEFAULT_LIMITS, frameBytes: 10 } });
  a.send(encodeFrame({ kind: 'tape', ...ids, ...at(0), payload: new Uint8Array(11) }));
  expect((await right.ended)?.code).toBe('E_FRAME');
});

test('an aborted wait loses no frame', async () => {
  const [left, right] = linksOver(memoryChannels());
  const controller = new AbortController();
  const waiting = rejection(right.receive(controller.signal));
  controller.abort();
  expect((await waiting)?.code).toBe('E_ABORTED');
  expect((await rejection(right.receive(controller.signal)))?.code).toBe('E_ABORTED');
  left.send({ kind: 'tape', payload: payload(5) });
  expect((await right.receive(new AbortController().signal)).payload[0]).toBe(5);
});

describe('shuffles have a lane of their own', () => {
  const shuffle = (step: number) => ({ kind: 'shuffle', ...at(step) }) as const;
  const opening = (step: number) => ({ kind: 'opening', ...at(step) }) as const;

  test('each lane is read in its order, whatever waits in the other', async () => {
    const [left, right] = linksOver(memoryChannels());
    for (const frame of [opening(0), shuffle(1), opening(1), shuffle(2)]) left.send(frame);
    await right.expect('shuffle', at(1));
    await right.expect('opening', at(0));
    await right.expect('shuffle', at(2));
    expect((await right.receive()).kind).toBe('opening');
    const waiting = right.receive();
    left.send(shuffle(3));
    left.send(opening(2));
    expect((await waiting).kind).toBe('opening');
  });

  test('a frame that is not due in its lane ends both', async () => {
    const [left, right] = linksOver(memoryChannels());
    const waiting = rejection(right.receive());
    left.send(shuffle(2));
    expect((await rejection(right.expect('shuffle', at(1))))?.code).toBe('E_FRAME');
    expect((await waiting)?.code).toBe('E_FRAME');
    expect((await left.ended)?.code).toBe('E_FRAME');
  });

  test.each([
    ['bye', (link: ChannelLink) => link.close(), 'E_PEER_LOST'],
    ['a failure', (link: ChannelLink) => link.close(new CometError('E_RANGE', '')), 'E_ABORTED'],
    ['a cut', (link: ChannelLink) => channelOf(link).close(), 'E_PEER_LOST'],
  ] as const)('%s ends the waits in both', async (_, end, code) => {
    const [left, right] = linksOver(memoryChannels());
    const waits = [right.expect('shuffle', at(0)), right.expect('opening', at(0))].map(rejection);
    end(left);
    for (const error of await Promise.all(waits)) expect(error?.code).toBe(code);
    expect((await rejection(right.expect('shuffle')))?.code).toBe(code);
  });

  test('what came before the end can still be read', async () => {
    const [left, right] = linksOver(memoryChannels());
    left.send(shuffle(0));
    left.close();
    await right.ended;
    await right.expect('shuffle', at(0));
    expect((await rejection(right.expect('shuffle')))?.code).toBe('E_PEER_LOST');
  });

  test('each is bounded', async () => {
    const [left, right] = linksOver(memoryChannels(), { queueFrames: 3 });
    for (let i = 0; i < 3; i++) [shuffle(i), opening(i)].forEach((frame) => left.send(frame));
    await right.expect('opening', at(0));
    left.send(opening(3));
    for (let i = 1; i < 4; i++) await right.expect('opening', at(i));
    // Eight times as long as the other: whole tensors may have to wait.
    for (let i = 3; i < 24; i++) left.send(shuffle(i));
    await right.expect('shuffle', at(0));
    for (let i = 24; i < 26; i++) left.send(shuffle(i));
    expect((await right.ended)?.code).toBe('E_LIMIT');
  });

  test('a client has none', async () => {
    const [a, b] = memoryChannels();
    const client = new ChannelLink(a, { ...ids, peer: 'server0' });
    const server = new ChannelLink(b, { ...ids, peer: 'client' });
    client.send(shuffle(0));
    expect((await server.ended)?.code).toBe('E_FRAME');
    expect((await client.ended)?.code).toBe('E_FRAME');
  });

  test('an aborted wait loses no frame', async () => {
    const [left, right] = linksOver(memoryChannels());
    const controller = new AbortController();
    const waiting = rejection(right.expect('shuffle', at(0), controller.signal));
    controller.abort();
    expect((await waiting)?.code).toBe('E_ABORTED');
    left.send(shuffle(0));
    await right.expect('shuffle', at(0));
  });
});

test('drained() waits for the send buffer, and no longer than the link lives', async () => {
  let bufferedAmount = 100;
  const [inner] = memoryChannels();
  const slow: Channel = {
    send() {},
    close() {},
    attach: (r) => inner.attach(r),
    get bufferedAmount() {
      return bufferedAmount;
    },
  };
  const link = new ChannelLink(slow, { ...ids, peer: 'dealer', limits: { ...DEFAULT_LIMITS, highWaterBytes: 50 } });
  ends.push(() => (bufferedAmount = 0)); // ends what waits for it
  let done = false;
  const waiting = link.drained().then(() => (done = true));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(done).toBe(false);
  bufferedAmount = 50;
  await waiting;
  await link.drained(undefined, 50);
  const less = link.drained(undefined, 49);
  bufferedAmount = 49;
  await less;
  bufferedAmount = 51;
  expect((await rejection(link.drained(AbortSignal.timeout(10))))?.code).toBe('E_ABORTED');
  const lost = rejection(link.drained());
  link.closed();
  expect((await lost)?.code).toBe('E_PEER_LOST');
});

test('peers are not told that a text left the calibrated range', async () => {
  const [a, b] = memoryChannels();
  const [left, right] = [
    new ChannelLink(a, { ...ids, peer: 'server1' }),
    new ChannelLink(b, { ...ids, peer: 'client' }),
  ];
  left.close(new CometError('E_RANGE', 'the activations of this text left the range'));
  const error = await right.ended;
  expect(error?.code).toBe('E_ABORTED');
  expect(error?.message).not.toMatch(/range/);
  expect(await left.ended).toMatchObject({ code: 'E_RANGE' });
});

test('a party that was stopped in order is named, also where that was relayed; why a client stopped is not told', async () => {
  const told = async (error: CometError) => {
    const [a, b] = memoryChannels();
    const [left, right] = [new ChannelLink(a, { ...ids, peer: 'server1' }), new ChannelLink(b, { ...ids, peer: 'client' })]; // prettier-ignore
    left.close(error);
    return (await right.ended)!;
  };
  const sentence = stopped('dealer').message;
  const once = await told(stopped('dealer'));
  expect(once).toMatchObject({ code: 'E_ABORTED', message: sentence });
  expect(await told(once)).toMatchObject({ code: 'E_ABORTED', message: sentence });
  for (const error of [new CometError('E_ABORTED', 'why'), new CometError('E_RANGE', sentence)])
    expect(await told(error)).toMatchObject({
      code: 'E_ABORTED',
      message: 'client gave up: its own log has the reason.',
    });
});

test('a failure that was relayed names the party where it began, and no other', async () => {
  const told = async (message: string) => {
    const [a, b] = memoryChannels();
    const [left, right] = [new ChannelLink(a, { ...ids, peer: 'server1' }), new ChannelLink(b, { ...ids, peer: 'client' })]; // prettier-ignore
    left.close(new CometError('E_LIMIT', message));
    return (await right.ended)!.message;
  };
  expect(await told(await told(await told('too many')))).toBe('client gave up: too many');
});
