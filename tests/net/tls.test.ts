import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { ROLES, type Config, type Role } from '../../ts/core/config.js';
import { connect, dialer } from '../../ts/net/node/connect.js';
import { readIdentity } from '../../ts/net/node/tls.js';
import type { AdmissionRequest } from '../../ts/net/rendezvous.js';
import { writeCertificates } from './certificates.js';
import {
  configsOnFreePorts,
  eventually,
  HOSTED,
  openClient,
  rejection,
  shortLimits,
  start,
  type Running,
} from './parties.js';

let directory: string;
let configs: Record<Role, Config>;
const running: Running[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'comet-tls-'));
  writeCertificates(join(directory, 'ours'), ROLES);
  writeCertificates(join(directory, 'theirs'), ROLES);
  configs = await configsOnFreePorts(shortLimits(), join(directory, 'ours'));
});
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => Promise.all(running.splice(0).map(({ listener }) => listener.close())));

async function run(config: Config, options = {}) {
  const party = await start(config, options);
  running.push(party);
  return party;
}
const withCertificateOf = (config: Config, role: Role, folder = 'ours'): Config => ({
  ...config,
  tls: {
    ca: join(directory, 'ours/ca.crt'),
    cert: join(directory, folder, `${role}.crt`),
    key: join(directory, folder, `${role}.key`),
  },
});
const dial = (config: Config, peer: Role) => Promise.resolve(dialer(config)(peer, new AbortController().signal));

test('a session over mutually authenticated TLS', async () => {
  const asked: AdmissionRequest[] = [];
  const authorize = (request: AdmissionRequest) => asked.push(request) > 0;
  const [server0] = await Promise.all(HOSTED.map((role) => run(configs[role], { authorize })));
  expect(configs.client.peers.server0).toMatch(/^wss:/);
  const client = await openClient(configs.client);
  const session = await server0.next();
  client.link('server0').send({ kind: 'input', payload: Uint8Array.of(1) });
  await session.link('client').expect('input');
  expect(new Set(asked.map(({ peerRole, peerCertificateName }) => `${peerRole}:${peerCertificateName}`))).toEqual(
    new Set(['client:client', 'server0:server0', 'server1:server1']),
  );
  expect(asked.every(({ remoteAddress }) => remoteAddress === '127.0.0.1')).toBe(true);
  client.close();
});

describe('is refused', () => {
  test('to a party whose certificate names another role', async () => {
    await run(withCertificateOf(configs.dealer, 'server1'));
    const error = await rejection(dial(configs.client, 'dealer'));
    expect(error?.code).toBe('E_UNAUTHORIZED');
    expect(error?.message).toMatch(/does not name dealer/);
  });

  test('to a party whose certificate another authority signed', async () => {
    await run(withCertificateOf(configs.dealer, 'dealer', 'theirs'));
    expect((await rejection(dial(configs.client, 'dealer')))?.code).toBe('E_UNAUTHORIZED');
  });

  test('to a peer that claims a role which its certificate does not name', async () => {
    await Promise.all(HOSTED.map((role) => run(configs[role])));
    const error = await rejection(openClient(withCertificateOf(configs.client, 'server1')));
    expect(error?.code).toBe('E_UNAUTHORIZED');
    expect(error?.message).toMatch(/certificate does not name client/);
  });

  test('to a peer whose certificate another authority signed', async () => {
    const dealer = await run(configs.dealer);
    const error = await rejection(dial(withCertificateOf(configs.client, 'client', 'theirs'), 'dealer'));
    expect(error?.code).toBe('E_UNAUTHORIZED');
    expect(dealer.listener.counts()).toEqual({ active: 0, pending: 0 });
  });

  test('to a peer without a certificate', async () => {
    const dealer = await run(configs.dealer);
    const { ca } = readIdentity(configs.dealer)!;
    const socket = connectTls({
      host: '127.0.0.1',
      port: configs.dealer.listen!.port,
      ca,
      checkServerIdentity: () => undefined,
    });
    let answered = false;
    let closed = false;
    socket.on('data', () => (answered = true));
    socket.on('error', () => {});
    socket.on('close', () => (closed = true));
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(() => closed, 'the refusal');
    expect(answered).toBe(false);
    expect(dealer.sessions.length).toBe(0);
  });

  test('to a peer that speaks no TLS, and by one', async () => {
    const plain = { ...configs.dealer, tls: undefined };
    const quick = { ...configs.client.limits, connectMs: 300 };
    await run(plain);
    const error = await rejection(dial({ ...configs.client, limits: quick }, 'dealer'));
    expect(error?.code).toBe('E_INSECURE_LINK');
    await Promise.all(running.splice(0).map(({ listener }) => listener.close()));
    await run(configs.dealer);
    const url = configs.client.peers.dealer!.replace('wss', 'ws');
    expect((await rejection(connect(url, { peer: 'dealer', limits: quick })))?.code).toBe('E_PEER_ABSENT');
  });
});

test('missing certificate files are named', () => {
  const tls = { ca: '/nowhere/ca.crt', cert: '/nowhere/a.crt', key: '/nowhere/a.key' };
  expect(() => dialer({ ...configs.client, tls })).toThrow(/\/nowhere\/ca.crt, named under "tls"/);
});

test.each([
  ['ca', 'certificate'],
  ['cert', 'certificate'],
  ['key', 'private key'],
] as const)('a %s file that is none is E_CONFIG, which names it', (file, what) => {
  const path = join(directory, `${file}.txt`);
  writeFileSync(path, 'no PEM');
  const tls = { ...configs.client.tls!, [file]: path };
  expect(() => readIdentity({ tls })).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
  expect(() => readIdentity({ tls })).toThrow(new RegExp(`${file}\\.txt.*${what}`));
});

test('a key of another certificate is E_CONFIG', () => {
  const tls = { ...configs.client.tls!, key: configs.dealer.tls!.key };
  expect(() => readIdentity({ tls })).toThrow(/is not the key of .*client\.crt/);
});

test('a wss address on this machine without certificates says what is missing', () => {
  const plain = { ...configs.client, tls: undefined };
  expect(() => dialer(plain)).toThrow(/wss:.* needs certificates/);
});
