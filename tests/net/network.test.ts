import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { othersThan, ROLES, type Config, type Role } from '../../ts/core/config.js';
import { CometError } from '../../ts/core/errors.js';
import { decodeFailure } from '../../ts/net/failure.js';
import { decodeFrame } from '../../ts/net/frame.js';
import { ChannelLink } from '../../ts/net/link.js';
import { connect, dialer } from '../../ts/net/node/connect.js';
import { listen, refuse } from '../../ts/net/node/listen.js';
import * as web from '../../ts/net/web/connect.js';
import {
  configsOnFreePorts,
  eventually,
  freePort,
  HOSTED,
  openClient,
  PROVISIONING,
  rejection,
  shortLimits,
  start,
  type Running,
} from './parties.js';

const running: Running[] = [];
const servers: { close(): void }[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(running.splice(0).map(({ listener }) => listener.close()));
  servers.splice(0).forEach((server) => server.close());
});
async function run(config: Config, options = {}) {
  const party = await start(config, options);
  running.push(party);
  return party;
}
async function runAll(configs: Record<Role, Config>) {
  const [server0, server1, dealer] = await Promise.all(HOSTED.map((role) => run(configs[role])));
  return { server0, server1, dealer };
}

test('several sessions at once, each with its own links, over WebSockets', async () => {
  const configs = await configsOnFreePorts();
  const parties = await runAll(configs);
  const clients = await Promise.all([
    openClient(configs.client),
    openClient(configs.client),
    openClient(configs.client),
  ]);
  await eventually(() => HOSTED.every((role) => parties[role].sessions.length === 3), 'three sessions');
  for (const [number, client] of clients.entries()) {
    const sessionOf = (role: Role) =>
      role === 'client' ? client : parties[role as 'dealer'].sessions.find(({ id }) => id.join() === client.id.join())!;
    for (const role of ROLES) {
      for (const peer of othersThan(role)) {
        sessionOf(role)
          .link(peer)
          .send({ kind: 'control', step: number, layer: ROLES.indexOf(role) });
        await sessionOf(peer)
          .link(role)
          .expect('control', { step: number, layer: ROLES.indexOf(role), round: 0 });
      }
    }
  }
  clients.forEach((client) => client.close());
  await eventually(() => parties.dealer.sessions.length === 3, 'the sessions');
  for (const role of ['server0', 'server1'] as const) parties[role].sessions.forEach((session) => session.close());
  expect(await Promise.all(parties.dealer.sessions.map((session) => session.ended))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  await eventually(() => parties.dealer.listener.counts().active === 0, 'the release');
});

test('the standard WebSocket opens the same session', async () => {
  const configs = await configsOnFreePorts();
  const parties = await runAll(configs);
  // ws has the web's interface, so it stands in for a browser's global.
  const globals = globalThis as { WebSocket?: unknown };
  const original = globals.WebSocket;
  globals.WebSocket = WebSocket;
  try {
    const client = await openClient(configs.client, { channel: web.dialer(configs.client) });
    client.link('server0').send({ kind: 'input', step: 1, payload: Uint8Array.of(1, 2) });
    const session = await parties.server0.next();
    expect([...(await session.link('client').expect('input', { step: 1, layer: 0, round: 0 })).payload]).toEqual([
      1, 2,
    ]);
    client.close();
    const absent = { ...configs.client.limits, connectMs: 100 };
    const error = await rejection(
      web.connect(`ws://127.0.0.1:${await freePort()}`, { peer: 'dealer', limits: absent }),
    );
    expect(error?.code).toBe('E_PEER_ABSENT');
    const insecure = await rejection(web.connect('ws://example.org:7', { peer: 'dealer', limits: absent }));
    expect(insecure?.code).toBe('E_INSECURE_LINK');
  } finally {
    globals.WebSocket = original;
  }
});

test('a party that starts late is waited for', async () => {
  const configs = await configsOnFreePorts();
  await run(configs.server0);
  await run(configs.server1);
  const opening = openClient(configs.client);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const dealer = await run(configs.dealer);
  const client = await opening;
  await dealer.next();
  client.close();
});

test('an absent peer is named, with its address and what to do', async () => {
  const configs = await configsOnFreePorts(shortLimits({ connectMs: 200 }));
  await run(configs.server0);
  await run(configs.server1);
  const error = await rejection(openClient(configs.client));
  expect(error?.code).toBe('E_PEER_ABSENT');
  expect(error?.message).toContain(configs.client.peers.dealer);
  expect(error?.message).toMatch(/dealer could not be reached .* start it/);
});

test('connecting can be aborted', async () => {
  const { client } = await configsOnFreePorts();
  const signal = AbortSignal.timeout(50);
  const error = await rejection(connect(client.peers.dealer!, { peer: 'dealer', limits: client.limits, signal }));
  expect(error?.code).toBe('E_ABORTED');
});

test('an attempt that hangs can be aborted, and times out', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1'); // accepts, and never answers
  servers.push(server);
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const limits = shortLimits({ connectMs: 100 });
  const started = Date.now();
  expect((await rejection(connect(url, { peer: 'dealer', limits })))?.code).toBe('E_PEER_ABSENT');
  const signal = AbortSignal.timeout(50);
  expect((await rejection(connect(url, { peer: 'dealer', limits: shortLimits(), signal })))?.code).toBe('E_ABORTED');
  expect(Date.now() - started).toBeLessThan(1000);
});

