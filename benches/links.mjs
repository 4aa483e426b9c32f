// One decoder layer of OPT-125M's shape, decoded at context 33 by server 0, server 1, dealer and client as processes of
// their own; the slower networks are proxies with their delay and rate, one for each link: `npm run bench:links`.
// Options: --shape NAME, --context N, --tokens N (steps measured), --node-options OPTIONS (of the runtime of all four; the README says why), --json.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { atMost } from '../dist/bench/timing.js';
import { table } from '../dist/cli/output.js';
import { createConfigs, writeConfigs } from '../dist/index.js';
import { loadKernels } from '../dist/kernels/load.js';
import { planModel } from '../dist/provision/owner.js';
import { writeShares } from '../dist/provision/node/files.js';
import { syntheticModel } from '../dist/provision/synthetic.js';
import { shapeOf } from '../dist/plan/shapes.js';
import { memoryOf } from './memory.mjs';
import { SlowLinks } from './slow-link.mjs';

/** Networks: one-way delay, rate of each direction of each link, and what the layer may take for a decoded token. */
const PROFILES = [
  { name: 'loopback', delayMs: 0, bytesPerSecond: Infinity, layerMs: 28 },
  { name: '1 Gbps, 1 ms round trip', delayMs: 0.5, bytesPerSecond: 125e6, layerMs: 46 },
  { name: '100 Mbps, 40 ms round trip', delayMs: 20, bytesPerSecond: 12.5e6, layerMs: 400 },
];
const PREFILL_MS = 400;
/** After so many tokens the parties' runtimes have compiled what runs for every one of them. */
const WARM_STEPS = 128;
const MEGABYTES = 150;
const LISTENERS = ['server0', 'server1', 'dealer'];

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const { values } = parseArgs({
  options: {
    shape: { type: 'string', default: 'opt-125m' },
    context: { type: 'string', default: '33' },
    tokens: { type: 'string', default: '32' },
    'node-options': { type: 'string', default: '--v8-pool-size=1' },
    json: { type: 'boolean', default: false },
  },
});
const { shape, json, 'node-options': nodeOptions } = values;
const [context, tokens] = [values.context, values.tokens].map(Number);

const processes = [];
const links = new SlowLinks(PROFILES[0]);
const folder = await mkdtemp(join(tmpdir(), 'comet-links-'));
try {
  const report = await measure();
  if (json) console.log(JSON.stringify({ schemaVersion: 1, ...report }));
  console.error(describe(report));
} finally {
  for (const child of processes) child.kill('SIGKILL');
  await links.stop();
  await rm(folder, { recursive: true, force: true });
}

async function measure() {
  await provision();
  const bare = await bareBytes();
  const [loopback, ...networks] = PROFILES;
  const runs = [await measureOver([loopback], false), await measureOver(networks, true)];
  const memory = mostOf(runs.map((run) => run.memory));
  for (const [role, used] of Object.entries(memory)) {
    for (const key of Object.keys(used)) used[key] -= bare;
    used.target = atMost(role, used.peakBytes / 1e6, MEGABYTES);
  }
  const { prefillMs } = runs[0].networks[0];
  const prefill = { rows: context - 1, prefillMs, target: atMost('prefill', prefillMs, PREFILL_MS) };
  const all = runs.flatMap((run) => run.networks);
  return { shape, layers: 1, context, tokens, nodeOptions, networks: all, prefill, bareBytes: bare, memory };
}

/** Times of networks, one after the other, between the same processes; `proxied`, or with nothing between these but the system's loopback. */
async function measureOver(profiles, proxied) {
  const configs = await configure(proxied);
  const parties = Object.fromEntries(
    await Promise.all(LISTENERS.map(async (role) => [role, await serve(role, configs[role])])),
  );
  const client = (steps) => run([file('links-client.mjs'), configs.client, String(context), String(steps)]);
  links.quality = PROFILES[0];
  console.error(`warming up${proxied ? ', through proxies' : ''} ...`);
  await client(WARM_STEPS);
  const [networks, memory] = [[], {}];
  for (const { name, layerMs: bound, ...quality } of profiles) {
    links.quality = quality;
    console.error(`${name} ...`);
    const { prefillMs, layerMs, tokenMs, ...used } = await client(tokens);
    networks.push({ name, prefillMs, layerMs, tokenMs, target: atMost(name, layerMs, bound) });
    memory.client = used;
  }
  for (const role of LISTENERS) memory[role] = await memoryOf(parties[role].pid);
  for (const party of Object.values(parties)) {
    party.kill();
    await once(party, 'close');
  }
  return { networks, memory };
}

