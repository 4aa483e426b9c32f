/** Where a party's time goes in a session. Off unless asked for: every call into the kernels is then timed twice. */
import type { Role } from '../core/config.js';
import { ROLES } from '../core/config.js';
import type { MeterCalls } from '../kernels/metered.js';
import type { Channel } from '../net/channel.js';
import type { Dial } from '../net/gathering.js';
import type { Link } from '../net/link.js';
import type { Session } from '../net/session.js';
import { Stopwatch } from '../schedule/stopwatch.js';

const WORK = ['kernels', 'crossing', 'frames', 'program'] as const;

/**
 * `kernels`: inside WebAssembly. `crossing`: copying arguments and results between it and JavaScript. `frames`: encoding, decoding and
 * handing them to the channel. `program`: all other JavaScript. A role: waiting for a frame of that party (for the dealer, server 1's are
 * credits), on a machine with fewer cores than parties also for a core.
 */
export type Part = (typeof WORK)[number] | Role;

/** Seconds of each part. */
export type Profile = Readonly<Record<Part, number>>;

/** Times one party. */
export class PartyProfile {
  readonly #watch = new Stopwatch<Part>([...WORK, ...ROLES], 'program');

  /** For `loadKernels`. */
  readonly meter: MeterCalls = (part, call) => this.#watch.during(part, call);

  /** So far. */
  totals(): Profile {
    return this.#watch.totals();
  }

  /** Times what channels deliver. */
  dial(dial: Dial): Dial {
    return async (peer, signal) => {
      const channel = await dial(peer, signal);
      return this.#channel(channel);
    };
  }

  /** Times what a session sends and waits for. */
  session(session: Session): Session {
    const links = new Map<Role, Link>();
    for (const peer of ROLES) if (peer !== session.role) links.set(peer, this.#link(session.link(peer)));
    return { ...session, link: (peer) => links.get(peer) ?? session.link(peer) };
  }

  #channel(channel: Channel): Channel {
    const watch = this.#watch;
    return {
      get bufferedAmount() {
        return channel.bufferedAmount;
      },
      attach: (receiver) =>
        channel.attach({
          message: (bytes) => watch.during('frames', () => receiver.message(bytes)),
          closed: (error) => receiver.closed(error),
        }),
      send: (bytes) => channel.send(bytes),
      close: () => channel.close(),
    };
  }

  #link(link: Link): Link {
    const watch = this.#watch;
    return {
      peer: link.peer,
      meter: link.meter,
      ended: link.ended,
      send: (frame) => watch.during('frames', () => link.send(frame)),
      receive: (signal) => watch.until(link.peer, link.receive(signal)),
      // A shuffle waits while steps run: its waits are none of the party's.
      expect: (kind, address, signal) => {
        const frame = link.expect(kind, address, signal);
        return kind === 'shuffle' ? frame : watch.until(link.peer, frame);
      },
      drained: (signal, unsent) => {
        const drained = link.drained(signal, unsent);
        return unsent === undefined ? watch.until(link.peer, drained) : drained;
      },
      close: (error) => link.close(error),
    };
  }
}
