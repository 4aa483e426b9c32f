import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { socketChannel } from '../../ts/net/socket.js';

const FRAMES = 60;
const BYTES = 700_001;
const frame = (i: number): Uint8Array<ArrayBuffer> => new Uint8Array(BYTES).fill(7 * i + 1).fill(i, 0, 1);

const ending: (() => void)[] = [];
afterEach(() => ending.forEach((end) => end()));

test('frames that wait in a full socket arrive whole, and end when they are sent', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    perMessageDeflate: false,
  });
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(client, 'open')])) as [
    [WebSocket],
    unknown,
  ];
  const sockets = [accepted, client];
  const channels = sockets.map((socket) => socketChannel(socket));
  // Also where the test fails.
  ending.push(
    () => sockets.forEach((socket) => socket.terminate()),
    () => void server.close(),
  );
  const arrived = channels.map(
    (channel) =>
      new Promise<number>((resolve) => {
        let count = 0;
        let whole = 0;
        const message = (bytes: Uint8Array): void => {
          if (Buffer.from(frame(count++)).equals(bytes)) whole++;
          if (count === FRAMES) resolve(whole);
        };
        channel.attach({ message, closed: () => resolve(whole) });
      }),
  );
  for (const socket of sockets) socket.pause();
  const sent = Array.from({ length: FRAMES }, (_, i) => [frame(i), frame(i)]);
  for (const both of sent) both.forEach((bytes, i) => channels[i].send(bytes));
  expect(sent.flat().filter(({ length }) => length > 0).length).toBeGreaterThan(FRAMES);
  for (const socket of sockets) socket.resume();
  expect(await Promise.all(arrived)).toEqual([FRAMES, FRAMES]);
  for (let i = 0; i < 100 && sent.flat().some(({ length }) => length > 0); i++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(sent.flat().filter(({ length }) => length > 0)).toEqual([]);
});
