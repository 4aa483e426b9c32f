import type { Role } from '../core/config.js';
import { CometError } from '../core/errors.js';
import { DEFAULT_LIMITS, type Limits } from '../core/limits.js';
import type { Channel, Receiver } from './channel.js';
import { asCometError, decodeFailure, encodeFailure } from './failure.js';
import {
  decodeFrame,
  encodeFrame,
  HEADER_BYTES,
  type Frame,
  type FrameAddress,
  type FrameIds,
  type Kind,
} from './frame.js';
import { Meter } from './meter.js';
import { Queue } from './queue.js';
import { aborted, sleep } from './wait.js';

/** A frame as its sender writes it; the link adds the ids. What is left out is 0 or empty. */
export interface Outgoing extends Partial<FrameAddress> {
  readonly kind: Kind;
  readonly payload?: Uint8Array;
}

/** One party's end of the connection to another, within one session. After a failure it can never be used again. */
export interface Link {
  readonly peer: Role;
  readonly meter: Meter;
  /** Resolves, once the link cannot be used any more, with the reason or, after `bye` or `close()`, with undefined. */
  readonly ended: Promise<CometError | undefined>;
  /** @throws CometError the reason why the link ended; E_LIMIT for a payload that no peer would accept. */
  send(frame: Outgoing): void;
  /**
   * The next frame of the ordinary lane, which has all but shuffles. Once the link has ended and what came before is read, rejects with the reason: E_PEER_LOST, what the
   * peer's error frame said, or what was wrong here. A `signal` rejects with E_ABORTED and loses no frame.
   */
  receive(signal?: AbortSignal): Promise<Frame>;
  /**
   * The next frame of its lane, which must be this one: any other is a breach (E_FRAME) and ends the link. Frames of kind `shuffle` have a lane
   * of their own, because they come while steps run: each lane is read in its order, whatever waits in the other.
   */
  expect(kind: Kind, address?: FrameAddress, signal?: AbortSignal): Promise<Frame>;
  /** A frame that has come and nobody has read; it stays where it is. */
  waiting(kind: Kind, address: FrameAddress): Frame | undefined;
  /** Resolves when no more than `unsent` bytes, `limits.highWaterBytes` unless given, wait to be sent. */
  drained(signal?: AbortSignal, unsent?: number): Promise<void>;
  /** Ends the link: with an error frame that tells the peer why, or with `bye`. The second call does nothing. */
  close(error?: unknown): void;
}

/** What a link is told about itself; an accepting party learns peer and session from the hello. */
export interface LinkOptions {
  readonly provisioning: Uint8Array;
  readonly peer?: Role;
  readonly session?: Uint8Array;
  readonly limits?: Limits;
}

/** How much longer the lane of shuffles is: three whole tensors of a large model may wait there for a party that begins later. */
const SHUFFLED = 8;

/** The one implementation of {@link Link}, over any {@link Channel}. */
export class ChannelLink implements Link, Receiver {
  readonly meter = new Meter();
  readonly ended: Promise<CometError | undefined>;
  private readonly lanes: Readonly<Record<'ordinary' | 'shuffle', Queue<Frame>>>;
  private readonly limits: Limits;
  private readonly provisioning: Uint8Array;
  private session?: Uint8Array;
  private knownPeer?: Role;
  private reason?: CometError;
  private settle!: (error?: CometError) => void;

  constructor(
    private readonly channel: Channel,
    { provisioning, peer, session, limits = DEFAULT_LIMITS }: LinkOptions,
  ) {
    this.provisioning = provisioning;
    this.session = session;
    this.knownPeer = peer;
    this.limits = limits;
    const lane = (times: number): Queue<Frame> => new Queue(times * limits.queueFrames, times * limits.queueBytes);
    this.lanes = { ordinary: lane(1), shuffle: lane(SHUFFLED) };
    this.ended = new Promise((resolve) => (this.settle = resolve));
    channel.attach(this);
  }

  get peer(): Role {
    if (!this.knownPeer) throw new CometError('E_INTERNAL', 'A link has no peer before its hello.');
    return this.knownPeer;
  }

  /** Sets what the peer's hello said; until then the link takes no other frame. */
  adopt(peer: Role, session: Uint8Array): void {
    this.knownPeer = peer;
    this.session = session;
  }

  send({ kind, step = 0, layer = 0, round = 0, payload = new Uint8Array(0) }: Outgoing): void {
    if (this.reason) throw this.reason;
    if (payload.length > this.limits.frameBytes) {
      throw new CometError(
        'E_LIMIT',
        `A frame of ${payload.length} bytes exceeds ${this.limits.frameBytes}: raise limits.frameBytes in all configurations.`,
      );
    }
    const { provisioning, session = new Uint8Array(16) } = this;
    const bytes = encodeFrame({ kind, provisioning, session, step, layer, round, payload });
    const size = bytes.length; // a channel may take the buffer away
    try {
      this.channel.send(bytes);
    } catch (error) {
      this.finish(asCometError(error));
      throw this.reason;
    }
    this.meter.count('sent', kind, size, layer);
  }

