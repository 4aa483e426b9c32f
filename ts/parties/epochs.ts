/**
 * Epochs of one session at one party: its weights, and the shuffles that put them in another order. A shuffle runs between two steps; frames
 * of each direction of a link are numbered within a layer.
 */
import type { Role } from '../core/config.js';
import { CometError } from '../core/errors.js';
import { chunksOf } from '../epoch/cost.js';
import type { Epoch } from '../epoch/schedule.js';
import type { Shuffle, ShuffleEffect, ShuffleProgram } from '../epoch/shuffle.js';
import { shuffleDealer, shuffleServer0, shuffleServer1 } from '../epoch/shuffle.js';
import { EpochStream } from '../epoch/stream.js';
import type { MovedTensor } from '../epoch/tensors.js';
import { DealerEpochWeights, ServerEpochWeights } from '../epoch/weights.js';
import type { Kernels } from '../kernels/load.js';
import type { Plan } from '../model/plan.js';
import { type Frame, type FrameAddress, HEADER_BYTES } from '../net/frame.js';
import type { Link } from '../net/link.js';
import type { DealerMatrices, ServerMatrices } from '../provision/mask.js';
import type { Words } from '../wires/wire.js';

/** An epoch that has begun. */
export interface EpochBegun extends Epoch {
  /** That the shuffle took at this party. */
  readonly seconds: number;
  /** That this party sent and received for it, frame headers included. */
  readonly bytes: number;
}

/** What epochs need of their session. */
export interface EpochSurroundings {
  readonly kernels: Kernels;
  readonly plan: Plan;
  /** To the others that take part. */
  readonly links: Links;
  readonly signal?: AbortSignal;
  readonly onEpoch?: (epoch: EpochBegun) => void;
}
type Links = Readonly<Partial<Record<Role, Link>>>;

interface Weights {
  words(id: MovedTensor): Words | Promise<Words>;
  free(): Promise<void>;
}

/** The epochs of one session. */
export class Epochs<W extends Weights> {
  #number = 0;

  private constructor(
    readonly weights: W,
    private readonly at: EpochSurroundings,
    private readonly program: (shuffle: Shuffle) => ShuffleProgram,
    private readonly store: (effect: Store) => Promise<void>,
  ) {}

  /** @param tapeKey shared with the dealer, @param serversKey with the other server */
  static ofServer(
    party: 0 | 1,
    shared: ServerMatrices,
    tapeKey: Uint8Array,
    serversKey: Uint8Array,
    at: EpochSurroundings,
  ): Epochs<ServerEpochWeights> {
    const weights = new ServerEpochWeights(shared);
    const [dealer, peer] = [tapeKey, serversKey].map((key) => new EpochStream(at.kernels, key));
    const program = party === 0 ? shuffleServer0 : shuffleServer1;
    const store = ({ tensor, words, share }: Store): Promise<void> => weights.put(tensor, words, share!);
    return new Epochs(weights, at, (shuffle) => program(shuffle, dealer, peer), store);
  }

  /** @param tapeKeys shared with each server */
  static ofDealer(
    shared: DealerMatrices,
    tapeKeys: readonly [Uint8Array, Uint8Array],
    at: EpochSurroundings,
  ): Epochs<DealerEpochWeights> {
    const weights = new DealerEpochWeights(shared);
    const servers = [new EpochStream(at.kernels, tapeKeys[0]), new EpochStream(at.kernels, tapeKeys[1])] as const;
    const store = ({ tensor, words }: Store): Promise<void> => weights.put(tensor, words);
    return new Epochs(weights, at, (shuffle) => shuffleDealer(shuffle, servers), store);
  }

  /** Begins a step's epoch, unless it has begun. */
  async reach(epoch: Epoch | undefined): Promise<void> {
    if (!epoch || epoch.number === this.#number) return;
    const { kernels, plan, links, signal, onEpoch } = this.at;
    const since = performance.now();
    const frames = new ShuffleFrames(links, epoch, signal);
    const program = this.program({ kernels, plan, epoch });
    let next = program.next();
    while (!next.done) next = program.next(await this.#answer(next.value, frames));
    this.#number = epoch.number;
    onEpoch?.({ ...epoch, seconds: (performance.now() - since) / 1000, bytes: frames.bytes });
  }

  /** Gives the memory of the epoch's weights back. */
  free(): Promise<void> {
    return this.weights.free();
  }

  async #answer(effect: ShuffleEffect, frames: ShuffleFrames): Promise<Words> {
    if (effect.kind === 'load') return this.weights.words(effect.tensor);
    if (effect.kind === 'receive') return frames.receive(effect);
    if (effect.kind === 'send') await frames.send(effect);
    else await this.store(effect);
    return NOTHING;
  }
}

type Store = Extract<ShuffleEffect, { kind: 'store' }>;
const NOTHING: Words = new BigUint64Array(0);

/** The frames of one shuffle. */
class ShuffleFrames {
  /** Carried so far, with headers. */
  bytes = 0;
  /** How many went each way in each layer. */
  readonly #counts = new Map<string, number>();

  constructor(
    private readonly links: Links,
    private readonly epoch: Epoch,
    private readonly signal?: AbortSignal,
  ) {}

  async send({ to, tensor, words }: Extract<ShuffleEffect, { kind: 'send' }>): Promise<void> {
    const link = this.links[to]!;
    let at = 0;
    for (const count of framesOf(tensor, words.length > 0)) {
      const payload = new Uint8Array(words.buffer, words.byteOffset + 8 * at, 8 * count);
      link.send({ kind: 'shuffle', ...this.#address(`to ${to}`, tensor), payload });
      this.bytes += HEADER_BYTES + payload.length;
      await link.drained(this.signal);
      at += count;
    }
  }

  /** @throws CometError E_FRAME for another frame, or one of another length. */
  async receive({ from, tensor, content }: Extract<ShuffleEffect, { kind: 'receive' }>): Promise<Words> {
    const counts = framesOf(tensor, content === 'words');
    const words = new BigUint64Array(counts.reduce((sum, count) => sum + count, 0));
    const bytes = new Uint8Array(words.buffer);
    let at = 0;
    for (const count of counts) {
      const address = this.#address(`from ${from}`, tensor);
      const { payload } = await this.links[from]!.expect('shuffle', address, this.signal);
      if (payload.length !== 8 * count) throw otherLength(from, payload, 8 * count);
      bytes.set(payload, at);
      at += payload.length;
      this.bytes += HEADER_BYTES + payload.length;
    }
    return words;
  }

  #address(direction: string, { layer }: MovedTensor): FrameAddress {
    const name = `${direction} ${layer}`;
    const round = this.#counts.get(name) ?? 0;
    this.#counts.set(name, round + 1);
    return { step: this.epoch.number, layer, round };
  }
}

/** Words of each frame; what has none goes in one frame, too. */
const framesOf = (tensor: MovedTensor, full: boolean): readonly number[] => (full ? chunksOf(tensor) : [0]);

const otherLength = (from: Role, { length }: Frame['payload'], expected: number): CometError =>
  new CometError(
    'E_FRAME',
    `${from} sent ${length} bytes of weights instead of ${expected}; all parties must run the same version and plan`,
  );
