import { randomBytes } from '@noble/hashes/utils.js';
import { dialledBy, othersThan, type Role } from '../core/config.js';
import { Gathering, type Dial, type Fixed, type Party } from './gathering.js';
import type { Session } from './session.js';

/** How to open one session whose channels are known, or can be made, beforehand. */
export interface OpenOptions extends Party {
  /** The channel to each peer: dialled by a client, a port of an embedded party. */
  readonly channel: Dial;
  /** 16 bytes; drawn afresh unless given. Only embedded parties, whose ports come with a session, give it. */
  readonly session?: Uint8Array;
  readonly signal?: AbortSignal;
  /** For tests that repeat a session; see {@link Fixed}. */
  readonly fixed?: Fixed;
}

/**
 * Opens a session: greets those that `role` connects to and awaits the others.
 * @throws CometError E_PEER_ABSENT, E_PROVISIONING, E_VERSION, E_UNAUTHORIZED, E_LIMIT, E_ABORTED ...; all peers are told.
 */
export function openSession({
  channel,
  session = randomBytes(16),
  signal,
  fixed,
  ...party
}: OpenOptions): Promise<Session> {
  const gathering = new Gathering(party, session, signal, fixed);
  const dialled: readonly Role[] = dialledBy(party.role);
  for (const peer of othersThan(party.role)) {
    void (dialled.includes(peer) ? gathering.dial(peer, channel) : gathering.await(peer, channel));
  }
  return gathering.ready;
}
