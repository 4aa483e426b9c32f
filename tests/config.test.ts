import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConfigs, isLoopback, parseConfig, ROLES, seedsOf, type Role } from '../ts/core/config.js';
import type { CometError } from '../ts/core/errors.js';
import { DEFAULT_LIMITS } from '../ts/core/limits.js';
import { configPath, readConfig, writeConfigs } from '../ts/net/node/config-files.js';

const local = { host: '127.0.0.1', basePort: 7001 };
const failure = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return error as CometError;
  }
  return undefined;
};
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as CometError,
  );

describe('createConfigs', () => {
  const configs = createConfigs(local);

  test('gives every pair one seed, nobody another, and the client none', () => {
    const seeds = new Set<string>();
    for (const role of ROLES) {
      expect(Object.keys(configs[role].seeds).sort()).toEqual(seedsOf(role).sort());
      for (const peer of seedsOf(role)) {
        expect(configs[role].seeds[peer]).toMatch(/^[0-9a-f]{64}$/);
        expect(configs[role].seeds[peer]).toBe(configs[peer].seeds[role]);
        seeds.add(configs[role].seeds[peer]!);
      }
    }
    expect(seeds.size).toBe(3);
    expect(configs.client.seeds).toEqual({});
    expect(createConfigs(local).dealer.seeds).not.toEqual(configs.dealer.seeds);
  });

  test('connects each to those listed after it', () => {
    expect(configs.client.peers).toEqual({
      server0: 'ws://127.0.0.1:7001',
      server1: 'ws://127.0.0.1:7002',
      dealer: 'ws://127.0.0.1:7003',
    });
    expect(Object.keys(configs.server0.peers)).toEqual(['server1', 'dealer']);
    expect(Object.keys(configs.server1.peers)).toEqual(['dealer']);
    expect(configs.dealer.peers).toEqual({});
    expect(configs.dealer.listen).toEqual({ host: '127.0.0.1', port: 7003 });
    expect(configs.client.listen).toBeUndefined();
  });

  test('needs certificates for hosts that are not this machine', () => {
    expect(failure(() => createConfigs({ ...local, host: '10.0.0.1' }))?.code).toBe('E_INSECURE_LINK');
    const host = { server0: '127.0.0.1', server1: 'b.example', dealer: '::1' };
    expect(failure(() => createConfigs({ ...local, host }))?.code).toBe('E_INSECURE_LINK');
    const secure = createConfigs({ ...local, host, tls: 'certificates' });
    expect(secure.server0.peers).toEqual({ server1: 'wss://b.example:7002', dealer: 'wss://[::1]:7003' });
    expect(secure.server1.tls).toEqual({
      ca: 'certificates/ca.crt',
      cert: 'certificates/server1.crt',
      key: 'certificates/server1.key',
    });
  });

  test('refuses impossible ports', () => {
    expect(failure(() => createConfigs({ ...local, basePort: 65534 }))?.code).toBe('E_CONFIG');
  });
});

test('only this machine is loopback', () => {
  for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.3.2.1', '::1', '[::1]', '::ffff:127.0.0.1'])
    expect(isLoopback(host)).toBe(true);
  for (const host of [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '1127.0.0.1',
    '',
  ]) {
    expect(isLoopback(host)).toBe(false);
  }
});

describe('parseConfig', () => {
  const { dealer, client } = createConfigs(local);
  const problem = (value: unknown) => {
    const error = failure(() => parseConfig(value, 'x.json'));
    expect(error?.code).toBe('E_CONFIG');
    return error!.message;
  };

  test('takes what createConfigs makes, and fills in limits', () => {
    expect(parseConfig(JSON.parse(JSON.stringify(dealer)))).toEqual(dealer);
    const bare = { ...dealer, limits: undefined, origins: undefined };
    expect(parseConfig(bare).limits).toEqual(DEFAULT_LIMITS);
    expect(parseConfig({ ...bare, limits: { sessions: 3 } }).limits).toEqual({ ...DEFAULT_LIMITS, sessions: 3 });
  });

  test('names unknown and wrong keys by their path', () => {
    expect(problem({ ...dealer, listne: 1 })).toMatch(/x\.json .*unknown key listne/);
    expect(problem({ ...dealer, limits: { frameByte: 1 } })).toMatch(/unknown key limits\.frameByte/);
    expect(problem({ ...dealer, limits: { frameBytes: 0 } })).toMatch(/limits\.frameBytes/);
    expect(problem({ ...dealer, listen: { host: 'h', port: 70000 } })).toMatch(/listen\.port/);
    expect(problem({ ...dealer, role: 'server2' })).toMatch(/role/);
    expect(problem({ ...dealer, peers: { server0: 'ws://127.0.0.1:1' } })).toMatch(/unknown key peers\.server0/);
    expect(problem({ ...client, peers: { ...client.peers, dealer: 'http://x' } })).toMatch(
      /peers\.dealer: must look like ws/,
    );
    for (const url of ['ws://127.0.0.1:99999', 'ws://[::', 'ws://host:x', 'ws://a@b', 'ws://a?b', 'ws://a#b', 'ws://'])
      expect(problem({ ...client, peers: { ...client.peers, dealer: url } })).toMatch(
        /peers\.dealer: must look like ws/,
      );
    expect(problem({ ...client, listen: dealer.listen })).toMatch(/listen/);
    expect(problem(undefined)).toMatch(/top level/);
    expect(problem([])).toMatch(/x\.json/);
    expect(problem({ ...dealer, limits: [] })).toMatch(/limits: expected Object/);
    expect(problem({ ...dealer, peers: [] })).toMatch(/peers: expected Object/);
    expect(problem({ ...dealer, seeds: { server0: dealer.seeds.server0 } })).toMatch(/seeds\.server1: missing/);
  });

  test('gives no party seeds that it should not have, and repeats none in errors', () => {
    const seed = 'AB'.repeat(32);
    expect(problem({ ...client, seeds: { dealer: seed } })).toMatch(/unknown key seeds\.dealer/);
    // Where a seed stands for a key, or what would act on a terminal.
    for (const key of [seed, `${seed}.x`, 'a\n\u001b[31m']) {
      expect(problem({ ...dealer, seeds: { ...dealer.seeds, [key]: 'dealer' } })).toMatch(/a key that is not a name/);
      expect(problem({ ...dealer, [key]: 1 })).not.toContain(key);
    }
    const message = problem({ ...dealer, seeds: { ...dealer.seeds, server0: seed } });
    expect(message).toMatch(/seeds\.server0: must be 64/);
    expect(message).not.toContain(seed);
    for (const wrong of [{ seeds: seed }, { role: seed }, { limits: { frameBytes: seed } }, { share: [seed] }])
      expect(problem({ ...dealer, ...wrong })).not.toContain(seed);
  });
});

