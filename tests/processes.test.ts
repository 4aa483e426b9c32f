/** Four operating-system processes over real sockets: the same session as in one thread, and what failures do to it. */
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import type { PromptEvent } from '../ts/client/events.js';
import { RemoteClient } from '../ts/client/remote.js';
import { configPath, readConfig } from '../ts/net/node/config-files.js';
import { dialer } from '../ts/net/node/connect.js';
import {
  copyDeployment,
  HOSTED,
  listening,
  makeDeployment,
  Repeater,
  sayIn,
  serve,
  serveAll,
  transcriptsOf,
} from './support/deployment.js';
import { editJson, shrinkCalibration, temporaryFolder, tinyModel } from './support/fixture-model.js';
import { comet, expectFailure, lastJson, start, stopAll } from './support/processes.js';
import { NODE } from './support/runtimes.js';

const PROMPT = 'a prompt that nobody repeats';
const folder = temporaryFolder();
let base: string;
let copies = 0;

beforeAll(async () => (base = await makeDeployment(folder.dir)));
afterEach(stopAll);
afterAll(() => folder.remove());

const deployment = (): Promise<string> => copyDeployment(base, join(folder.dir, `copy${copies++}`));
const generate = (dir: string, prompt = PROMPT, tokens = 6) =>
  comet('generate', prompt, '--config', configPath(dir, 'client'), '--max-tokens', String(tokens), '--json');
const begin = (dir: string) =>
  start('generate', 'abc', '--config', configPath(dir, 'client'), '--max-tokens', '60', '--temperature', '2');
const expectText = ({ code, stdout, stderr }: Awaited<ReturnType<typeof generate>>): unknown => {
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return lastJson({ stdout }).text;
};

/** A text of four processes, which the parties of one thread must repeat byte for byte. */
async function sayInBoth(dir: string) {
  const servers = await serveAll(dir);
  const said = await sayIn(NODE, dir, PROMPT, 6);
  const transcripts = await transcriptsOf(servers, said);
  const thread = await Repeater.load(dir);
  expect(await thread.repeat(said, PROMPT, 6)).toEqual({ tokens: said.tokens, transcripts });
  expect(new Set(transcripts).size).toBe(3);
  return { said, transcripts, thread };
}

test('four processes say, byte for byte, what the parties of one thread say', async () => {
  const dir = await deployment();
  const { said, transcripts, thread } = await sayInBoth(dir);

  const nonces = { ...said.nonces, server1: said.nonces.server0 };
  const other = await thread.repeat({ ...said, nonces }, PROMPT, 6);
  expect(other.tokens).toEqual(said.tokens);
  expect(other.transcripts[0]).not.toBe(transcripts[0]);
});

