/** Runs one role in one greeted session: derives the session's keys, serves, and ends all links in the right way. */
import { codeOf, CometError } from '../core/errors.js';
import { DEFAULT_LIMITS, type Limits } from '../core/limits.js';
import { patient } from '../net/patience.js';
import type { Session } from '../net/session.js';
import { sessionKey, type Pair } from '../wires/keys.js';
import { dealSession, type DealerModel, type DealerSession } from './dealer.js';
import { serveSession, type ServerModel, type ServerSession } from './server.js';
import type { StepLimits } from './step-counter.js';

/** Long-term seeds, 32 bytes, by the peer that has the same one. */
export type PairSeeds = Readonly<Partial<Record<'server0' | 'server1' | 'dealer', Uint8Array>>>;

/** Bounds of one session. */
export interface SessionLimits extends StepLimits, Pick<Limits, 'stallMs' | 'idleMs'> {
  /** Bytes that the dealer runs ahead. */
  readonly windowBytes: number;
}

/** For clients that this party does not trust. */
export const sessionLimits = ({ epochs, frameBytes, cacheBytes, stallMs, idleMs }: Limits): SessionLimits => ({
  ...{ maxRows: 64, maxEpochs: epochs, frameBytes, cacheBytes },
  windowBytes: 32 * 2 ** 20,
  ...{ stallMs, idleMs },
});

/** Where the client is who started all parties: nobody else waits. */
export const OWN_LIMITS: SessionLimits = {
  ...sessionLimits(DEFAULT_LIMITS),
  maxEpochs: Infinity,
  ...{ stallMs: 0, idleMs: 0 },
};

/** What the embedder may watch. */
export type Watch = Pick<ServerSession, 'onOpened' | 'onStep' | 'onMacs' | 'onEpoch' | 'wrap' | 'awaiting'> &
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
  const [client, peer, dealer] = (['client', other, 'dealer'] as const).map((role) => session.link(role));
  const silent = (who: string) => (): CometError => stalled(who, limits.stallMs);
  const signs = [peer, dealer];
  const within = { milliseconds: limits.stallMs, signs };
  return guarded(session, () =>
    serveSession(model, {
      client: patient(client, { milliseconds: limits.idleMs, signs, error: () => idle(limits.idleMs) }),
      peer: patient(peer, { ...within, error: silent(other) }),
      dealer: patient(dealer, { ...within, error: silent('dealer') }),
      tapeKey: key(`${me}-dealer`, seeds.dealer),
      zeroKey: key('server0-server1', seeds[other]),
      clientKey: session.maskSeeds[me]!,
      limits,
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
  const [client, server0, server1] = (['client', 'server0', 'server1'] as const).map((role) => session.link(role));
  // It runs ahead, so whatever it waits for may come when the client has sent its next input. As long as servers work, it does.
  const patience = { milliseconds: limits.idleMs, signs: [server0, server1], error: () => idle(limits.idleMs) };
  return guarded(session, () =>
    dealSession(model, {
      client: patient(client, patience),
      server0: patient(server0, patience),
      server1: patient(server1, patience),
      tapeKeys: [key('server0-dealer', seeds.server0), key('server1-dealer', seeds.server1)],
      clientKeys: [session.maskSeeds.server0!, session.maskSeeds.server1!],
      windowBytes: limits.windowBytes,
      limits,
      ...watch,
    }),
  );
}

const stalled = (who: string, milliseconds: number): CometError =>
  new CometError(
    'E_TIMEOUT',
    `${who} sent nothing for ${milliseconds / 1000} s within a step: a client that tells parties different steps causes that, or a very slow link; there raise --stall-timeout`,
  );

const idle = (milliseconds: number): CometError =>
  new CometError(
    'E_TIMEOUT',
    `nothing came for ${milliseconds / 1000} s where the client's next step was due: begin a new session, or raise --idle-timeout of servers and dealer`,
  );

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