/** Each party's largest figures. */
function mostOf(memories) {
  const most = (role, key) => Math.max(...memories.map((memory) => memory[role][key]));
  const figures = (role) => ({ residentBytes: most(role, 'residentBytes'), peakBytes: most(role, 'peakBytes') });
  return Object.fromEntries(Object.keys(memories[0]).map((role) => [role, figures(role)]));
}

/** A model of one layer with random weights, masked for each party. */
async function provision() {
  const kernels = await loadKernels();
  const { model, calibration } = await syntheticModel(kernels, { ...shapeOf(shape), layers: 1, context, vocab: 64 });
  const planned = planModel(kernels, model, calibration, undefined, randomBytes(32));
  // A client's share has a tokeniser; this bench sends token numbers.
  const files = ['tokenizer.json', 'tokenizer_config.json'];
  const tokenizer = new Map(files.map((name) => [name, readFileSync(file(`../tests/fixtures/tiny-opt/${name}`))]));
  await writeShares(kernels, { name: shape, ...planned, tokenizer, ends: [] }, join(folder, 'shares'));
}

/** Configurations in which parties reach each other, `proxied` through proxies. @returns paths by role */
async function configure(proxied) {
  const configs = createConfigs({ host: '127.0.0.1', basePort: await freePorts() });
  for (const config of Object.values(configs)) {
    // A proxy of its own for each link.
    for (const peer of proxied ? Object.keys(config.peers) : []) {
      config.peers[peer] = `ws://127.0.0.1:${await links.to(configs[peer].listen.port)}`;
    }
    config.limits.connectMs = 60_000;
  }
  const out = join(folder, proxied ? 'proxied' : 'direct');
  await mkdir(out);
  await symlink(join(folder, 'shares'), join(out, 'shares'));
  const paths = await writeConfigs(out, configs);
  return Object.fromEntries(Object.keys(configs).map((role, i) => [role, paths[i]]));
}

/** Three ports in a row that nobody listens at. */
async function freePorts() {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 20_000);
    const free = await Promise.all([0, 1, 2].map((i) => isFree(base + i)));
    if (free.every(Boolean)) return base;
  }
}

async function isFree(port) {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Starts a party and waits until it listens. */
async function serve(role, config) {
  const command = [file('../bin/comet.mjs'), 'serve', role, '--config', config, '--json'];
  const child = start(command);
  for await (const line of createInterface(child.stdout)) {
    if (JSON.parse(line).type === 'listening') {
      child.stdout.resume();
      return child;
    }
  }
  throw new Error(`${role} ended before it listened`);
}

/** Runs a program to its end. @returns the JSON of its last line */
async function run(command) {
  const child = start(command);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => (text += part));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command[0]} failed`);
  return JSON.parse(text.trimEnd().split('\n').at(-1));
}

function start(command) {
  const env = { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} ${nodeOptions}`.trim() };
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'], env });
  processes.push(child);
  return child;
}

/** Peak memory of the runtime with nothing in it. */
async function bareBytes() {
  const child = start(['-e', 'console.log(); setInterval(() => {}, 1e6)']);
  await once(child.stdout, 'data');
  const { peakBytes } = await memoryOf(child.pid);
  child.kill();
  return peakBytes;
}

function describe({ networks, prefill, memory }) {
  const met = (target) => (target.met ? 'met' : 'MISSED');
  const ms = (value) => `${value.toFixed(1)} ms`;
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;
  const times = table([
    ['one decoded token', 'the layer', 'with the way to the client', 'wanted', ''],
    ...networks.map(({ name, layerMs, tokenMs, target }) => [
      name,
      ms(layerMs),
      ms(tokenMs),
      `at most ${target.bound} ms`,
      met(target),
    ]),
    [
      `prefill of ${prefill.rows}, loopback`,
      ms(prefill.prefillMs),
      '',
      `at most ${PREFILL_MS} ms`,
      met(prefill.target),
    ],
  ]);
  const used = table([
    [
      `memory above the bare runtime${nodeOptions && ` (NODE_OPTIONS=${nodeOptions})`}`,
      'at the end',
      'at most',
      'wanted',
      '',
    ],
    ...Object.entries(memory).map(([role, { residentBytes, peakBytes, target }]) => [
      role,
      megabytes(residentBytes),
      megabytes(peakBytes),
      `at most ${MEGABYTES} MB`,
      met(target),
    ]),
  ]);
  return `${times}\n\n${used}`;
}
