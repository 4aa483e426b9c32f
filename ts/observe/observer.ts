/**
 * Watches one party from outside: what it sends and waits for, its calls into the kernels, its gates. A profile (profile.ts) adds up times, a
 * trace (recorder.ts) keeps what happened. Nothing is wrapped where nobody watches.
 */
import { type Role, ROLES } from '../core/config.js';
import type { Channel } from '../net/channel.js';
import type { Kind } from '../net/frame.js';
import type { Dial } from '../net/gathering.js';
import type { Link, Outgoing } from '../net/link.js';
import type { Session } from '../net/session.js';
import type { EpochBegun } from '../plan/epoch.js';
import type { Observed, Work } from './observed.js';

/** What observers are called by where one is asked for. */
export type ObserverName = 'profile' | 'trace';

export interface Observer {
  /** Calls `call`, which is work of that kind; calls may be nested. Also what `loadKernels` takes. */
  readonly during: <R>(work: Work, call: () => R) => R;
  /** Calls `call`, which sends that frame. */
  send(peer: Role, frame: Outgoing, call: () => void): void;
  /** Waits for `peer`: for a frame, of the kind that is due where only one may come, or for room to send one. */
  until<R>(peer: Role, promise: Promise<R>, due?: Kind): Promise<R>;
  /** The same gates, watched. */
  gates?<T extends object>(gates: T): T;
  /** An epoch has begun. */
  epoch?(epoch: EpochBegun): void;
  observed(): Observed;
}

/** Watches what channels deliver. */
export const observedDial =
  (observer: Observer, dial: Dial): Dial =>
  async (peer, signal) =>
    observedChannel(observer, await dial(peer, signal));

/** Watches what a session sends and waits for. */
export function observedSession(observer: Observer, session: Session): Session {
  const links = new Map<Role, Link>();
  for (const peer of ROLES) if (peer !== session.role) links.set(peer, observedLink(observer, session.link(peer)));
  return { ...session, link: (peer) => links.get(peer) ?? session.link(peer) };
}

const observedChannel = (observer: Observer, channel: Channel): Channel => ({
  get bufferedAmount() {
    return channel.bufferedAmount;
  },
  attach: (receiver) =>
    channel.attach({
      message: (bytes) => observer.during('frames', () => receiver.message(bytes)),
      closed: (error) => receiver.closed(error),
    }),
  send: (bytes) => channel.send(bytes),
  close: () => channel.close(),
});

const observedLink = (observer: Observer, link: Link): Link => ({
  peer: link.peer,
  meter: link.meter,
  ended: link.ended,
  send: (frame) => observer.send(link.peer, frame, () => link.send(frame)),
  // What a client sends is read ahead: the inbox says when it is waited for.
  receive: (signal) => {
    const frame = link.receive(signal);
    return link.peer === 'client' ? frame : observer.until(link.peer, frame);
  },
  expect: (kind, address, signal) => observer.until(link.peer, link.expect(kind, address, signal), kind),
  waiting: (kind, address) => link.waiting(kind, address),
  // Who names what may be unsent sends beside the steps, and nobody waits for it.
  drained: (signal, unsent) => {
    const drained = link.drained(signal, unsent);
    return unsent === undefined ? observer.until(link.peer, drained) : drained;
  },
  close: (error) => link.close(error),
});
