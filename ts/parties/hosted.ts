/** One role hosted in a worker (or in this thread): holds its share of a model and serves sessions over ports. */
import { randomBytes } from '@noble/hashes/utils.js';
import type { Address } from '../core/address.js';
import { othersThan } from '../core/config.js';
import { Tables } from '../gates/tables.js';
import type { Kernels } from '../kernels/load.js';
import type { Channel } from '../net/channel.js';
import { delayedDial } from '../net/delayed.js';
import { channelsOf, type EmbeddedEnds } from '../net/embedded.js';
import type { Fixed } from '../net/gathering.js';
import type { MeterSnapshot } from '../net/meter.js';
import { openSession } from '../net/open.js';
import type { PortLike } from '../net/port.js';
import type { Session } from '../net/session.js';
import { type Observed } from '../observe/observed.js';
import { observedDial, observedSession, type Observer } from '../observe/observer.js';
import { type OnGate, timed } from '../observe/timed.js';
import type { EpochBegun } from '../plan/epoch.js';
import { type Manifest, provisioningId } from '../provision/manifest.js';
import { type BatchCounts, Batcher } from '../run/batch.js';
import { DealerMatrices } from '../weights/dealer-weights.js';
import type { Place } from '../weights/place.js';
import { ServerMatrices } from '../weights/server-weights.js';
import { type MaskedTensor, type MaskSeeds } from '../weights/tensors.js';
import type { Exchange } from '../wires/effects.js';
import { packedBytes } from '../wires/section.js';
import { sizeOf, type Words } from '../wires/wire.js';
import { OWN_LIMITS, type PairSeeds, runDealer, runServer, type SessionLimits, type Watch } from './roles.js';

/** The roles that hold shares. */
export const HOSTED = ['server0', 'server1', 'dealer'] as const;
export type Hosted = (typeof HOSTED)[number];

/** Fresh seeds for the three pairs, by role and peer. */
export function drawPairSeeds(): Record<Hosted, PairSeeds> {
  const [s01, s0d, s1d] = [randomBytes(32), randomBytes(32), randomBytes(32)];
  return {
    server0: { server1: s01, dealer: s0d },
    server1: { server0: s01, dealer: s1d },
    dealer: { server0: s0d, server1: s1d },
  };
}

/** Which mask seeds of the weights each role gets. */
export const hostedMaskSeeds = (seeds: MaskSeeds): Record<Hosted, Partial<MaskSeeds>> => ({
  server0: { seed0: seeds.seed0 },
  server1: { seed1: seeds.seed1 },
  dealer: seeds,
});

/** What a role is set up with. Secret but for the manifest. */
export interface Setup {
  readonly role: Hosted;
  readonly manifest: Manifest;
  readonly pairSeeds: PairSeeds;
  /** A server gets its own seed only. */
  readonly maskSeeds: Partial<MaskSeeds>;
  /** Counts by operation and layer, and times gates, which takes time itself. */
  readonly detailed?: boolean;
  /** WebAssembly memories that its weights are spread over, each in a thread of its own; where one, the party's own. */
  readonly instances?: number;
  /** How long every message to this party takes, as {@link delayedDial} has it; all parties must be told the same. No time unless given. */
  readonly oneWayMs?: number;
}

/** What a role has counted: frames and bytes by peer, payload bytes by operation. */
export interface Counts extends Observed {
  readonly links: Readonly<Record<string, MeterSnapshot>>;
  /** The same, of each layer alone. */
  readonly layers: readonly Readonly<Record<string, MeterSnapshot>>[];
  /** Payload bytes that this party sent (a server: openings; the dealer: tape entries) per operation and layer; this and what follows only where counts are detailed. */
  readonly byOp: Readonly<Record<string, number>>;
  /** Multiply-accumulates, likewise. */
  readonly macs: Readonly<Record<string, number>>;
  /** Seconds inside gates, likewise; servers only. */
  readonly seconds: Readonly<Record<string, number>>;
  /** Seconds until the rounds of each layer were open, those of work between included; servers only. */
  readonly layerSeconds: readonly number[];
  /** That have begun, the owner's not among them. */
  readonly epochs: readonly EpochBegun[];
  /** Of all sessions since the role was set up. */
  readonly batches: BatchCounts;
  /** What was opened in the clear, in order; servers only. */
  readonly revealed: readonly Revealed[];
}

