/** Sessions of a bench's parties whose frames a test sees, and may change, on their way. */
import { type SessionMode } from '../../ts/client/session-mode.js';
import { ClientSession } from '../../ts/client/session.js';
import type { Role } from '../../ts/core/config.js';
import type { Channel } from '../../ts/net/channel.js';
import { channelsOf, embeddedChannels, type EmbeddedEnds } from '../../ts/net/embedded.js';
import { decodeFrame, encodeFrame, type Frame } from '../../ts/net/frame.js';
import { openSession } from '../../ts/net/open.js';
import type { Session } from '../../ts/net/session.js';
import { HOSTED, type Hosted } from '../../ts/parties/hosted.js';
import type { LocalReplay } from '../../ts/parties/local.js';
import { OWN_LIMITS, type SessionLimits, type Watch } from '../../ts/parties/roles.js';
import { provisioningId } from '../../ts/provision/manifest.js';
import type { Bench } from './parties.js';

/** Sees every frame to a hosted party; returns what is to be delivered instead. */
export type Tap = (frame: Frame, from: Role, to: Role) => Frame[];

const LIMITS = { frameBytes: 2 ** 28 };

/** Delivers a frame now, or whenever the function that it gets is called. */
export type Deliver = (deliver: () => void) => void;

const now: Deliver = (deliver) => deliver();
const asSent: Tap = (frame) => [frame];

export interface TappedOptions {
  readonly mode?: SessionMode;
  readonly when?: Deliver;
  readonly watch?: Partial<Record<Hosted, Watch>>;
  /** What the hosted parties accept; everything that is due unless given. */
  readonly limits?: Partial<SessionLimits>;
  /** A session to repeat. */
  readonly replay?: LocalReplay;
}

/** A channel whose messages pass through `tap`. */
export const tapped = (channel: Channel, tap: (frame: Frame) => Frame[], when: Deliver = now): Channel => ({
  get bufferedAmount() {
    return channel.bufferedAmount;
  },
  send: (bytes) => channel.send(bytes),
  close: () => channel.close(),
  attach: (receiver) =>
    channel.attach({
      message: (bytes) =>
        tap(decodeFrame(bytes, LIMITS)).forEach((frame) => when(() => receiver.message(encodeFrame(frame)))),
      closed: (error) => when(() => receiver.closed(error)),
    }),
});

/** A session with a tap on every link into a hosted party; `kill` cuts all links of one. */
export async function openTapped(
  { parties, owner }: Bench,
  tap: Tap = asSent,
  { mode, when, watch = {}, limits, replay = {} }: TappedOptions = {},
) {
  const ends = embeddedChannels(replay.session);
  const wrap = (role: Hosted): EmbeddedEnds<Channel> => ({
    session: ends[role].session,
    ports: Object.fromEntries(
      Object.entries(ends[role].ports).map(([peer, channel]) => [
        peer,
        tapped(channel, (frame) => tap(frame, peer as Role, role), when),
      ]),
    ),
  });
  const served = HOSTED.map((role) =>
    parties.parties[role].serve(wrap(role), watch[role], replay[role], { ...OWN_LIMITS, ...limits }),
  );
  const outcome = Promise.allSettled(served);
  const session: Session = await openSession({
    role: 'client',
    provisioning: provisioningId(owner.manifest),
    channel: channelsOf(ends.client),
    session: ends.client.session,
    fixed: replay.client,
  });
  const kill = (role: Hosted): void => Object.values(ends[role].ports).forEach((channel) => channel.close());
  return { session, client: ClientSession.over(owner.client, session, mode), outcome, kill };
}