test('parseConfig refuses one seed for two peers, and does not repeat it', () => {
  const configs = createConfigs(local);
  for (const role of ['server0', 'server1', 'dealer'] as const) {
    const [one, other] = seedsOf(role);
    const shared = configs[role].seeds[one]!;
    const error = failure(() => parseConfig({ ...configs[role], seeds: { [one]: shared, [other]: shared } }, 'x.json'));
    expect(error).toMatchObject({ code: 'E_CONFIG' });
    expect(error!.message).toMatch(/x\.json .*seeds: must be another for each peer/);
    expect(error!.message).not.toContain(shared);
  }
});

describe('configuration files', () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'comet-config-'))));
  afterEach(() => rmSync(directory, { recursive: true }));
  const configs = createConfigs(local);

  test('come back as written, for the owner alone, with absolute paths', async () => {
    const target = join(directory, 'new/place');
    const paths = await writeConfigs(target, createConfigs({ ...local, tls: 'certificates' }));
    expect(paths).toEqual(ROLES.map((role) => configPath(target, role)));
    expect(readdirSync(target).sort()).toEqual(ROLES.map((role) => `${role}.json`).sort());
    for (const path of paths) expect(statSync(path).mode & 0o777).toBe(0o600);
    const dealer = await readConfig(configPath(target, 'dealer'));
    expect(dealer.share).toBe(join(target, 'shares/dealer'));
    expect(dealer.tls?.ca).toBe(join(target, 'certificates/ca.crt'));
    await writeConfigs(target, configs, { force: true });
    const share = join(target, 'shares/server0');
    expect(await readConfig(configPath(target, 'server0'))).toEqual({ ...configs.server0, share });
  });

  test('are not overwritten unless forced, not even one of them', async () => {
    writeFileSync(configPath(directory, 'dealer'), 'mine');
    const error = await rejection(writeConfigs(directory, configs));
    expect(error?.code).toBe('E_IO');
    expect(error?.message).toMatch(/dealer\.json exists.*--force/);
    expect(readdirSync(directory)).toEqual(['dealer.json']);
    expect(readFileSync(configPath(directory, 'dealer'), 'utf8')).toBe('mine');
    chmodSync(configPath(directory, 'dealer'), 0o644);
    await writeConfigs(directory, configs, { force: true });
    expect(statSync(configPath(directory, 'dealer')).mode & 0o777).toBe(0o600);
  });

  test('are written all or none', async () => {
    const before = { ...configs, client: undefined };
    await writeConfigs(directory, { server0: before.server0 });
    const old = readFileSync(configPath(directory, 'server0'), 'utf8');
    // A rename onto a directory fails, after the files of earlier roles are in place.
    mkdirSync(join(directory, 'blocked'));
    const broken = Object.defineProperty({ ...createConfigs(local) }, 'dealer', {
      get: () => (obstruct(), configs.dealer),
      enumerable: true,
    });
    const obstruct = () => existsSync(configPath(directory, 'dealer')) || mkdirSync(configPath(directory, 'dealer'));
    const error = await rejection(writeConfigs(directory, broken as Record<Role, never>, { force: true }));
    expect(error?.code).toBe('E_IO');
    expect(error?.message).toMatch(/nothing was changed/);
    expect(readdirSync(directory).sort()).toEqual(['blocked', 'dealer.json', 'server0.json']);
    expect(readFileSync(configPath(directory, 'server0'), 'utf8')).toBe(old);
  });

  test('may begin with a byte order mark', async () => {
    const path = join(directory, 'dealer.json');
    writeFileSync(path, `\ufeff${JSON.stringify(configs.dealer)}`);
    expect(await readConfig(path)).toMatchObject({ role: 'dealer', seeds: configs.dealer.seeds });
  });

  test('that are missing or not JSON say what to do, without their text', async () => {
    const missing = await rejection(readConfig(join(directory, 'none.json')));
    expect(missing).toMatchObject({ code: 'E_IO' });
    expect(missing?.message).toMatch(/none\.json cannot be read \(ENOENT\).*comet init/);
    writeFileSync(join(directory, 'bad.json'), '{"seeds": deadbeef');
    const bad = await rejection(readConfig(join(directory, 'bad.json')));
    expect(bad).toMatchObject({ code: 'E_CONFIG' });
    expect(bad?.message).not.toMatch(/deadbeef/);
  });
});
