/** Four operating-system processes over real sockets: the same session as in one thread, and what failures do to it. */
import { hexToBytes } from '@noble/hashes/utils.js';
import { cpSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { ROLES, type ListeningRole } from '../ts/core/config.js';
import { generateOver } from '../ts/generate.js';
import { loadKernels } from '../ts/kernels/load.js';
import { folderSource } from '../ts/model/node/folder.js';
import { Sampler } from '../ts/model/sampling.js';
import { loadTokenizer } from '../ts/model/tokenizer.js';
import { configPath, readConfig } from '../ts/net/node/config-files.js';
import { dialer } from '../ts/net/node/connect.js';
import { openSession } from '../ts/net/open.js';
import { type Session, sessionName } from '../ts/net/session.js';
import { Transcript } from '../ts/net/transcript.js';
import { ClientSession } from '../ts/parties/client.js';
import { LocalParties } from '../ts/parties/local.js';
import { clientModel } from '../ts/parties/owner.js';
import type { PairSeeds } from '../ts/parties/roles.js';
import { readManifest, readMasked, readMaskSeeds, readTables } from '../ts/provision/files.js';
import { provisioningId } from '../ts/provision/manifest.js';
import type { MaskedTensor, MaskSeeds } from '../ts/provision/mask.js';
import { editJson, temporaryFolder, tinyModel } from './support/fixture-model.js';
import { comet, expectFailure, freePorts, lastJson, type Running, start, stopAll } from './support/processes.js';

const HOSTED = ['server0', 'server1', 'dealer'] as const;
const PROMPT = 'a prompt that nobody repeats';
const folder = temporaryFolder();
let base: string;
let copies = 0;

/** Limits that let a test see an absence soon. */
const limits = { connectMs: 1500, rendezvousMs: 2500, helloMs: 1500 };

beforeAll(async () => {
  base = join(folder.dir, 'deployment');
  const model = tinyModel(join(folder.dir, 'tiny'));
  const made = await comet('init', base, '--base-port', String(await freePorts()));
  expect(made).toMatchObject({ code: 0 });
  const shared = await comet('share', model, '--out', join(base, 'shares'), '--json');
  expect(shared).toMatchObject({ code: 0 });
  expect(lastJson(shared)).toMatchObject({ schemaVersion: 1, provisioning: expect.stringMatching(/^[0-9a-f]{16}$/) });
});
afterEach(stopAll);
afterAll(() => folder.remove());

/** The deployment again, on ports of its own. */
async function deployment(): Promise<string> {
  const dir = join(folder.dir, `copy${copies++}`);
  cpSync(base, dir, { recursive: true });
  const first = await freePorts();
  for (const role of ROLES) {
    editJson(configPath(dir, role), (config) => {
      config.limits = { ...(config.limits as object), ...limits };
      if (role !== 'client') config.listen = { host: '127.0.0.1', port: first + HOSTED.indexOf(role) };
      for (const peer of Object.keys(config.peers as object))
        (config.peers as Record<string, string>)[peer] =
          `ws://127.0.0.1:${first + HOSTED.indexOf(peer as ListeningRole)}`;
    });
  }
  return dir;
}

const serve = (dir: string, role: ListeningRole): Running =>
  start('serve', role, '--config', configPath(dir, role), '--json', '--transcript');
const listening = (running: Running) => running.until(({ events }) => events.some(({ type }) => type === 'listening'));
async function serveAll(dir: string): Promise<Record<ListeningRole, Running>> {
  const servers = { server0: serve(dir, 'server0'), server1: serve(dir, 'server1'), dealer: serve(dir, 'dealer') };
  await Promise.all(Object.values(servers).map(listening));
  return servers;
}
const generate = (dir: string, prompt = PROMPT, tokens = 6) =>
  comet('generate', prompt, '--config', configPath(dir, 'client'), '--max-tokens', String(tokens), '--json');
const begin = (dir: string) =>
  start('generate', 'abc', '--config', configPath(dir, 'client'), '--max-tokens', '60', '--temperature', '2');
const expectText = ({ code, stdout, stderr }: Awaited<ReturnType<typeof generate>>): unknown => {
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return lastJson({ stdout }).text;
};

/** Greedy tokens over an open session. */
async function tokensOf(session: Session, dir: string): Promise<number[]> {
  const kernels = await loadKernels();
  const share = join(dir, 'shares', 'client');
  const manifest = await readManifest(share);
  const model = clientModel(kernels, manifest, await readTables(share, manifest));
  const [server0, server1, dealer] = HOSTED.map((role) => session.link(role));
  const maskKeys = [session.maskSeeds.server0!, session.maskSeeds.server1!] as const;
  const client = new ClientSession(model, { server0, server1, dealer, maskKeys });
  const tokenizer = await loadTokenizer(folderSource(share));
  const request = { prompt: PROMPT, maxTokens: 6 };
  const ids: number[] = [];
  for await (const { id } of generateOver(client, tokenizer, new Sampler(kernels, {}), request, manifest.plan))
    ids.push(id);
  client.end();
  return ids;
}

/** The parties of a deployment's files, in this thread. */
async function localParties(dir: string): Promise<LocalParties> {
  const share = (role: string) => join(dir, 'shares', role);
  const manifest = await readManifest(share('server0'));
  const tensors: MaskedTensor[] = [];
  for await (const tensor of readMasked(share('server0'), manifest)) tensors.push(tensor);
  const seedsOf = async (role: ListeningRole): Promise<PairSeeds> => {
    const { seeds } = await readConfig(configPath(dir, role));
    return Object.fromEntries(Object.entries(seeds).map(([peer, seed]) => [peer, hexToBytes(seed)]));
  };
  const pairs = {
    server0: await seedsOf('server0'),
    server1: await seedsOf('server1'),
    dealer: await seedsOf('dealer'),
  };
  const seeds = (await readMaskSeeds(share('dealer'))) as MaskSeeds;
  return LocalParties.start(await loadKernels(), manifest, seeds, tensors, pairs);
}

test('four processes say, byte for byte, what the parties of one thread say', async () => {
  const dir = await deployment();
  const servers = await serveAll(dir);
  const config = await readConfig(configPath(dir, 'client'));
  const provisioning = provisioningId(await readManifest(config.share!));
  const session = await openSession({ role: 'client', provisioning, limits: config.limits, channel: dialer(config) });
  const tokens = await tokensOf(session, dir);
  const name = sessionName(session.id);
  const ended = (running: Running) =>
    running.until(({ events }) => events.find((event) => event.session === name && event.state === 'ended'));
  const processes = await Promise.all(HOSTED.map((role) => ended(servers[role])));

  const parties = await localParties(dir);
  const transcripts: Partial<Record<ListeningRole, Transcript>> = {};
  const replayed = (role: ListeningRole) => ({
    fixed: { nonce: session.nonces[role] },
    observe: (inner: Session) => (transcripts[role] = new Transcript(inner)).session,
  });
  const again = await parties.open(
    {},
    {
      session: session.id,
      client: { nonce: session.nonces.client, maskSeeds: session.maskSeeds as Required<Session['maskSeeds']> },
      server0: replayed('server0'),
      server1: replayed('server1'),
      dealer: replayed('dealer'),
    },
  );
  expect(await tokensOf(again.session, dir)).toEqual(tokens);
  await again.served;
  const digests = HOSTED.map((role) => transcripts[role]!.digest());
  expect(digests).toEqual(processes.map(({ transcript }) => transcript));
  expect(new Set(digests).size).toBe(3);

  const other = await parties.open({}, { server0: replayed('server0') });
  expect(await tokensOf(other.session, dir)).toEqual(tokens);
  await other.served;
  expect(transcripts.server0!.digest()).not.toBe(digests[0]);
});

test('sessions side by side give the texts that they give alone; a killed client harms no other', async () => {
  const dir = await deployment();
  const servers = await serveAll(dir);
  const prompts = [PROMPT, 'another one'];
  const alone: unknown[] = [];
  for (const prompt of prompts) alone.push(expectText(await generate(dir, prompt)));
  const together = await Promise.all(prompts.map((prompt) => generate(dir, prompt)));
  expect(together.map(expectText)).toEqual(alone);

  const doomed = begin(dir);
  await doomed.until(({ stdout }) => stdout.length > 6);
  doomed.child.kill('SIGKILL');
  for (const role of HOSTED) {
    const failed = await servers[role].until(({ events }) => events.find(({ state }) => state === 'failed'));
    expect(failed).toMatchObject({ code: expect.stringMatching(/^E_PEER_LOST$/) });
  }
  expect(expectText(await generate(dir))).toBe(alone[0]);

  for (const role of HOSTED) {
    servers[role].child.kill('SIGTERM');
    const { code, signal, stderr, stdout } = await servers[role].finished;
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(stdout + stderr).not.toMatch(/^\s+at |nobody repeats/m);
  }
});

test.each(HOSTED)('%s killed in mid-generation: the client says so, the others serve on', async (role) => {
  const dir = await deployment();
  const servers = await serveAll(dir);
  const client = begin(dir);
  await client.until(({ stdout }) => stdout.length > 6);
  servers[role].child.kill('SIGKILL');
  expectFailure(await client.finished, 'E_PEER_LOST');
  await listening(serve(dir, role));
  expectText(await generate(dir, PROMPT, 2));
});

test('a server stopped in order in mid-generation tells the client', async () => {
  const dir = await deployment();
  const servers = await serveAll(dir);
  const client = begin(dir);
  await client.until(({ stdout }) => stdout.length > 6);
  servers.server1.child.kill('SIGINT');
  expectFailure(await client.finished, 'E_(ABORTED|PEER_LOST)');
});

test.each(HOSTED)('without %s the client says who is absent', async (role) => {
  const dir = await deployment();
  await Promise.all(HOSTED.filter((other) => other !== role).map((other) => listening(serve(dir, other))));
  expect(expectFailure(await generate(dir), 'E_PEER_ABSENT')).toContain(role);
});

test('a port in use, and the role started twice', async () => {
  const dir = await deployment();
  await listening(serve(dir, 'dealer'));
  expectFailure(await serve(dir, 'dealer').finished, 'E_PORT_IN_USE');
});

test('shares of another provisioning', async () => {
  const dir = await deployment();
  const other = join(dir, 'other');
  expect(await comet('share', join(folder.dir, 'tiny'), '--out', other)).toMatchObject({ code: 0 });
  editJson(configPath(dir, 'server1'), (config) => (config.share = 'other/server1'));
  await serveAll(dir);
  expectFailure(await generate(dir), 'E_PROVISIONING');
});

/** Passes bytes on, but for what `change` does to the first block that the client sends after the upgrade. */
function proxy(target: number, change: (block: Buffer) => Buffer): Promise<{ port: number; server: Server }> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    sockets.push(near, far);
    far.pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    let blocks = 0;
    near.on('data', (block: Buffer) => far.write(blocks++ === 1 ? change(block) : block));
    near.on('close', () => far.end());
  });
  server.on('close', () => sockets.forEach((socket) => socket.destroy()));
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve({ server, port: (server.address() as { port: number }).port })),
  );
}