/** Bits of one layer in one step that both servers and the dealer know. */
export interface Revealed {
  readonly layer: number;
  /** The predictor's, or signs. */
  readonly op: number;
  readonly bits: Uint8Array;
}

/** For tests: what one party repeats, and who watches its session. */
export interface Replay {
  readonly fixed?: Fixed;
  readonly observe?: (session: Session) => Session;
}

export class HostedParty {
  readonly #batcher = new Batcher();
  #session: Session | undefined;
  private byOp: Record<string, number> = {};
  private macs: Record<string, number> = {};
  private seconds: Record<string, number> = {};
  private layerSeconds: number[] = [];
  private revealed: Revealed[] = [];
  private epochs: EpochBegun[] = [];
  #tensors: ServerMatrices | undefined;
  #dealer: DealerMatrices | undefined;

  private constructor(
    private readonly kernels: Kernels,
    private readonly setup: Setup,
    private readonly tables: Tables,
    private readonly observer?: Observer,
  ) {}

  /**
   * @param observer the one that meters `kernels`
   * @param place where products with weights are computed
   */
  static async create(kernels: Kernels, setup: Setup, observer?: Observer, place?: Place): Promise<HostedParty> {
    const { role, manifest, maskSeeds } = setup;
    const party = new HostedParty(kernels, setup, new Tables(kernels, manifest.plan.shape.width), observer);
    const { plan } = manifest;
    // Public weights have no masks.
    const { seed0, seed1 }: Partial<MaskSeeds> = plan.publicWeights ? {} : maskSeeds;
    const both = seed0 && seed1 && { seed0, seed1 };
    if (role === 'dealer') party.#dealer = await DealerMatrices.expand(kernels, plan, both, place);
    else if (role === 'server0') party.#tensors = new ServerMatrices(kernels, plan, 0, seed0, place);
    else party.#tensors = new ServerMatrices(kernels, plan, 1, seed1, place);
    return party;
  }

  /** A server: takes one masked matrix. */
  async add(tensor: MaskedTensor): Promise<void> {
    await this.#tensors!.add(tensor);
  }

