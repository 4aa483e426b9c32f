/** Runs one role in one greeted session: derives the session's keys, serves, and ends all links in the right way. */
import { codeOf, CometError } from '../core/errors.js';
import type { Session } from '../net/session.js';
import { type Pair, sessionKey } from '../wires/keys.js';
import { dealSession, type DealerModel, type DealerSession } from './dealer.js';
import { serveSession, type ServerModel, type ServerSession } from './server.js';

/** Long-term seeds, 32 bytes, by the peer that has the same one. */
export type PairSeeds = Readonly<Partial<Record<'server0' | 'server1' | 'dealer', Uint8Array>>>;

/** Bounds of one session. */
export interface SessionLimits {
  /** Rows of one step. */
  readonly maxRows: number;
  /** Bytes that the dealer runs ahead. */
  readonly windowBytes: number;
}

export const SESSION_LIMITS: SessionLimits = { maxRows: 64, windowBytes: 64 * 2 ** 20 };

/** What the embedder may watch. */
export type Watch = Pick<ServerSession, 'onOpened' | 'onStep' | 'onMacs' | 'onEpoch' | 'wrap'> &
  Pick<DealerSession, 'onDeal'> & { readonly signal?: AbortSignal };

/** Serves a session as server `model.party`. Resolves when it has ended in order, rejects with the cause when it has not. */
export function runServer(
  model: ServerModel,
  provisioning: Uint8Array,
  session: Session,
  seeds: PairSeeds,
  limits: SessionLimits,
  watch: Watch = {},
): Promise<void> {
  const [me, other] = model.party === 0 ? (['server0', 'server1'] as const) : (['server1', 'server0'] as const);
  const key = (pair: Pair, seed?: Uint8Array) => keyOf(session, provisioning, pair, seed);
  return guarded(session, () =>
    serveSession(model, {
      client: session.link('client'),
      peer: session.link(other),
      dealer: session.link('dealer'),
      tapeKey: key(`${me}-dealer`, seeds.dealer),
      zeroKey: key('server0-server1', seeds[other]),
      clientKey: session.maskSeeds[me]!,
      maxRows: limits.maxRows,
      ...watch,
    }),
  );
}

/** Serves a session as the dealer. */
export function runDealer(
  model: DealerModel,
  provisioning: Uint8Array,
  session: Session,
  seeds: PairSeeds,
  limits: SessionLimits,
  watch: Watch = {},
): Promise<void> {
  const key = (pair: Pair, seed?: Uint8Array) => keyOf(session, provisioning, pair, seed);
  return guarded(session, () =>
    dealSession(model, {
      client: session.link('client'),
      server0: session.link('server0'),
      server1: session.link('server1'),
      tapeKeys: [key('server0-dealer', seeds.server0), key('server1-dealer', seeds.server1)],
      clientKeys: [session.maskSeeds.server0!, session.maskSeeds.server1!],
      ...limits,
      ...watch,
    }),
  );
}

function keyOf({ nonces, id }: Session, provisioning: Uint8Array, pair: Pair, seed?: Uint8Array): Uint8Array {
  if (!seed) throw new CometError('E_CONFIG', `the seed of ${pair} is missing in this party's configuration`);
  return sessionKey(seed, pair, { ...nonces, session: id, provisioning });
}

/** Ends the session after `serve`: in order, or telling all peers the cause. */
async function guarded(session: Session, serve: () => Promise<void>): Promise<void> {
  let byes = 0;
  for (const peer of ['client', 'server0', 'server1', 'dealer'] as const) {
    if (peer === session.role) continue;
    void session.link(peer).ended.then((error) => {
      if (error !== undefined) return;
      byes += 1;
      // Nothing is for anybody any more. Peers may wait for each other, and would not notice.
      if (peer === 'client') session.close();
    });
  }
  try {
    await serve();
    session.close();
  } catch (error) {
    // A peer that said bye has ended the session in order, whatever we were waiting for: the peer, or a link that was closed here.
    await Promise.resolve();
    if (byes > 0 && ['E_PEER_LOST', 'E_ABORTED'].includes(codeOf(error) ?? '')) return session.close();
    session.close(error);
    throw error;
  }
}