describe('of a sparse model', () => {
  const sparse = temporaryFolder();
  let made: string;
  beforeAll(async () => (made = await makeDeployment(sparse.dir, NODE, { neurons: 0.7, heads: 0.6 })));
  afterAll(() => sparse.remove());

  test('four processes say, byte for byte, what the parties of one thread say', async () => {
    const dir = await copyDeployment(made, join(sparse.dir, 'copy'));
    const { thread } = await sayInBoth(dir);
    const whole = await comet(
      'generate',
      PROMPT,
      '--config',
      configPath(dir, 'client'),
      '--max-tokens',
      '6',
      '--json',
      '--dense',
    );
    expect(whole).toMatchObject({ code: 0 });
    const summary = lastJson(await generate(dir));
    expect(summary).toMatchObject({ mode: 'sparse', source: 'bound', tokens: 6 });
    expect(lastJson(whole)).toMatchObject({ mode: 'dense', source: 'ledger', rounds: summary.rounds });

    // Of two layers' neurons and the second layer's heads some were left out, in a step of the prompt and in five more.
    const { revealed } = thread;
    expect(revealed).toHaveLength(((summary.promptTokens as number) + 5) * (2 * 64 + 4));
    const part = revealed.reduce((sum, bit) => sum + bit, 0) / revealed.length;
    expect(part).toBeGreaterThan(0.1);
    expect(part).toBeLessThan(0.9);
  });

  test('limits that "comet serve" is given hold', async () => {
    const dir = await copyDeployment(made, join(sparse.dir, 'limited'));
    const servers = HOSTED.map((role) => serve(dir, role, NODE, '--max-epochs', '0', '--idle-timeout', '1'));
    await Promise.all(servers.map(listening));
    expect(expectFailure(await generate(dir), 'E_LIMIT')).toMatch(/more than the 0 epochs/);

    const config = await readConfig(configPath(dir, 'client'));
    const silent = await RemoteClient.load(folderSource(config.share!), dialer(config));
    const session = await silent.open();
    expect(await session.ended).toMatchObject({
      code: 'E_TIMEOUT',
      message: expect.stringMatching(/nothing came for 1 s/),
    });
    for (const server of servers) await server.until(({ events }) => events.some(({ code }) => code === 'E_TIMEOUT'));
  });
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

test('who comes when all places are taken is told so, and served when one is free', async () => {
  const dir = await deployment();
  await Promise.all(HOSTED.map((role) => listening(serve(dir, role, NODE, '--max-sessions', '1'))));
  const config = await readConfig(configPath(dir, 'client'));
  const first = await RemoteClient.load(folderSource(config.share!), dialer(config));
  const conversation = await first.converse();
  const say = async (prompt: string): Promise<number> => {
    let reused = -1;
    const onEvent = (event: PromptEvent) => event.type === 'summary' && (reused = event.reusedTokens);
    const answer = conversation.generate({ prompt, maxTokens: 2, onEvent });
    while (!(await answer.next()).done);
    return reused;
  };
  expect(await say('a text')).toBe(0);
  expect(expectFailure(await generate(dir), 'E_LIMIT')).toMatch(
    /already has 1 session: try again later.*--max-sessions/,
  );
  expect(await say('a text that goes on')).toBeGreaterThan(0); // it harmed nobody
  conversation.end();
  let again = await generate(dir);
  for (let i = 0; i < 20 && again.code !== 0; i++) again = await generate(dir); // until all parties have seen it end
  expectText(again);
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

test.each(HOSTED)('%s stopped in order in mid-generation: all others hear that, whoever tells them', async (role) => {
  const dir = await deployment();
  const servers = await serveAll(dir);
  const client = begin(dir);
  await client.until(({ stdout }) => stdout.length > 6);
  servers[role].child.kill('SIGTERM');
  expect(expectFailure(await client.finished, 'E_ABORTED')).toContain(`${role} was stopped where it runs`);
  for (const other of HOSTED.filter((one) => one !== role)) {
    const failed = await servers[other].until(({ events }) => events.find(({ state }) => state === 'failed'));
    expect(failed).toMatchObject({ code: 'E_ABORTED', message: expect.stringContaining(`${role} was stopped`) });
  }
});

test('a text beyond the calibrated range: the client says where, all others hear that it stopped, and serve on', async () => {
  const model = tinyModel(join(folder.dir, 'unlike'));
  expect(await comet('model', 'calibrate', model)).toMatchObject({ code: 0 });
  shrinkCalibration(model);
  const dir = await deployment();
  const shared = await comet('share', model, '--out', join(dir, 'shares'), '--force');
  expect(shared).toMatchObject({ code: 0 });
  const servers = await serveAll(dir);
  const said = expectFailure(await generate(dir), 'E_RANGE');
  expect(said).toMatch(
    /(the attention weights of layer \d|the final state) at position \d+ .*calibrate on text like it/,
  );
  for (const role of HOSTED) {
    const failed = await servers[role].until(({ events }) => events.find(({ state }) => state === 'failed'));
    const message = expect.stringMatching(/^\w+ gave up: its own log has the reason\.$/); // whoever relays it
    expect(failed).toMatchObject({ code: 'E_ABORTED', message });
    expect(servers[role].stdout + servers[role].stderr).not.toMatch(/range|position|layer/);
  }
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

type Sized = { shape: { vocab: number } };

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
  [
    'a byte more in masked.bin',
    'server1',
    'E_PROVISIONING',
    (dir: string) => appendFileSync(join(dir, 'masked.bin'), 'x'),
  ],
  [
    'a manifest with another vocabulary',
    'client',
    'E_PROVISIONING',
    (dir: string) => editJson(join(dir, 'manifest.json'), (manifest) => (manifest.plan as Sized).shape.vocab++),
  ],
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

test('a server takes no share with the mask of the other in it', async () => {
  const dir = await deployment();
  const secret = join(dir, 'shares', 'server0', 'secret.json');
  writeFileSync(secret, readFileSync(join(dir, 'shares', 'dealer', 'secret.json')));
  expect(expectFailure(await serve(dir, 'server0').finished, 'E_PROVISIONING')).toContain('not the share of server0');
});

test.each([['SIGINT'], ['SIGTERM']] as const)('%s while a server loads stops it', async (signal) => {
  const dir = await deployment();
  const server = serve(dir, 'server0');
  await server.until(({ events }) => events.some(({ type }) => type === 'memory'));
  server.child.kill(signal);
  expect(await server.finished).toMatchObject({ code: expect.any(Number), signal: null });
});

test('a server whose events nobody reads any more stops', async () => {
  const dir = await deployment();
  const server = serve(dir, 'server0');
  await server.until(({ events }) => events.some(({ type }) => type === 'memory'));
  server.child.stdout.destroy();
  expect(await server.finished).toMatchObject({ code: 141, stderr: '' });
});

test('an address that cannot be used is refused before anything is loaded', async () => {
  const dir = await deployment();
  writeFileSync(join(dir, 'shares', 'server0', 'manifest.json'), '');
  editJson(configPath(dir, 'server0'), (config) => (config.listen = { host: '10.1.2.3', port: 7000 }));
  expectFailure(await serve(dir, 'server0').finished, 'E_INSECURE_LINK');
});

test('each party gets its own secrets and no more', () => {
  const files = (role: string) => readdirSync(join(base, 'shares', role)).sort();
  expect(files('dealer')).toEqual(['manifest.json', 'secret.json']);
  expect(files('server0')).toEqual(['manifest.json', 'masked.bin', 'secret.json']);
  const client = ['generation_config.json', 'manifest.json', 'tables.bin', 'tokenizer.json', 'tokenizer_config.json'];
  expect(files('client')).toEqual(client);
  const secret = (role: string) =>
    Object.keys(JSON.parse(readFileSync(join(base, 'shares', role, 'secret.json'), 'utf8')) as object);
  expect([secret('server0'), secret('server1'), secret('dealer')]).toEqual([['seed0'], ['seed1'], ['seed0', 'seed1']]);
});