  /** Serves one session over the given ends. Resolves when it has ended in order. */
  async serve(
    ends: EmbeddedEnds<PortLike | Channel>,
    watch: Watch = {},
    replay: Replay = {},
    limits: SessionLimits = OWN_LIMITS,
  ): Promise<void> {
    const { role, manifest, pairSeeds, oneWayMs } = this.setup;
    const provisioning = provisioningId(manifest);
    const { fixed, observe = (opened: Session) => opened } = replay;
    const { observer } = this;
    const dial = oneWayMs ? delayedDial(channelsOf(ends), oneWayMs) : channelsOf(ends);
    const channel = observer ? observedDial(observer, dial) : dial;
    const opened = observe(await openSession({ role, provisioning, channel, session: ends.session, fixed }));
    const session = observer ? observedSession(observer, opened) : opened;
    this.#session = session;
    this.byOp = {};
    this.macs = {};
    this.seconds = {};
    this.layerSeconds = [];
    this.revealed = [];
    this.epochs = [];
    const common = { kernels: this.kernels, plan: manifest.plan, tables: this.tables, batcher: this.#batcher };
    const counted = this.#counting(observer ? observedWatch(observer, watch) : watch);
    if (role === 'dealer') {
      await runDealer({ ...common, weights: this.#dealer! }, provisioning, session, pairSeeds, limits, counted);
    } else {
      const party = role === 'server0' ? 0 : 1;
      await runServer({ ...common, party, weights: this.#tensors! }, provisioning, session, pairSeeds, limits, counted);
    }
  }

  /** Counts of the latest session. */
  counts(): Counts {
    const peers = this.#session ? othersThan(this.setup.role) : [];
    const meters = peers.map((peer) => [peer, this.#session!.link(peer).meter] as const);
    const links = Object.fromEntries(meters.map(([peer, meter]) => [peer, meter.snapshot()]));
    const layers = this.setup.manifest.plan.layers.map((_, layer) =>
      Object.fromEntries(meters.map(([peer, meter]) => [peer, meter.snapshot(layer)])),
    );
    const sums = { byOp: { ...this.byOp }, macs: { ...this.macs }, seconds: { ...this.seconds } };
    const lists = {
      layerSeconds: [...this.layerSeconds],
      epochs: [...this.epochs],
      revealed: [...this.revealed],
    };
    return { links, layers, ...sums, ...lists, batches: this.#batcher.counts, ...this.observer?.observed() };
  }

  #counting(watch: Watch): Watch {
    const { byOp, macs, seconds, layerSeconds, revealed, epochs } = this;
    const keep = ({ layer, openings }: Exchange, opened: readonly Words[]): void => {
      for (const [i, { at, clear }] of openings.entries())
        if (clear) revealed.push({ layer, op: at.op, bits: bytesOf(opened[i]) });
    };
    const onEpoch = (epoch: EpochBegun): void => {
      epochs.push(epoch);
      watch.onEpoch?.(epoch);
    };
    if (!this.setup.detailed) {
      const { onOpened } = watch;
      return {
        ...watch,
        onEpoch,
        onOpened: (step, exchange, opened) => (keep(exchange, opened), onOpened?.(step, exchange, opened)),
      };
    }
    const timeGate: OnGate = (at) => {
      const begin = performance.now();
      return () => add(seconds, at, (performance.now() - begin) / 1000);
    };
    let since = performance.now();
    return {
      ...watch,
      ...(this.setup.role !== 'dealer' && { wrap: (gates) => timed(watch.wrap?.(gates) ?? gates, timeGate) }),
      onMacs: (at, count) => add(macs, at, count),
      onDeal: (at, bytes) => add(byOp, at, bytes),
      onEpoch: (epoch) => {
        onEpoch(epoch);
        since = performance.now(); // its time is no round's
      },
      onOpened: (step, exchange, opened) => {
        keep(exchange, opened);
        for (const opening of exchange.openings) {
          const bytes = packedBytes(sizeOf(opening), opening.width);
          // What is opened in the clear goes to the dealer, too.
          add(byOp, opening.at, opening.clear ? 2 * bytes : bytes);
        }
        const now = performance.now();
        layerSeconds[exchange.layer] = (layerSeconds[exchange.layer] ?? 0) + (now - since) / 1000;
        since = now;
        watch.onOpened?.(step, exchange, opened);
      },
    };
  }
}

/** What somebody watches, for an observer, too. */
const observedWatch = (observer: Observer, watch: Watch): Watch => ({
  ...watch,
  awaiting: (promise) => observer.until('client', promise),
  wrap: (gates) => {
    const wrapped = watch.wrap?.(gates) ?? gates;
    return observer.gates?.(wrapped) ?? wrapped;
  },
  onEpoch: (epoch) => {
    observer.epoch?.(epoch);
    watch.onEpoch?.(epoch);
  },
});

/** Bits, a byte each. */
function bytesOf(words: Words): Uint8Array {
  const halves = new Uint32Array(words.buffer, words.byteOffset, 2 * words.length);
  const bytes = new Uint8Array(words.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = halves[2 * i];
  return bytes;
}

function add(counts: Record<string, number>, { layer, op }: Pick<Address, 'layer' | 'op'>, amount: number): void {
  const key = `${layer}.${op}`;
  counts[key] = (counts[key] ?? 0) + amount;
}
