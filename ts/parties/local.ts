/**
 * All roles in this thread, over memory: for tests, verification and runtimes without workers. The same parties, frames, codec and
 * meter as everywhere else; only here can opened wires and mask halves be watched.
 */
import { pause } from '../core/pause.js';
import type { Kernels } from '../kernels/load.js';
import { channelsOf, embeddedChannels } from '../net/embedded.js';
import type { Fixed } from '../net/gathering.js';
import { openSession } from '../net/open.js';
import type { Session } from '../net/session.js';
import { type Manifest, provisioningId } from '../provision/manifest.js';
import type { MaskedTensor, MaskSeeds } from '../weights/tensors.js';
import { drawPairSeeds, HOSTED, type Hosted, hostedMaskSeeds, HostedParty, type Replay } from './hosted.js';
import type { PairSeeds, Watch } from './roles.js';

/** A session with its hosted parties' ends. */
export interface LocalSession {
  readonly session: Session;
  /** Resolves when all hosted parties have ended in order; rejects with the first cause. */
  readonly served: Promise<void>;
}

/** A session to repeat, in tests: the id, and what each party drew. */
export interface LocalReplay extends Partial<Record<Hosted, Replay>> {
  readonly session?: Uint8Array;
  readonly client?: Fixed;
}

export class LocalParties {
  private constructor(
    private readonly manifest: Manifest,
    readonly parties: Readonly<Record<Hosted, HostedParty>>,
    readonly pairSeeds: Readonly<Record<Hosted, PairSeeds>>,
  ) {}

  static async start(
    kernels: Kernels,
    manifest: Manifest,
    seeds: MaskSeeds,
    tensors: Iterable<MaskedTensor>,
    pairSeeds: Record<Hosted, PairSeeds> = drawPairSeeds(),
    signal?: AbortSignal,
  ): Promise<LocalParties> {
    const maskSeeds = hostedMaskSeeds(seeds);
    const create = (role: Hosted) =>
      HostedParty.create(kernels, {
        ...{ role, manifest, pairSeeds: pairSeeds[role], maskSeeds: maskSeeds[role] },
        detailed: true,
      });
    const parties = {
      server0: await create('server0'),
      server1: await create('server1'),
      dealer: await create('dealer'),
    };
    for (const tensor of tensors) {
      await pause(signal);
      await parties.server0.add(tensor);
      await parties.server1.add(tensor);
    }
    return new LocalParties(manifest, parties, pairSeeds);
  }

  /** Opens a session as its client, watching what each role does. */
  async open(watch: Partial<Record<Hosted, Watch>> = {}, replay: LocalReplay = {}): Promise<LocalSession> {
    const ends = embeddedChannels(replay.session);
    const all = HOSTED.map((role) => this.parties[role].serve(ends[role], watch[role], replay[role]));
    const served = Promise.all(all).then(() => {});
    served.catch(() => {}); // handled by whoever awaits it
    const provisioning = provisioningId(this.manifest);
    const session = await openSession({
      role: 'client',
      provisioning,
      channel: channelsOf(ends.client),
      session: ends.client.session,
      fixed: replay.client,
    });
    return { session, served };
  }
}