/** Flips bits of a byte of the first masked WebSocket frame: an exclusive or goes through the mask. */
function flip(block: Buffer, at: number, bits: number): Buffer {
  const length = block[1] & 127;
  const head = (length === 126 ? 4 : 2) + 4;
  block[head + at] ^= bits;
  return block;
}

test.each([
  ['another version of the protocol', 4, 3, 'E_VERSION'],
  ['no magic', 0, 1, 'E_FRAME'],
  ['another length', 40, 1, 'E_FRAME'],
  ['an unknown kind', 6, 64, 'E_FRAME'],
  ['another provisioning', 8, 255, 'E_PROVISIONING'],
])('a hello with %s', async (_what, at, bits, code) => {
  const dir = await deployment();
  const servers = await serveAll(dir);
  const { listen } = await readConfig(configPath(dir, 'server1'));
  const { port, server } = await proxy(listen!.port, (block) => flip(block, at, bits));
  editJson(configPath(dir, 'client'), (config) => {
    (config.peers as Record<string, string>).server1 = `ws://127.0.0.1:${port}`;
  });
  try {
    expectFailure(await generate(dir), code);
  } finally {
    server.close();
    server.emit('close');
  }
  await servers.server1.until(({ events }) => events.some((event) => event.code === code));
});

test.each([
  ['masked.bin cut off', 'server0', 'E_PROVISIONING', (dir: string) => truncateSync(join(dir, 'masked.bin'), 1000)],
  [
    'a bit of masked.bin flipped',
    'server1',
    'E_PROVISIONING',
    (dir: string) => {
      const path = join(dir, 'masked.bin');
      const bytes = readFileSync(path);
      bytes[777] ^= 4;
      writeFileSync(path, bytes);
    },
  ],
  ['no manifest', 'dealer', 'E_PROVISIONING', (dir: string) => truncateSync(join(dir, 'manifest.json'), 0)],
  [
    'a manifest without a field',
    'server0',
    'E_PROVISIONING',
    (dir: string) => editJson(join(dir, 'manifest.json'), (manifest) => delete manifest.plan),
  ],
  [
    'a manifest of another format',
    'server0',
    'E_VERSION',
    (dir: string) => editJson(join(dir, 'manifest.json'), (manifest) => (manifest.format = 99)),
  ],
  ['seeds cut off', 'dealer', 'E_PROVISIONING', (dir: string) => truncateSync(join(dir, 'secret.json'), 40)],
  ['tables cut off', 'client', 'E_PROVISIONING', (dir: string) => truncateSync(join(dir, 'tables.bin'), 100)],
] as const)('a share with %s is refused', async (_what, role, code, damage) => {
  const dir = await deployment();
  damage(join(dir, 'shares', role));
  expectFailure(role === 'client' ? await generate(dir) : await serve(dir, role).finished, code);
});

test("a server's share given to the dealer, or to the other server", async () => {
  const dir = await deployment();
  const secret = readFileSync(join(dir, 'shares', 'server0', 'secret.json'), 'utf8').match(/[0-9a-f]{64}/)![0];
  for (const role of ['dealer', 'server1'] as const) {
    editJson(configPath(dir, role), (config) => (config.share = 'shares/server0'));
    const line = expectFailure(await serve(dir, role).finished, 'E_PROVISIONING');
    expect(line).not.toContain(secret);
  }
});

test('each party gets its own secrets and no more', () => {
  const files = (role: string) => readdirSync(join(base, 'shares', role)).sort();
  expect(files('dealer')).toEqual(['manifest.json', 'secret.json']);
  expect(files('server0')).toEqual(['manifest.json', 'masked.bin', 'secret.json']);
  expect(files('client')).toEqual(['manifest.json', 'tables.bin', 'tokenizer.json', 'tokenizer_config.json']);
  const secret = (role: string) =>
    Object.keys(JSON.parse(readFileSync(join(base, 'shares', role, 'secret.json'), 'utf8')) as object);
  expect([secret('server0'), secret('server1'), secret('dealer')]).toEqual([['seed0'], ['seed1'], ['seed0', 'seed1']]);
});
