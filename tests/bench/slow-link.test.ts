import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

interface Quality {
  delayMs: number;
  bytesPerSecond: number;
}
interface Wire {
  push(chunk: Uint8Array | undefined, moment: number): number;
  arrived(moment: number): Iterable<Uint8Array | undefined>;
  readonly next: number | undefined;
}
interface Links {
  quality: Quality;
  to(port: number): Promise<number>;
  stop(): Promise<void>;
}
const { Wire, SlowLinks } = (await import(new URL('../../benches/slow-link.mjs', import.meta.url).href)) as {
  Wire: new (quality: () => Quality) => Wire;
  SlowLinks: new (quality: Quality) => Links;
};

describe('one direction', () => {
  const chunk = (length: number): Uint8Array => new Uint8Array(length);

  test('delays, and keeps the order', () => {
    const wire = new Wire(() => ({ delayMs: 20, bytesPerSecond: Infinity }));
    const [a, b] = [chunk(1), chunk(2)];
    expect([wire.push(a, 100), wire.push(b, 105)]).toEqual([120, 125]);
    expect([...wire.arrived(119.9)]).toEqual([]);
    expect([...wire.arrived(120)]).toEqual([a]);
    expect(wire.next).toBe(125);
    expect([...wire.arrived(1000)]).toEqual([b]);
    expect(wire.next).toBeUndefined();
  });

  test('carries no more than its rate, and makes up for no idle time', () => {
    const wire = new Wire(() => ({ delayMs: 10, bytesPerSecond: 1000 }));
    // 100 bytes take 100 ms; what comes meanwhile waits.
    expect([wire.push(chunk(100), 0), wire.push(chunk(50), 20), wire.push(chunk(10), 1000)]).toEqual([110, 160, 1020]);
    let bytes = 0;
    for (const part of wire.arrived(160)) bytes += part!.length;
    expect(bytes).toBe(150);
  });

  test('nothing overtakes when the link becomes faster', () => {
    const quality = { delayMs: 500, bytesPerSecond: Infinity };
    const wire = new Wire(() => quality);
    wire.push(chunk(1), 0);
    quality.delayMs = 0;
    expect(wire.push(undefined, 1)).toBe(500);
    expect([...wire.arrived(500)]).toEqual([chunk(1), undefined]);
  });
});

describe('over sockets', () => {
  const open: { links?: Links; close: (() => void)[] } = { close: [] };
  afterEach(async () => {
    for (const close of open.close.splice(0)) close();
    await open.links?.stop();
  });

  /** A server that returns every byte, reached through a link. */
  async function echoThrough(quality: Quality): Promise<Socket> {
    const server = createServer({ noDelay: true }, (socket) => void socket.pipe(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.links = new SlowLinks(quality);
    const socket = connect(await open.links.to((server.address() as AddressInfo).port), '127.0.0.1');
    open.close.push(
      () => server.close(),
      () => socket.destroy(),
    );
    await once(socket, 'connect');
    return socket;
  }

  test('every byte comes back, in order, no sooner than the link allows', async () => {
    const socket = await echoThrough({ delayMs: 15, bytesPerSecond: 4e6 });
    const sent = Buffer.from(Array.from({ length: 200_000 }, (_, i) => (i * 31) % 251));
    const begin = performance.now();
    for (let from = 0; from < sent.length; from += 7001) socket.write(sent.subarray(from, from + 7001));
    socket.end();
    const parts: Buffer[] = [];
    for await (const part of socket) parts.push(part as Buffer);
    expect(Buffer.concat(parts).equals(sent)).toBe(true);
    // Two delays and, in one direction at least, 50 ms for the bytes; less a millisecond of rounding.
    expect(performance.now() - begin).toBeGreaterThan(2 * 15 + 50 - 1);
  });

  test('what breaks on one side breaks on the other', async () => {
    const socket = await echoThrough({ delayMs: 0, bytesPerSecond: Infinity });
    socket.write('x');
    await once(socket, 'data');
    const closed = once(socket, 'close');
    await open.links!.stop();
    await closed;
  });
});
