/** Deployments of the tiny model: files, processes, and the same session again in one thread. */
import { hexToBytes } from '@noble/hashes/utils.js';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderSource } from '../../ts/checkpoint/node/folder.js';
import { RemoteClient } from '../../ts/client/remote.js';
import { type ListeningRole, ROLES } from '../../ts/core/config.js';
import { loadKernels } from '../../ts/kernels/load.js';
import { configPath, readConfig } from '../../ts/net/node/config-files.js';
import { dialer } from '../../ts/net/node/connect.js';
import type { Session } from '../../ts/net/session.js';
import { Transcript } from '../../ts/observe/transcript.js';
import { LocalParties } from '../../ts/parties/local.js';
import type { PairSeeds } from '../../ts/parties/roles.js';
import { readManifest, readMasked, readMaskSeeds } from '../../ts/provision/node/files.js';
import type { MaskedTensor, MaskSeeds } from '../../ts/weights/tensors.js';
import { editJson, tinyModel, tinyPredictors } from './fixture-model.js';
import { freePorts, lastJson, type Running, startIn, startProgram } from './processes.js';
import type { Density } from './random-predictors.js';
import { NODE, type Runtime } from './runtimes.js';

export const HOSTED = ['server0', 'server1', 'dealer'] as const;

const CLIENT = fileURLToPath(new URL('client.mjs', import.meta.url));

/** Limits that let a test see an absence soon. */
const limits = { connectMs: 1500, rendezvousMs: 2500, helloMs: 1500 };

/** What a client said of a session; bytes are hexadecimal. See say.mjs. */
export interface Said {
  readonly session: string;
  readonly nonces: Readonly<Record<(typeof ROLES)[number], string>>;
  readonly maskSeeds: Readonly<Record<'server0' | 'server1', string>>;
  readonly tokens: readonly number[];
  /** Types of the events that the client heard. */
  readonly told: readonly string[];
}

/** Configurations and shares of the tiny model below `dir`, made by `runtime`; with a density, of a sparse one. */
export async function makeDeployment(dir: string, runtime: Runtime = NODE, density?: Density): Promise<string> {
  const base = join(dir, 'deployment');
  const model = tinyModel(join(dir, 'tiny'));
  if (density) tinyPredictors(model, density);
  const made = await startIn(runtime, 'init', base, '--base-port', String(await freePorts())).finished;
  expect(made).toMatchObject({ code: 0 });
  const shared = await startIn(runtime, 'share', model, '--out', join(base, 'shares'), '--json').finished;
  expect(shared).toMatchObject({ code: 0 });
  expect(lastJson(shared)).toMatchObject({ schemaVersion: 1, provisioning: expect.stringMatching(/^[0-9a-f]{16}$/) });
  return base;
}

/** A deployment again in `dir`, on ports of its own. */
export async function copyDeployment(base: string, dir: string): Promise<string> {
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

export type Served = Readonly<Record<ListeningRole, Running>>;

export const serve = (dir: string, role: ListeningRole, runtime: Runtime = NODE, ...options: string[]): Running =>
  startIn(runtime, 'serve', role, '--config', configPath(dir, role), '--json', '--transcript', ...options);

export const listening = (running: Running) =>
  running.until(({ events }) => events.some(({ type }) => type === 'listening'));

/** Servers and dealer, listening; in Node where `runtimes` names no other. */
export async function serveAll(dir: string, runtimes: Partial<Record<ListeningRole, Runtime>> = {}): Promise<Served> {
  const [server0, server1, dealer] = HOSTED.map((role) => serve(dir, role, runtimes[role]));
  await Promise.all([server0, server1, dealer].map(listening));
  return { server0, server1, dealer };
}

/** Runs the client of tests/support/client.mjs in `runtime`. */
export async function sayIn(runtime: Runtime, dir: string, prompt: string, tokens: number): Promise<Said> {
  const ran = await startProgram(runtime, CLIENT, configPath(dir, 'client'), prompt, String(tokens)).finished;
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return lastJson(ran) as unknown as Said;
}

/** The digests that servers and dealer report for a session. */
export async function transcriptsOf(served: Served, { session }: Said): Promise<unknown[]> {
  const ended = (running: Running) =>
    running.until(({ events }) => events.find((event) => event.session === session && event.state === 'ended'));
  return (await Promise.all(HOSTED.map((role) => ended(served[role])))).map(({ transcript }) => transcript);
}

/** The parties of a deployment's files in this thread; they repeat sessions. */
export class Repeater {
  private constructor(
    private readonly parties: LocalParties,
    private readonly client: RemoteClient,
  ) {}

  static async load(dir: string): Promise<Repeater> {
    const share = (role: string) => join(dir, 'shares', role);
    const manifest = await readManifest(share('server0'));
    const tensors: MaskedTensor[] = [];
    for await (const tensor of readMasked(share('server0'), manifest))
      tensors.push({ ...tensor, bytes: tensor.bytes.slice() });
    const [server0, server1, dealer] = await Promise.all(HOSTED.map((role) => pairSeeds(dir, role)));
    const seeds = (await readMaskSeeds(share('dealer'))) as MaskSeeds;
    const pairs = { server0, server1, dealer };
    const parties = await LocalParties.start(await loadKernels(), manifest, seeds, tensors, pairs);
    const channel = dialer(await readConfig(configPath(dir, 'client')));
    return new Repeater(parties, await RemoteClient.load(folderSource(share('client')), channel));
  }

  /** Bits that the latest session opened in the clear. */
  get revealed(): number[] {
    return this.parties.parties.server0.counts().revealed.flatMap(({ bits }) => [...bits]);
  }

  /** The session that a client spoke of, again: its tokens, and the digests of servers and dealer. */
  async repeat({ session, nonces, maskSeeds }: Said, prompt: string, maxTokens: number) {
    const transcripts: Partial<Record<ListeningRole, Transcript>> = {};
    const replay = (role: ListeningRole) => ({
      fixed: { nonce: hexToBytes(nonces[role]) },
      observe: (inner: Session) => (transcripts[role] = new Transcript(inner)).session,
    });
    const [server0, server1, dealer] = HOSTED.map(replay);
    const seeds = { server0: hexToBytes(maskSeeds.server0), server1: hexToBytes(maskSeeds.server1) };
    const client = { nonce: hexToBytes(nonces.client), maskSeeds: seeds };
    const opened = await this.parties.open({}, { session: hexToBytes(session), client, server0, server1, dealer });
    const tokens: number[] = [];
    const open = { value: () => Promise.resolve(opened.session) };
    const repeating = Object.create(this.client, { open }) as RemoteClient;
    for await (const { id } of repeating.generate({ prompt, maxTokens })) tokens.push(id);
    await opened.served;
    return { tokens, transcripts: HOSTED.map((role) => transcripts[role]!.digest()) };
  }
}

async function pairSeeds(dir: string, role: ListeningRole): Promise<PairSeeds> {
  const { seeds } = await readConfig(configPath(dir, role));
  return Object.fromEntries(Object.entries(seeds).map(([peer, seed]) => [peer, hexToBytes(seed)]));
}
