/** A server or the dealer as a process of its own: loads its share once, serves many sessions. */
import { hexToBytes } from '@noble/hashes/utils.js';
import type { Config, ListeningRole } from '../../core/config.js';
import { CometError } from '../../core/errors.js';
import { pause } from '../../core/pause.js';
import { Tables } from '../../gates/tables.js';
import { loadKernels } from '../../kernels/load.js';
import { KernelPool } from '../../kernels/pool.js';
import { checkListening, listen, type Listener } from '../../net/node/listen.js';
import type { Authorize } from '../../net/rendezvous.js';
import { type Session, sessionName } from '../../net/session.js';
import { Transcript } from '../../observe/transcript.js';
import type { EpochBegun } from '../../plan/epoch.js';
import { provisioningId, provisioningName } from '../../provision/manifest.js';
import { extrasOf, type MemoryEvent } from '../../provision/memory.js';
import { readManifest, readMasked, readMaskSeeds } from '../../provision/node/files.js';
import { admit } from '../../provision/node/machine.js';
import { Batcher } from '../../run/batch.js';
import { DealerMatrices } from '../../weights/dealer-weights.js';
import { inThread, type Place } from '../../weights/place.js';
import { pooled } from '../../weights/pooled.js';
import { ServerMatrices } from '../../weights/server-weights.js';
import { type MaskSeeds, tensorIds } from '../../weights/tensors.js';
import { type PairSeeds, runDealer, runServer, sessionLimits, type Watch } from '../roles.js';

/** What a party tells whoever runs it. Session names are public. */
export type ServeEvent =
  | { readonly type: 'progress'; readonly stage: string; readonly done: number; readonly total: number }
  | MemoryEvent
  | { readonly type: 'listening'; readonly host: string; readonly port: number; readonly provisioning: string }
  | ({ readonly type: 'epoch'; readonly session: string } & EpochBegun)
  | {
      readonly type: 'session';
      readonly session: string;
      readonly state: 'opened' | 'ended' | 'failed';
      readonly code?: string;
      readonly message?: string;
      /** Of a session that ended in order, where asked for: SHA-256 of its openings and tape. */
      readonly transcript?: string;
    };

export interface ServeOptions {
  readonly authorize?: Authorize;
  readonly onEvent?: (event: ServeEvent) => void;
  /** Worker threads for the products; 0 computes in the party's own thread. */
  readonly threads?: number;
  /** Report a digest of each session's openings and tape, to compare runs. */
  readonly transcript?: boolean;
  readonly signal?: AbortSignal;
}

type Run = (session: Session, watch: Watch) => Promise<void>;

/** Starts a role and resolves once it listens. @throws CometError E_CONFIG, E_PROVISIONING, E_PORT_IN_USE, E_INSECURE_LINK ... */
export async function serveRole(role: ListeningRole, config: Config, options: ServeOptions = {}): Promise<Listener> {
  if (config.role !== role)
    throw new CometError('E_CONFIG', `this is the configuration of ${config.role}, not of ${role}`);
  if (!config.share)
    throw new CometError('E_CONFIG', `the configuration of ${role} names no share directory ("share")`);
  const { onEvent = () => {}, signal } = options;
  await checkListening(config);
  const manifest = await readManifest(config.share);
  admit(manifest.plan.shape, [role], {
    limit: config.limits.memoryBytes,
    threads: options.threads,
    ...extrasOf(manifest.plan),
    onMemory: (use) => onEvent({ type: 'memory', ...use }),
  });
  const pool = options.threads ? await KernelPool.start(options.threads) : undefined;
  try {
    const run = await loadRole(role, config, pool ? pooled(pool) : inThread, options);
    const listener = await listen(config, {
      provisioning: provisioningId(manifest),
      authorize: options.authorize,
      onSession: (session) => void serveOne(run, session, options),
      onFailure: ({ code, message }) => onEvent({ type: 'session', session: '', state: 'failed', code, message }),
    });
    onEvent({ type: 'listening', host: listener.host, port: listener.port, provisioning: provisioningName(manifest) });
    const end = async (error?: CometError): Promise<void> => {
      await listener.close(error);
      await pool?.terminate();
    };
    let ending: Promise<void> | undefined;
    const close = (error?: CometError): Promise<void> => (ending ??= end(error)); // the signal and the caller may both ask
    signal?.addEventListener('abort', () => void close(), { once: true });
    if (signal?.aborted) await close();
    return { ...listener, close };
  } catch (error) {
    await pool?.terminate();
    throw error;
  }
}

/** Loads the role's share. */
async function loadRole(
  role: ListeningRole,
  config: Config,
  place: Place,
  { onEvent = () => {}, signal }: ServeOptions,
): Promise<Run> {
  const kernels = await loadKernels();
  const dir = config.share!;
  const manifest = await readManifest(dir);
  const { plan } = manifest;
  const provisioning = provisioningId(manifest);
  const seeds = await readMaskSeeds(dir);
  const needed = { server0: ['seed0'], server1: ['seed1'], dealer: ['seed0', 'seed1'] }[role] as (keyof MaskSeeds)[];
  // One more seed would give a server the other's mask, and with it the weights.
  if (Object.keys(seeds).sort().join() !== needed.join())
    throw new CometError('E_PROVISIONING', `${dir} is not the share of ${role}; give each party its own directory`);
  const limits = sessionLimits(config.limits);
  const common = { kernels, plan, tables: new Tables(kernels, plan.shape.width), batcher: new Batcher() };
  const pairSeeds = Object.fromEntries(
    Object.entries(config.seeds).map(([peer, seed]) => [peer, hexToBytes(seed)]),
  ) as PairSeeds;
  if (role === 'dealer') {
    const weights = await DealerMatrices.expand(kernels, plan, seeds as MaskSeeds, place, signal);
    return (session, watch) => runDealer({ ...common, weights }, provisioning, session, pairSeeds, limits, watch);
  }
  const party = role === 'server0' ? 0 : 1;
  const weights = new ServerMatrices(kernels, plan, party, seeds[needed[0]]!, place);
  const total = tensorIds(plan).length;
  let done = 0;
  for await (const tensor of readMasked(dir, manifest)) {
    await pause(signal);
    await weights.add(tensor);
    if (tensor.from === 0) onEvent({ type: 'progress', stage: 'loading', done: ++done, total });
  }
  await pause(signal);
  return (session, watch) => runServer({ ...common, party, weights }, provisioning, session, pairSeeds, limits, watch);
}

async function serveOne(
  run: Run,
  session: Session,
  { onEvent = () => {}, transcript: asked }: ServeOptions,
): Promise<void> {
  const name = sessionName(session.id);
  onEvent({ type: 'session', session: name, state: 'opened' });
  try {
    const transcript = asked ? new Transcript(session) : undefined;
    await run(transcript?.session ?? session, {
      onEpoch: (epoch) => onEvent({ type: 'epoch', session: name, ...epoch }),
    });
    onEvent({
      type: 'session',
      session: name,
      state: 'ended',
      ...(transcript && { transcript: transcript.digest() }),
    });
  } catch (error) {
    const { code, message } = error as CometError;
    onEvent({ type: 'session', session: name, state: 'failed', code, message });
  }
}
