import { randomBytes } from '@noble/hashes/utils.js';
import { othersThan, type Role } from '../core/config.js';
import { CometError } from '../core/errors.js';
import { DEFAULT_LIMITS, type Limits } from '../core/limits.js';
import type { Channel } from './channel.js';
import { asCometError } from './failure.js';
import { NONCE_BYTES, receiveHello, SEED_BYTES, sendHello, SOFTWARE, type Greeting, type Hello } from './hello.js';
import { ChannelLink, same } from './link.js';
import { makeSession, seedsFor, seedsFrom, type MaskSeeds, type Session } from './session.js';
import { aborted } from './wait.js';

/** Makes a channel to a peer; should give up when `signal` aborts. */
export type Dial = (peer: Role, signal: AbortSignal) => Channel | Promise<Channel>;

/** What is the same for all sessions of one party. */
export interface Party {
  readonly role: Role;
  /** The first 8 bytes of the hash of the manifest of its share. */
  readonly provisioning: Uint8Array;
  readonly limits?: Limits;
}

/**
 * What a party draws at random for a session, chosen beforehand: only for tests that repeat a session. A nonce used twice repeats the
 * masks of its session, so nothing that a configuration or a command can say leads here.
 */
export interface Fixed {
  readonly nonce?: Uint8Array;
  readonly maskSeeds?: Required<MaskSeeds>;
}

/** One session that is coming together at one party, until all links have been greeted or one has failed. */
export class Gathering {
  /** Settles once; always handled, so that a failure before anybody awaits it harms nothing. */
  readonly ready: Promise<Session>;
  private readonly links = new Map<Role, ChannelLink>();
  private readonly nonce: Uint8Array;
  private readonly nonces: Partial<Record<Role, Uint8Array>>;
  private readonly controller = new AbortController();
  private readonly timer: ReturnType<typeof setTimeout>;
  private maskSeeds: MaskSeeds;
  private settled = false;
  private resolve!: (session: Session) => void;
  private reject!: (error: CometError) => void;

  constructor(
    private readonly party: Party,
    readonly session: Uint8Array,
    private readonly outer?: AbortSignal,
    fixed: Fixed = {},
  ) {
    this.nonce = fixed.nonce ?? randomBytes(NONCE_BYTES);
    this.nonces = { [party.role]: this.nonce };
    const drawn = () => fixed.maskSeeds ?? { server0: randomBytes(SEED_BYTES), server1: randomBytes(SEED_BYTES) };
    this.maskSeeds = party.role === 'client' ? drawn() : {};
    this.ready = new Promise((resolve, reject) => ((this.resolve = resolve), (this.reject = reject)));
    this.ready.catch(() => {});
    this.timer = setTimeout(() => this.fail(this.absent()), this.limits.rendezvousMs);
    outer?.addEventListener('abort', this.onAbort);
    if (outer?.aborted) this.onAbort();
  }

  /** Ends the attempt, for this party and for those that have arrived. */
  fail(error: unknown): void {
    if (!this.settle()) return;
    const failure = asCometError(error);
    this.controller.abort(failure);
    for (const link of this.links.values()) link.close(failure);
    this.reject(failure);
  }

  /** Connects to `peer` and greets it; a failure fails the session. */
  async dial(peer: Role, open: Dial): Promise<void> {
    const { signal } = this.controller;
    try {
      const channel = await open(peer, signal);
      const link = new ChannelLink(channel, { ...this.party, peer, session: this.session });
      this.keep(peer, link);
      sendHello(link, peer, this.helloTo(peer));
      this.greet(peer, await this.hear(link, peer));
    } catch (error) {
      this.fail(error);
    }
  }

  /** Awaits the hello of `peer` on a channel made for this session; a failure fails the session. */
  async await(peer: Role, open: Dial): Promise<void> {
    try {
      const link = new ChannelLink(await open(peer, this.controller.signal), this.party);
      this.keep(peer, link);
      const greeting = await this.hear(link, peer);
      if (!same(greeting.session, this.session))
        throw new CometError('E_FRAME', `A hello of ${peer} names another session.`);
      this.answer(link, greeting);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Takes in a link whose hello has been read and admitted elsewhere. */
  admit(link: ChannelLink, greeting: Greeting): void {
    this.keep(greeting.role, link);
    this.answer(link, greeting);
  }

  has(peer: Role): boolean {
    return this.links.has(peer);
  }

  private get limits(): Limits {
    return this.party.limits ?? DEFAULT_LIMITS;
  }

  private keep(peer: Role, link: ChannelLink): void {
    const { signal } = this.controller;
    if (signal.aborted) {
      link.close(aborted(signal));
      throw aborted(signal);
    }
    this.links.set(peer, link);
    void link.ended.then((error) =>
      this.fail(error ?? new CometError('E_PEER_LOST', `${peer} left before all had arrived: begin a new session.`)),
    );
  }

  private hear(link: ChannelLink, expected: Role): Promise<Greeting> {
    // A dialled peer may have to wait for its own rendezvous, so silence is bounded by ours.
    return receiveHello(link, this.party.role, {
      expected,
      helloMs: this.limits.rendezvousMs,
      signal: this.controller.signal,
    });
  }

  private answer(link: ChannelLink, greeting: Greeting): void {
    link.adopt(greeting.role, this.session);
    sendHello(link, greeting.role, this.helloTo(greeting.role));
    this.greet(greeting.role, greeting);
  }

  private greet(peer: Role, hello: Hello): void {
    this.nonces[peer] = hello.nonce;
    if (peer === 'client') this.maskSeeds = seedsFrom(this.party.role, hello.maskSeeds);
    if (this.missing().length > 0 || !this.settle()) return;
    const { session: id, maskSeeds, links } = this;
    const nonces = this.nonces as Record<Role, Uint8Array>;
    this.resolve(makeSession({ id, role: this.party.role, nonces, maskSeeds, links }));
  }

  private helloTo(peer: Role): Hello {
    const { role } = this.party;
    const maskSeeds = role === 'client' ? seedsFor(peer, this.maskSeeds as Required<MaskSeeds>) : [];
    return { role, software: SOFTWARE, nonce: this.nonce, maskSeeds };
  }

  private missing(): Role[] {
    return othersThan(this.party.role).filter((peer) => !this.nonces[peer]);
  }

  private absent(): CometError {
    const names = this.missing().join(' and ');
    const { rendezvousMs } = this.limits;
    return new CometError(
      'E_PEER_ABSENT',
      `${names} did not join the session at ${this.party.role} within ${rendezvousMs} ms: see that it runs and has the same peers configured.`,
    );
  }

  private readonly onAbort = () => this.fail(aborted(this.outer));

  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    clearTimeout(this.timer);
    this.outer?.removeEventListener('abort', this.onAbort);
    return true;
  }
}
