/**
 * Epochs of one session at one party: its weights, and the shuffles that put them in another order. The next epoch's shuffle runs beside the
 * steps of the one before, from when that has begun and an announced step needs the next; its weights are kept aside until that step.
 */
import { codeOf } from '../core/errors.js';
import { pause } from '../core/pause.js';
import type { Shuffle, ShuffleEffect, ShuffleProgram } from '../epoch/shuffle.js';
import { shuffleDealer, shuffleServer0, shuffleServer1 } from '../epoch/shuffle.js';
import { EpochStream } from '../epoch/stream.js';
import type { MovedTensor } from '../epoch/tensors.js';
import { DealerEpochWeights, ServerEpochWeights } from '../epoch/weights.js';
import type { Kernels } from '../kernels/load.js';
import type { Epoch, EpochBegun, Shuffled } from '../plan/epoch.js';
import type { Plan } from '../plan/formats.js';
import type { DealerMatrices } from '../weights/dealer-weights.js';
import type { ServerMatrices } from '../weights/server-weights.js';
import type { Words } from '../wires/wire.js';
import { type Links, ShuffleFrames } from './shuffle-frames.js';

interface Finished extends Shuffled {
  /** When, on this party's clock. */
  readonly finished: number;
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

interface Weights {
  words(id: MovedTensor): Words | Promise<Words>;
  swap(): Promise<void>;
  free(): Promise<void>;
}

/** The epochs of one session. */
export class Epochs<W extends Weights> {
  /** Of the epoch that has begun. */
  #number = 0;
  /** That announced steps need, in their order; the first is being shuffled. */
  readonly #coming: Epoch[] = [];
  #shuffled?: Promise<Finished>;
  readonly #stop = new AbortController();

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

  /** Hears the epoch of every step, when the step is announced. */
  announced(epoch: Epoch | undefined): void {
    const last = this.#coming.at(-1)?.number ?? this.#number;
    if (!epoch || epoch.number <= last) return;
    this.#coming.push(epoch);
    this.#prepare();
  }

  /** Begins a step's epoch, unless it has begun; waits for what is not finished of its shuffle. */
  async reach(epoch: Epoch | undefined): Promise<void> {
    if (!epoch || epoch.number === this.#number) return;
    const since = performance.now();
    const { finished, ...shuffled } = await this.#shuffled!;
    await this.weights.swap();
    this.#number = epoch.number;
    this.#coming.shift();
    this.#shuffled = undefined;
    const waited = { waitSeconds: secondsSince(since), readySeconds: secondsSince(finished) };
    this.at.onEpoch?.({ ...epoch, ...shuffled, ...waited });
    this.#prepare();
  }

  /** Ends a shuffle that is under way, and gives the memory of the session's own weights back. */
  async free(): Promise<void> {
    this.#stop.abort();
    await this.#shuffled?.catch(() => undefined);
    await this.weights.free();
  }

  /** Begins the next shuffle, if any is known and none is under way. */
  #prepare(): void {
    const [next] = this.#coming;
    if (!next || this.#shuffled || this.#stop.signal.aborted) return;
    this.#shuffled = this.#shuffle(next);
    this.#shuffled.catch((error: unknown) => this.#failed(error)); // whoever reaches the epoch hears of it, too
  }

  async #shuffle(epoch: Epoch): Promise<Finished> {
    const { kernels, plan, links, signal } = this.at;
    const since = performance.now();
    const stop = AbortSignal.any([this.#stop.signal, ...(signal ? [signal] : [])]);
    const frames = new ShuffleFrames(kernels, links, epoch, stop);
    const program = this.program({ kernels, plan, epoch });
    let next = program.next();
    while (!next.done) next = program.next(await this.#answer(next.value, frames, stop));
    return { seconds: secondsSince(since), bytes: frames.bytes, finished: performance.now() };
  }

  /**
   * Ends the session at once, whatever its steps wait for. A peer that is lost has ended it already, and in good order if it said bye.
   */
  #failed(error: unknown): void {
    if (this.#stop.signal.aborted || codeOf(error) === 'E_PEER_LOST') return;
    for (const link of Object.values(this.at.links)) link.close(error);
  }

  async #answer(effect: ShuffleEffect, frames: ShuffleFrames, stop: AbortSignal): Promise<Words> {
    if (effect.kind === 'load') return this.weights.words(effect.tensor);
    if (effect.kind === 'receive') return frames.receive(effect);
    if (effect.kind === 'send') await frames.send(effect);
    else if (effect.kind === 'rest') await pause(stop);
    else await this.store(effect);
    return NOTHING;
  }
}

type Store = Extract<ShuffleEffect, { kind: 'store' }>;
const NOTHING: Words = new BigUint64Array(0);

const secondsSince = (since: number): number => (performance.now() - since) / 1000;