  async receive(signal?: AbortSignal): Promise<Frame> {
    return this.lanes.ordinary.shift(signal);
  }

  async expect(kind: Kind, address?: FrameAddress, signal?: AbortSignal): Promise<Frame> {
    const frame = await this.laneOf(kind).shift(signal);
    if (frame.kind === 'bye' && kind !== 'bye') throw this.reason;
    const wanted = place(kind, address);
    const found = place(frame.kind, address && frame);
    if (wanted === found) return frame;
    const breach = new CometError(
      'E_FRAME',
      `A frame of ${this.name} was refused: ${found} came where ${wanted} belongs.`,
    );
    this.close(breach);
    throw breach;
  }

  waiting(kind: Kind, { step, layer, round }: FrameAddress): Frame | undefined {
    return this.laneOf(kind).find(
      (frame) => frame.kind === kind && frame.step === step && frame.layer === layer && frame.round === round,
    );
  }

  async drained(signal?: AbortSignal, unsent = this.limits.highWaterBytes): Promise<void> {
    // No two kinds of channel report progress alike, but all can be asked.
    for (let pause = 1; this.channel.bufferedAmount > unsent; pause = Math.min(pause * 2, 50)) {
      if (this.reason) throw this.reason;
      await sleep(pause, signal);
    }
    if (signal?.aborted) throw aborted(signal);
    if (this.reason) throw this.reason;
  }

  close(error?: unknown): void {
    if (this.reason) return;
    const failure = error === undefined ? undefined : asCometError(error);
    try {
      this.send(failure ? { kind: 'error', payload: encodeFailure(failure) } : { kind: 'bye' });
    } catch {
      // The peer cannot be told; it will notice the closed channel.
    }
    this.finish(failure ?? new CometError('E_ABORTED', `The link to ${this.name} was closed here.`), {
      orderly: !failure,
    });
    for (const lane of Object.values(this.lanes)) lane.clear();
    this.channel.close();
  }

  message(bytes: Uint8Array): void {
    if (this.reason) return;
    try {
      const frame = decodeFrame(bytes, this.limits);
      this.meter.count('received', frame.kind, HEADER_BYTES + frame.payload.length, frame.layer);
      if (frame.kind === 'error') return this.endWith(decodeFailure(frame.payload, this.name));
      this.checkIds(frame);
      if (frame.kind === 'shuffle' && this.knownPeer === 'client')
        throw new CometError('E_FRAME', 'A frame of client was refused: clients take no part in shuffles.');
      this.laneOf(frame.kind).push(frame, bytes.length, this.name);
      if (frame.kind === 'bye') this.endWith(lost(this.name, 'ended the session'), true);
    } catch (error) {
      this.close(error);
    }
  }

  closed(error?: CometError): void {
    this.finish(error ?? lost(this.name, 'is gone: its process or the network between failed'));
  }

  private get name(): string {
    return this.knownPeer ?? 'a new peer';
  }

  private laneOf(kind: Kind): Queue<Frame> {
    return kind === 'shuffle' ? this.lanes.shuffle : this.lanes.ordinary;
  }

  private checkIds({ kind, provisioning, session }: Frame): void {
    if (!same(provisioning, this.provisioning)) throw otherProvisioning(this.name);
    if (this.session ? !same(session, this.session) : kind !== 'hello' || this.lanes.ordinary.accepted > 0) {
      throw new CometError('E_FRAME', `A frame of ${this.name} was refused: it is not of this session.`);
    }
  }

  private endWith(reason: CometError, orderly = false): void {
    this.finish(reason, { orderly });
    this.channel.close();
  }

  /** The first reason stays. */
  private finish(reason: CometError, { orderly = false } = {}): void {
    if (this.reason) return;
    this.reason = reason;
    for (const lane of Object.values(this.lanes)) lane.end(reason);
    this.settle(orderly ? undefined : reason);
  }
}

/** Whether two ids are equal. */
export const same = (a: FrameIds['session'], b: FrameIds['session']) =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

const place = (kind: Kind, address?: FrameAddress) =>
  address ? `${kind} of step ${address.step}, layer ${address.layer}, round ${address.round}` : kind;

const lost = (peer: string, what: string) =>
  new CometError(
    'E_PEER_LOST',
    // A server or the dealer reads this of a client, and serves others.
    `${peer} ${what}. This session is over${peer === 'client' ? '; the client may begin another' : `: begin another, and if this repeats, look into the log of ${peer}`}.`,
  );

const otherProvisioning = (peer: string) =>
  new CometError(
    'E_PROVISIONING',
    `${peer} holds shares of another provisioning of the model: give all parties the directories of one "comet share" run.`,
  );
