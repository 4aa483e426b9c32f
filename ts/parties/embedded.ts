/** All roles on this machine, each server and the dealer in its own worker, over the same frames, codec and meter as on a network. */
import { type Remote, transfer, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { Worker } from 'node:worker_threads';
import type { CometError } from '../core/errors.js';
import { pause } from '../core/pause.js';
import { typed } from '../kernels/errors.js';
import { delayedDial } from '../net/delayed.js';
import { channelsOf, embeddedPorts } from '../net/embedded.js';
import { openSession } from '../net/open.js';
import type { Session } from '../net/session.js';
import type { ObserverName } from '../observe/observer.js';
import { type Manifest, provisioningId } from '../provision/manifest.js';
import { extrasOf, instancesOf } from '../provision/memory.js';
import type { MaskedTensor, MaskSeeds } from '../weights/tensors.js';
import type { HostedService } from './hosted-worker.js';
import { type Counts, drawPairSeeds, HOSTED, type Hosted, hostedMaskSeeds } from './hosted.js';

/** Gates make thousands of short-lived arrays a token; with little room for them, collecting them takes a tenth of the time. */
const LIMITS = { maxYoungGenerationSizeMb: 64 };

export interface EmbeddedOptions {
  /** Who watches each party; counts then have what was seen. */
  readonly observe?: ObserverName;
  /** Counts by operation and layer, and times gates, which takes time itself. */
  readonly detailed?: boolean;
  /** WebAssembly memories that each party's weights are spread over; as many as they need unless given. */
  readonly instances?: number;
  /** How long every message between two parties takes; no time unless given. */
  readonly oneWayMs?: number;
  readonly signal?: AbortSignal;
}

const neededBy = ({ plan }: Manifest): number => instancesOf(plan.shape, extrasOf(plan));

export class EmbeddedParties {
  #failure: CometError | undefined;

  private constructor(
    private readonly manifest: Manifest,
    private readonly workers: Record<Hosted, { worker: Worker; service: Remote<HostedService> }>,
    private readonly oneWayMs?: number,
  ) {}

  /** Starts the workers and gives each its share of the model. */
  static async start(
    manifest: Manifest,
    seeds: MaskSeeds,
    tensors: Iterable<MaskedTensor>,
    { observe, detailed, instances = neededBy(manifest), oneWayMs, signal }: EmbeddedOptions = {},
  ): Promise<EmbeddedParties> {
    const pairSeeds = drawPairSeeds();
    const maskSeeds = hostedMaskSeeds(seeds);
    const start = () => {
      const worker = new Worker(new URL('./hosted-worker.js', import.meta.url), { resourceLimits: LIMITS });
      return { worker, service: wrap<HostedService>(nodeEndpoint(worker)) };
    };
    const workers = { server0: start(), server1: start(), dealer: start() };
    const parties = new EmbeddedParties(manifest, workers, oneWayMs);
    try {
      await Promise.all(
        HOSTED.map((role) =>
          workers[role].service.setup(
            { role, manifest, pairSeeds: pairSeeds[role], maskSeeds: maskSeeds[role], detailed, instances, oneWayMs },
            observe,
          ),
        ),
      );
      for (const tensor of tensors) {
        await pause(signal);
        await parties.#give(tensor);
      }
      await pause(signal);
      return parties;
    } catch (error) {
      await parties.close();
      throw typed(error);
    }
  }

  async #give(tensor: MaskedTensor): Promise<void> {
    const copy = { ...tensor, bytes: tensor.bytes.slice() };
    await Promise.all([
      this.workers.server0.service.add(transfer(copy, [copy.bytes.buffer])),
      this.workers.server1.service.add(transfer(tensor, [tensor.bytes.buffer])),
    ]);
  }

  /** Opens a session as its client; several may be open at once, but not where parties are observed or their counts detailed. */
  open(signal?: AbortSignal): Promise<Session> {
    const ends = embeddedPorts();
    for (const role of HOSTED) {
      const own = ends[role];
      const served = this.workers[role].service.serve(transfer(own, Object.values(own.ports)));
      // The client learns of a failure from its links; the promise only keeps the first cause.
      served.catch((error: unknown) => void (this.#failure ??= typed(error)));
    }
    const provisioning = provisioningId(this.manifest);
    const dial = channelsOf(ends.client);
    return openSession({
      role: 'client',
      provisioning,
      channel: this.oneWayMs ? delayedDial(dial, this.oneWayMs) : dial,
      session: ends.client.session,
      signal,
    });
  }

  /** Why the latest session failed at a hosted party, if it did. */
  get failure(): CometError | undefined {
    return this.#failure;
  }

  /** What each party has counted in the latest session. */
  async counts(): Promise<Record<Hosted, Counts>> {
    const [server0, server1, dealer] = await Promise.all(HOSTED.map((role) => this.workers[role].service.counts()));
    return { server0, server1, dealer };
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    await Promise.all(HOSTED.map((role) => this.workers[role].worker.terminate()));
  }
}