test('something else at the address is not a party', async () => {
  const { createServer: createHttp } = await import('node:http');
  const server = createHttp((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
  server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
  servers.push(server);
  await once(server, 'listening');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const error = await rejection(connect(url, { peer: 'dealer', limits: shortLimits() }));
  expect(error).toMatchObject({ code: 'E_PEER_ABSENT' });
  expect(error?.message).toMatch(/HTTP 404: something else/);
});

test('a taken port is E_PORT_IN_USE', async () => {
  const { dealer } = await configsOnFreePorts();
  await run(dealer);
  const error = await rejection(run(dealer));
  expect(error?.code).toBe('E_PORT_IN_USE');
  expect(error?.message).toContain(String(dealer.listen!.port));
});

test('closing a listener frees its port and tells its peers', async () => {
  const configs = await configsOnFreePorts();
  const parties = await runAll(configs);
  const client = await openClient(configs.client);
  await parties.dealer.next();
  await parties.dealer.listener.close();
  expect((await client.ended)?.code).toBe('E_ABORTED');
  running.splice(running.indexOf(parties.dealer), 1);
  await run(configs.dealer);
});

test('authorize decides who comes in', async () => {
  const configs = await configsOnFreePorts();
  await run(configs.server0);
  await run(configs.server1);
  const dealer = await run(configs.dealer, { authorize: ({ peerRole }: { peerRole: Role }) => peerRole !== 'client' });
  const error = await rejection(openClient(configs.client));
  expect(error?.code).toBe('E_UNAUTHORIZED');
  expect(error?.message).toMatch(/dealer gave up: .*client may not join/);
  await eventually(() => dealer.failures.length > 0, 'the report');
});

test('an unexpected provisioning is refused at the door', async () => {
  const configs = await configsOnFreePorts();
  await runAll(configs);
  const error = await rejection(openClient(configs.client, { provisioning: new Uint8Array(8) }));
  expect(error?.code).toBe('E_PROVISIONING');
});

describe('without TLS', () => {
  test('no address but loopback is connected to or listened at', async () => {
    const { client, dealer } = await configsOnFreePorts();
    expect(() => dialer({ ...client, peers: { dealer: 'ws://192.0.2.1:7000' } })).toThrow(/not this machine/);
    expect(() => dialer({ ...client, peers: { dealer: 'wss://192.0.2.1:7000' } })).toThrow(/needs certificates/);
    const options = { peer: 'dealer', limits: client.limits } as const;
    for (const url of ['ws://192.0.2.1:7000', 'ws://127.0.0.1.example.org:7000', 'wss://192.0.2.1:7000']) {
      expect((await rejection(connect(url, options)))?.code).toBe('E_INSECURE_LINK');
    }
    for (const host of ['0.0.0.0', '::', '192.0.2.1']) {
      const exposed = { ...dealer, listen: { host, port: 0 } };
      const error = await rejection(listen(exposed, { provisioning: PROVISIONING, onSession() {} }));
      expect(error?.code).toBe('E_INSECURE_LINK');
    }
  });

  test('a connection from elsewhere, or from a foreign page, is not let in', () => {
    const request = (remoteAddress: string, origin?: string) =>
      ({ socket: { remoteAddress }, headers: { origin } }) as unknown as IncomingMessage;
    const plain = { tls: undefined, origins: ['https://good.example'] };
    const tls = { ...plain, tls: { ca: '', cert: '', key: '' } };
    expect(refuse(request('192.0.2.1'), plain)?.code).toBe('E_INSECURE_LINK');
    expect(refuse(request('192.0.2.1'), tls)).toBeUndefined();
    for (const local of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) expect(refuse(request(local), plain)).toBeUndefined();
    for (const config of [plain, tls]) {
      expect(refuse(request('127.0.0.1', 'https://evil.example'), config)?.code).toBe('E_UNAUTHORIZED');
      expect(refuse(request('127.0.0.1', 'null'), config)?.code).toBe('E_UNAUTHORIZED');
      expect(refuse(request('127.0.0.1', 'https://good.example'), config)).toBeUndefined();
      expect(refuse(request('127.0.0.1', 'http://localhost:8080'), config)).toBeUndefined();
    }
  });

  test('a foreign page is told so, in a frame', async () => {
    const { dealer } = await configsOnFreePorts();
    await run(dealer);
    const socket = new WebSocket(`ws://127.0.0.1:${dealer.listen!.port}`, { origin: 'https://evil.example' });
    const [data] = (await once(socket, 'message')) as [Buffer];
    const { kind, payload } = decodeFrame(new Uint8Array(data), { frameBytes: 1000 });
    expect(kind).toBe('error');
    expect(decodeFailure(payload, 'dealer')).toMatchObject({ code: 'E_UNAUTHORIZED' });
    await once(socket, 'close');
  });
});

test('a peer whose process is killed is E_PEER_LOST for all others', async () => {
  const configs = await configsOnFreePorts();
  const { dealer, server0 } = await runAll(configs).then((parties) => parties);
  // A client in another process, which does nothing but connect: TypeScript needs no compiler for that.
  const script = `
    const { WebSocket } = require('ws');
    for (const [url, hello] of JSON.parse(process.argv[1])) {
      const socket = new WebSocket(url);
      socket.on('open', () => socket.send(Buffer.from(hello, 'hex')));
    }`;
  const { encodeFrame } = await import('../../ts/net/frame.js');
  const { encodeHello } = await import('../../ts/net/hello.js');
  const greetings = HOSTED.map((peer) => {
    const maskSeeds = Array.from({ length: peer === 'dealer' ? 2 : 1 }, () => new Uint8Array(32));
    const payload = encodeHello({ role: 'client', software: 'test', nonce: new Uint8Array(16), maskSeeds }, peer);
    const ids = { provisioning: PROVISIONING, session: new Uint8Array(16).fill(9) };
    return [
      configs.client.peers[peer],
      Buffer.from(encodeFrame({ kind: 'hello', ...ids, step: 0, layer: 0, round: 0, payload })).toString('hex'),
    ];
  });
  const child = spawn(process.execPath, ['-e', script, JSON.stringify(greetings)], { stdio: 'inherit' });
  const [atDealer, atServer0] = await Promise.all([dealer.next(), server0.next()]);
  child.kill('SIGKILL');
  const waiting = rejection(atServer0.link('client').receive());
  const error = await waiting;
  expect(error?.code).toBe('E_PEER_LOST');
  expect((await atDealer.ended)?.code).toBe('E_PEER_LOST');
  expect((await rejection(atServer0.link('dealer').receive()))?.code).toBe('E_PEER_LOST');
});

describe('a peer that stops answering without closing', () => {
  /** Forwards bytes to a port until told to swallow them, as a pulled cable does. */
  async function relay(target: number) {
    let cut = false;
    const server = createServer((near) => {
      const far = new (near.constructor as typeof Socket)().connect(target, '127.0.0.1');
      const pass = (from: Socket, to: Socket) => {
        from.on('data', (data) => void (cut || to.write(data)));
        from.on('error', () => {});
        from.on('close', () => cut || to.destroy());
      };
      pass(near, far);
      pass(far, near);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    return { port: (server.address() as AddressInfo).port, cut: () => (cut = true) };
  }

  test('is noticed at both ends, and not before it stops', async () => {
    const limits = shortLimits({ pingMs: 20, lostMs: 100 });
    const configs = await configsOnFreePorts(limits);
    const parties = await runAll(configs);
    const { port, cut } = await relay(configs.dealer.listen!.port);
    const client = await openClient(configs.client, {
      channel: dialer({ ...configs.client, peers: { ...configs.client.peers, dealer: `ws://127.0.0.1:${port}` } }),
    });
    const atDealer = await parties.dealer.next();
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(await Promise.race([client.ended, Promise.resolve('alive')])).toBe('alive');
    const started = Date.now();
    cut();
    expect((await client.link('dealer').ended)?.code).toBe('E_PEER_LOST');
    expect((await atDealer.link('client').ended)?.code).toBe('E_PEER_LOST');
    expect(Date.now() - started).toBeLessThan(2000);
  });
});

test('a frame over the limit ends the link before it is held in memory', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  servers.push(server);
  await once(server, 'listening');
  let told = 0;
  server.on('connection', (socket) => {
    socket.send(Buffer.alloc(2000));
    socket.on('close', (code) => (told = code));
  });
  const limits = shortLimits({ frameBytes: 1000 });
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const link = new ChannelLink(await connect(url, { peer: 'dealer', limits }), {
    provisioning: PROVISIONING,
    peer: 'dealer',
    limits,
  });
  const error = (await rejection(link.receive())) as CometError;
  expect(error.code).toBe('E_FRAME');
  await eventually(() => told === 1009, 'the message to the peer');
});
