import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { dialledBy, othersThan, ROLES, type Role } from '../../ts/core/config.js';
import { CometError } from '../../ts/core/errors.js';
import type { Channel } from '../../ts/net/channel.js';
import { channelsOf, embeddedChannels, embeddedPorts, memoryLinks } from '../../ts/net/embedded.js';
import { encodeFrame, PROTOCOL_VERSION } from '../../ts/net/frame.js';
import { decodeHello, encodeHello, SOFTWARE, type Hello } from '../../ts/net/hello.js';
import { memoryChannels } from '../../ts/net/memory.js';
import { openSession, type OpenOptions } from '../../ts/net/open.js';
import { Rendezvous, type RendezvousOptions } from '../../ts/net/rendezvous.js';
import type { Session } from '../../ts/net/session.js';
import { eventually, PROVISIONING, rejection, shortLimits } from './parties.js';

const limits = shortLimits({ rendezvousMs: 150, connectMs: 100, helloMs: 100 });

/** Opens all four ends at once; `change` alters the options of some. */
function openAll(
  ends: ReturnType<typeof embeddedChannels> | ReturnType<typeof embeddedPorts>,
  change: Partial<Record<Role, Partial<OpenOptions>>> = {},
) {
  const open = (role: Role) =>
    openSession({
      role,
      provisioning: PROVISIONING,
      limits,
      session: ends[role].session,
      channel: channelsOf(ends[role]),
      ...change[role],
    });
  return Object.fromEntries(ROLES.map((role) => [role, open(role)])) as Record<Role, Promise<Session>>;
}
const all = async (opening: Record<Role, Promise<Session>>) => {
  const sessions = await Promise.all(ROLES.map((role) => opening[role]));
  return Object.fromEntries(sessions.map((session) => [session.role, session])) as Record<Role, Session>;
};

