import { dialledBy, type ListeningRole, type Role } from '../core/config.js';
import { CometError } from '../core/errors.js';
import { DEFAULT_LIMITS } from '../core/limits.js';
import type { Channel } from './channel.js';
import { asCometError, stopped } from './failure.js';
import { Gathering, type Dial, type Party } from './gathering.js';
import { receiveHello, type Greeting } from './hello.js';
import { ChannelLink } from './link.js';
import { sessionName, type Session } from './session.js';

/** Where a connection comes from, as far as its transport knows. */
export interface Origin {
  readonly remoteAddress?: string;
  /** The common name of the peer's certificate, on a TLS link. */
  readonly peerCertificateName?: string;
  /** All names of that certificate; one must be the role that the peer claims. Undefined without TLS. */
  readonly certificateNames?: readonly string[];
}

/** What is asked before a connection is let into a session. */
export interface AdmissionRequest {
  /** The session's id, hexadecimal. */
  readonly id: string;
  readonly peerRole: Role;
  readonly peerCertificateName?: string;
  readonly remoteAddress?: string;
}
export type Authorize = (request: AdmissionRequest) => boolean | Promise<boolean>;

export interface RendezvousOptions extends Party {
  /** How this party reaches those that it connects to itself. */
  readonly dial: Dial;
  /** Called with each complete session. The session counts against `limits.sessions` until all its links have ended. */
  readonly onSession: (session: Session) => void;
  /** Called for each connection or session that came to nothing. */
  readonly onFailure?: (error: CometError) => void;
  readonly authorize?: Authorize;
}

/** Session ids remembered at most. Forgetting one is harmless: tape keys depend on fresh nonces, not on ids. */
const REMEMBERED = 2 ** 20;

/** Collects, at a listening party, the links of each session until it is complete; serves several sessions at once. */
export class Rendezvous {
  private readonly pending = new Map<string, Gathering>();
  private readonly active = new Set<Session>();
  private readonly used = new Set<string>();
  private readonly unheard = new Set<ChannelLink>();
  private closed?: CometError;

  constructor(private readonly options: RendezvousOptions) {}

  /** Takes a new connection: hears its hello, asks `authorize`, and puts it into its session. Never rejects. */
  async admit(channel: Channel, origin: Origin = {}): Promise<void> {
    const { role, limits: { helloMs, pendingSessions } = DEFAULT_LIMITS } = this.options;
    const link = new ChannelLink(channel, this.options);
    try {
      if (this.closed) throw this.closed;
      // Each session brings at most three connections, so more than these belong to nobody.
      if (this.unheard.size >= 3 * pendingSessions)
        throw busy('connection', this.unheard.size, 'pendingSessions', 'without a hello');
      this.unheard.add(link);
      const greeting = await receiveHello(link, role, { helloMs });
      await this.check(greeting, origin);
      this.gatheringOf(greeting).admit(link, greeting);
    } catch (error) {
      link.close(error);
      this.options.onFailure?.(asCometError(error));
    } finally {
      this.unheard.delete(link);
    }
  }

  get counts(): { readonly active: number; readonly pending: number } {
    return { active: this.active.size, pending: this.pending.size };
  }

  /** Ends every session, pending or active, and refuses new ones. */
  close(error: CometError = stopped(this.options.role as ListeningRole)): void {
    this.closed = error;
    for (const link of this.unheard) link.close(error);
    for (const gathering of [...this.pending.values()]) gathering.fail(error);
    for (const session of [...this.active]) session.close(error);
  }

  private async check({ role: peerRole, session }: Greeting, origin: Origin): Promise<void> {
    const { role, authorize } = this.options;
    if ((dialledBy(role) as Role[]).includes(peerRole))
      throw refused(`${role} connects to ${peerRole}, not the reverse`);
    const { certificateNames, peerCertificateName, remoteAddress } = origin;
    if (certificateNames && !certificateNames.includes(peerRole))
      throw refused(`its certificate does not name ${peerRole}`);
    const request = { id: sessionName(session), peerRole, peerCertificateName, remoteAddress };
    if (authorize && !(await authorize(request))) throw refused(`${peerRole} may not join this session`);
    if (this.closed) throw this.closed;
  }

  private gatheringOf({ role: peer, session }: Greeting): Gathering {
    const id = sessionName(session);
    const existing = this.pending.get(id);
    if (existing?.has(peer)) throw refused(`${peer} is already in this session`);
    if (existing) return existing;
    if (this.used.has(id)) throw refused('the session has been used before; draw a new id for each');
    return this.begin(id, session);
  }

  private begin(id: string, session: Uint8Array): Gathering {
    const { role, dial, limits = DEFAULT_LIMITS } = this.options;
    if (this.pending.size >= limits.pendingSessions)
      throw busy('session', this.pending.size, 'pendingSessions', 'that wait for their parties');
    if (this.pending.size + this.active.size >= limits.sessions) throw busy('session', limits.sessions, 'sessions');
    this.remember(id);
    const gathering = new Gathering(this.options, session);
    this.pending.set(id, gathering);
    void this.finish(id, gathering);
    for (const peer of dialledBy(role)) void gathering.dial(peer, dial);
    return gathering;
  }

  private async finish(id: string, { ready }: Gathering): Promise<void> {
    try {
      this.serve(await ready);
    } catch (error) {
      this.options.onFailure?.(asCometError(error));
    } finally {
      this.pending.delete(id);
    }
  }

  private serve(session: Session): void {
    this.active.add(session);
    void session.ended.then(() => this.active.delete(session));
    try {
      this.options.onSession(session);
    } catch (error) {
      session.close(error);
      throw error;
    }
  }

  private remember(id: string): void {
    if (this.used.size >= REMEMBERED) this.used.delete(this.used.values().next().value as string);
    this.used.add(id);
  }
}

const refused = (why: string) => new CometError('E_UNAUTHORIZED', `A connection was refused: ${why}.`);

function busy(what: string, size: number, limit: 'sessions' | 'pendingSessions', which = ''): CometError {
  const held = `${size} ${what}${size === 1 ? '' : 's'}${which && ` ${which}`}`;
  const option = limit === 'sessions' ? ' (serve --max-sessions)' : '';
  return new CometError(
    'E_LIMIT',
    `This party already has ${held}: try again later, or raise limits.${limit} of its configuration${option}.`,
  );
}