describe.each([
  ['memory', embeddedChannels],
  ['ports', embeddedPorts],
] as const)('an embedded session over %s', (_name, makeEnds) => {
  let ends: ReturnType<typeof makeEnds>;
  beforeEach(() => void (ends = makeEnds()));
  // A port that nobody closes keeps the process alive, when a test fails before its session ends.
  afterEach(() => ROLES.forEach((role) => Object.values(ends[role].ports).forEach((end) => end.close())));

  test('gives all parties the same nonces, and mask seeds to whom they belong', async () => {
    const sessions = await all(openAll(ends));
    for (const role of ROLES) {
      expect(sessions[role].id).toEqual(sessions.client.id);
      for (const peer of ROLES) expect(sessions[role].nonces[peer]).toEqual(sessions.client.nonces[peer]);
    }
    expect(new Set(ROLES.map((role) => sessions.dealer.nonces[role].join())).size).toBe(4);
    const { server0, server1 } = sessions.client.maskSeeds;
    expect(server0).not.toEqual(server1);
    expect(server0?.length).toBe(32);
    expect(sessions.server0.maskSeeds).toEqual({ server0 });
    expect(sessions.server1.maskSeeds).toEqual({ server1 });
    expect(sessions.dealer.maskSeeds).toEqual({ server0, server1 });
    sessions.client.close();
    sessions.server0.close();
    sessions.server1.close();
    expect(await Promise.all(ROLES.map((role) => sessions[role].ended))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('any link carries frames, and one failure ends every link with its cause', async () => {
    const sessions = await all(openAll(ends));
    for (const role of ROLES) {
      for (const peer of othersThan(role)) {
        sessions[role].link(peer).send({ kind: 'control', step: ROLES.indexOf(role), payload: new Uint8Array(3) });
        expect((await sessions[peer].link(role).expect('control')).step).toBe(ROLES.indexOf(role));
      }
    }
    expect(() => sessions.client.link('client')).toThrow(/no link/);
    const waiting = rejection(sessions.client.link('dealer').receive());
    sessions.server1.close(new CometError('E_TAPE_REUSE', 'A mask was asked for twice.'));
    const causes = await Promise.all(ROLES.map((role) => sessions[role].ended));
    expect(causes.map((cause) => cause?.code)).toEqual([
      'E_TAPE_REUSE',
      'E_TAPE_REUSE',
      'E_TAPE_REUSE',
      'E_TAPE_REUSE',
    ]);
    expect((await waiting)?.code).toBe('E_TAPE_REUSE');
  });
});

test('parties with shares of different provisionings do not meet', async () => {
  const opening = openAll(embeddedChannels(), { server1: { provisioning: new Uint8Array(8) } });
  const errors = await Promise.all(ROLES.map((role) => rejection(opening[role])));
  expect(errors.map((error) => error?.code)).toEqual(Array(4).fill('E_PROVISIONING'));
});

test('an absent peer is named to all that came', async () => {
  const opening = openAll(embeddedChannels(), { dealer: { channel: () => new Promise<Channel>(() => {}) } });
  const errors = await Promise.all(ROLES.slice(0, 3).map((role) => rejection(opening[role])));
  for (const error of errors) {
    expect(error?.code).toBe('E_PEER_ABSENT');
    expect(error?.message).toMatch(/dealer did not join/);
  }
  await rejection(opening.dealer);
});

test('a peer of another version is named with both versions', async () => {
  const [mine, theirs] = memoryChannels();
  const opening = rejection(
    openSession({
      role: 'client',
      provisioning: PROVISIONING,
      limits,
      channel: (peer) => (peer === 'dealer' ? mine : new Promise<Channel>(() => {})),
    }),
  );
  const old = encodeFrame({
    kind: 'hello',
    provisioning: PROVISIONING,
    session: new Uint8Array(16),
    step: 0,
    layer: 0,
    round: 0,
    payload: new Uint8Array(0),
  });
  old[4] = 9;
  theirs.send(old);
  const error = await opening;
  expect(error?.code).toBe('E_VERSION');
  expect(error?.message).toMatch(new RegExp(`version 9 .* version ${PROTOCOL_VERSION}:`));
});

test('opening a session can be aborted', async () => {
  const controller = new AbortController();
  const never = () => new Promise<Channel>(() => {});
  const options = { role: 'client', provisioning: PROVISIONING, channel: never, signal: controller.signal } as const;
  const opening = rejection(openSession(options));
  controller.abort();
  expect((await opening)?.code).toBe('E_ABORTED');
  expect((await rejection(openSession(options)))?.code).toBe('E_ABORTED');
});

test('a channel that opens after the attempt has failed is closed again', async () => {
  const [mine, theirs] = memoryChannels();
  let open = (_channel: Channel) => {};
  const late = new Promise<Channel>((resolve) => (open = resolve));
  const never = new Promise<Channel>(() => {});
  const channel = (peer: Role) => (peer === 'dealer' ? late : never);
  const options = { role: 'client', provisioning: PROVISIONING, limits, channel } as const;
  expect((await rejection(openSession(options)))?.code).toBe('E_PEER_ABSENT');
  const kinds: number[] = [];
  const closed = new Promise<void>((resolve) =>
    theirs.attach({ message: (bytes) => kinds.push(bytes[6]), closed: () => resolve() }),
  );
  open(mine);
  await closed;
  expect(kinds).toEqual([8]); // why, and above all no hello with its seeds
});

test('memoryLinks joins every two parties', async () => {
  const links = memoryLinks();
  for (const role of ROLES) {
    for (const peer of othersThan(role)) {
      links[role][peer].send({ kind: 'control', step: 7 });
      expect(links[role][peer].peer).toBe(peer);
      await links[peer][role].expect('control', { step: 7, layer: 0, round: 0 });
    }
  }
});

test('an embedded party takes only the session and the peer that a port was made for', async () => {
  for (const [role, session, code] of [
    ['client', 1, 'E_FRAME'],
    ['server0', 0, 'E_FRAME'],
  ] as const) {
    const [mine, theirs] = memoryChannels();
    const never = new Promise<Channel>(() => {});
    const channel = (peer: Role) => (peer === 'client' ? theirs : never);
    const opening = rejection(
      openSession({ role: 'server1', provisioning: PROVISIONING, limits, channel, session: new Uint8Array(16) }),
    );
    const maskSeeds = role === 'client' ? [new Uint8Array(32)] : [];
    const payload = encodeHello({ role, software: '', nonce: new Uint8Array(16), maskSeeds }, 'server1');
    const ids = { provisioning: PROVISIONING, session: new Uint8Array(16).fill(session) };
    mine.send(encodeFrame({ kind: 'hello', ...ids, step: 0, layer: 0, round: 0, payload }));
    expect((await opening)?.code).toBe(code);
  }
});

test('addresses mixed up in a configuration are named', async () => {
  const { client } = embeddedChannels();
  const [toWrong, wrong] = memoryChannels();
  const server = new Rendezvous({
    role: 'server1',
    provisioning: PROVISIONING,
    limits,
    dial: () => new Promise<Channel>(() => {}),
    onSession() {},
  });
  void server.admit(wrong);
  const channel = (peer: Role) =>
    peer === 'dealer' ? toWrong : channelsOf(client)(peer, new AbortController().signal);
  const error = await rejection(openSession({ role: 'client', provisioning: PROVISIONING, limits, channel }));
  expect(error?.code).toBe('E_CONFIG');
  expect(error?.message).toMatch(/client meant dealer and reached server1: correct the addresses/);
});

describe('hello', () => {
  const hello: Hello = {
    role: 'client',
    software: SOFTWARE,
    nonce: new Uint8Array(16).fill(3),
    maskSeeds: [new Uint8Array(32).fill(4)],
  };
  test('survives the round trip, and says the version of the package', () => {
    expect(decodeHello(encodeHello(hello, 'server1'), 'server1')).toEqual(hello);
    const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(SOFTWARE).toBe(`${name} ${version}`);
  });
  test('is refused when cut, too long, or with mask seeds for another', () => {
    const bytes = encodeHello(hello, 'server1');
    for (let end = 0; end < bytes.length; end++)
      expect(() => decodeHello(bytes.subarray(0, end), 'server1')).toThrow(CometError);
    expect(() => decodeHello(Uint8Array.of(...bytes, 0), 'server1')).toThrow(CometError);
    expect(() => decodeHello(bytes, 'dealer')).toThrow(/client meant server1 and reached dealer/);
    expect(() => decodeHello(encodeHello(hello, 'dealer'), 'dealer')).toThrow(/1 mask seeds, client owes dealer 2/);
    expect(() => decodeHello(encodeHello({ ...hello, role: 'server0' }, 'server1'), 'server1')).toThrow(
      /server0 owes server1 0/,
    );
  });
});

describe('a rendezvous', () => {
  /** A dealer, to which nobody is dialled, and a way to bring it connections by hand. */
  function dealer(change: Partial<RendezvousOptions> = {}) {
    const sessions: Session[] = [];
    const failures: CometError[] = [];
    const rendezvous = new Rendezvous({
      role: 'dealer',
      provisioning: PROVISIONING,
      limits,
      dial: () => Promise.reject(new Error('a dealer dials nobody')),
      onSession: (session) => sessions.push(session),
      onFailure: (error) => failures.push(error),
      ...change,
    });
    const bring = (role: Role, session: Uint8Array) => {
      const [mine, theirs] = memoryChannels();
      const seeds = role === 'client' ? [new Uint8Array(32), new Uint8Array(32)] : [];
      const payload = encodeHello({ role, software: SOFTWARE, nonce: new Uint8Array(16), maskSeeds: seeds }, 'dealer');
      const answers: number[] = [];
      mine.attach({ message: (bytes) => answers.push(bytes[6]), closed: () => answers.push(0) });
      void rendezvous.admit(theirs, { remoteAddress: '127.0.0.1' });
      mine.send(
        encodeFrame({ kind: 'hello', provisioning: PROVISIONING, session, step: 0, layer: 0, round: 0, payload }),
      );
      return { channel: mine, answers };
    };
    return { rendezvous, sessions, failures, bring };
  }
  const id = (n: number) => new Uint8Array(16).fill(n);
  const three = ['client', 'server0', 'server1'] as const;

  test('keeps several sessions apart, in any order of arrival', async () => {
    const { bring, sessions, rendezvous } = dealer();
    bring('server1', id(1));
    bring('client', id(2));
    bring('client', id(1));
    bring('server0', id(2));
    bring('server1', id(2));
    bring('server0', id(1));
    await eventually(() => sessions.length === 2, 'two sessions');
    expect(sessions.map((session) => session.id[0]).sort()).toEqual([1, 2]);
    expect(rendezvous.counts).toEqual({ active: 2, pending: 0 });
    sessions[0].close();
    await eventually(() => rendezvous.counts.active === 1, 'the end of one');
  });

  test('refuses a second link of a role, and keeps the first', async () => {
    const { bring, sessions, failures } = dealer();
    bring('client', id(1));
    bring('client', id(1));
    await eventually(() => failures.length === 1, 'a refusal');
    expect(failures[0]).toMatchObject({ code: 'E_UNAUTHORIZED' });
    expect(failures[0].message).toMatch(/client is already/);
    bring('server0', id(1));
    bring('server1', id(1));
    await eventually(() => sessions.length === 1, 'the session');
  });

  test('never takes a session id twice, whether it succeeded or failed', async () => {
    const { bring, sessions, failures } = dealer();
    three.forEach((role) => bring(role, id(1)));
    await eventually(() => sessions.length === 1, 'the session');
    sessions[0].close();
    bring('client', id(1));
    await eventually(() => failures.length === 1, 'a refusal');
    expect(failures[0].message).toMatch(/used before/);
    bring('client', id(2));
    await eventually(() => failures.length === 2, 'the timeout');
    expect(failures[1].message).toMatch(/server0 and server1 did not join/);
    bring('client', id(2));
    await eventually(() => failures.length === 3, 'a refusal');
    expect(failures[2].message).toMatch(/used before/);
  });

  test('bounds pending sessions, active sessions and connections that say nothing', async () => {
    const { bring, sessions, failures, rendezvous } = dealer({
      limits: { ...limits, pendingSessions: 2, sessions: 3 },
    });
    bring('client', id(1));
    bring('client', id(2));
    bring('client', id(3));
    await eventually(() => failures.length === 1, 'the first refusal');
    expect(failures[0]).toMatchObject({ code: 'E_LIMIT' });
    expect(failures[0].message).toMatch(/2 sessions that wait/);
    await eventually(() => rendezvous.counts.pending === 0, 'the timeouts');
    failures.length = 0;
    for (const n of [4, 5, 6]) {
      three.forEach((role) => bring(role, id(n)));
      await eventually(() => sessions.some((session) => session.id[0] === n), 'a session');
    }
    bring('client', id(7));
    await eventually(() => failures.length === 1, 'the second refusal');
    expect(failures[0].message).toMatch(/already has 3 sessions:/);

    failures.length = 0;
    for (let i = 0; i < 7; i++) void rendezvous.admit(memoryChannels()[0]);
    await eventually(() => failures.length === 7, 'refusal and silence');
    expect(failures.map((failure) => failure.code)).toEqual(['E_LIMIT', ...Array(6).fill('E_PEER_ABSENT')]);
  });

  test('asks before it admits', async () => {
    const asked: unknown[] = [];
    const authorize = async (request: { peerRole: Role }) => (asked.push(request), request.peerRole !== 'client');
    const { bring, failures, rendezvous } = dealer({ authorize });
    const { answers } = bring('client', id(1));
    await eventually(() => failures.length === 1, 'the refusal');
    expect(failures[0].code).toBe('E_UNAUTHORIZED');
    expect(asked).toEqual([{ id: '01'.repeat(16), peerRole: 'client', remoteAddress: '127.0.0.1' }]);
    expect(rendezvous.counts.pending).toBe(0);
    await eventually(() => answers.includes(0), 'the close');
    expect(answers[0]).toBe(8); // an error frame, no hello
  });

  test('refuses the wrong direction, a false certificate, and frames before its answer', async () => {
    const server = dealer({ role: 'server0', dial: () => new Promise<Channel>(() => {}) });
    expect(dialledBy('server0')).toContain('server1');
    const [mine, theirs] = memoryChannels();
    void server.rendezvous.admit(theirs);
    const payloadTo = (to: Role) =>
      encodeHello({ role: 'server1', software: '', nonce: new Uint8Array(16), maskSeeds: [] }, to);
    const hello = {
      kind: 'hello',
      provisioning: PROVISIONING,
      session: id(1),
      step: 0,
      layer: 0,
      round: 0,
      payload: payloadTo('server0'),
    } as const;
    mine.send(encodeFrame(hello));
    await eventually(() => server.failures.length === 1, 'the refusal');
    expect(server.failures[0].message).toMatch(/not the reverse/);

    const certified = dealer();
    const [left, right] = memoryChannels();
    void certified.rendezvous.admit(right, { certificateNames: ['server0'] });
    left.send(encodeFrame({ ...hello, payload: payloadTo('dealer') }));
    await eventually(() => certified.failures.length === 1, 'the refusal');
    expect(certified.failures[0]).toMatchObject({ code: 'E_UNAUTHORIZED' });

    const mirror = dealer();
    mirror.bring('dealer', id(3));
    await eventually(() => mirror.failures.length === 1, 'the refusal');
    expect(mirror.failures[0].message).toMatch(/hello of dealer was refused/);

    const hasty = dealer();
    const { channel } = hasty.bring('server0', id(2));
    channel.send(encodeFrame({ ...hello, kind: 'credit', session: id(2), payload: new Uint8Array(0) }));
    await eventually(() => hasty.failures.length > 0, 'the refusal');
    expect(hasty.failures[0].code).toBe('E_FRAME');
  });

  test('a party that leaves early takes only its own session along', async () => {
    const { bring, failures, sessions } = dealer();
    const { channel } = bring('client', id(1));
    bring('client', id(2));
    bring('server0', id(2));
    await new Promise((resolve) => setTimeout(resolve, 20));
    channel.close();
    await eventually(() => failures.length === 1, 'the failure');
    expect(failures[0]).toMatchObject({ code: 'E_PEER_LOST' });
    bring('server1', id(2));
    await eventually(() => sessions.length === 1, 'the other session');
  });

  test('a session whose handler throws is ended', async () => {
    const { bring, failures, rendezvous } = dealer({
      onSession: () => {
        throw new CometError('E_IO', 'No room at /secret/path.');
      },
    });
    const [client] = three.map((role) => bring(role, id(1)));
    await eventually(() => client.answers.includes(0), 'the close');
    expect(client.answers).toEqual([1, 8, 0]);
    expect(failures.map((failure) => failure.code)).toEqual(['E_IO']);
    await eventually(() => rendezvous.counts.active === 0, 'the release');
  });

  test('close() ends all and refuses the rest', async () => {
    const { bring, failures, sessions, rendezvous } = dealer();
    three.forEach((role) => bring(role, id(1)));
    bring('client', id(2));
    await eventually(() => sessions.length === 1, 'the session');
    rendezvous.close();
    expect((await sessions[0].ended)?.code).toBe('E_ABORTED');
    await eventually(() => failures.length === 1, 'the end of the pending one');
    const { answers } = bring('client', id(3));
    await eventually(() => answers.includes(8), 'the refusal');
  });
});
