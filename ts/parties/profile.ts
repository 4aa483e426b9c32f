/** Where a party's time goes in a session. Off unless asked for: every call into the kernels is then timed twice. */
import type { Role } from '../core/config.js';
import { ROLES } from '../core/config.js';
import type { Kind } from '../net/frame.js';
import type { Outgoing } from '../net/link.js';
import { Stopwatch } from '../schedule/stopwatch.js';
import type { Observed, Observer, Work } from './observer.js';

const WORK = ['kernels', 'crossing', 'frames', 'program'] as const;

/**
 * Each work for itself: a call's copying is `crossing`, what is inside WebAssembly is not. `program`: all other JavaScript. A role: waiting
 * for a frame of that party (for the dealer, server 1's are credits), on a machine with fewer cores than parties also for a core.
 */
export type Part = (typeof WORK)[number] | Role;

/** Seconds of each part. */
export type Profile = Readonly<Record<Part, number>>;

/** Times one party. */
export class PartyProfile implements Observer {
  readonly #watch = new Stopwatch<Part>([...WORK, ...ROLES], 'program');

  readonly during = <R>(work: Work, call: () => R): R => this.#watch.during(work, call);

  send(_peer: Role, _frame: Outgoing, call: () => void): void {
    this.#watch.during('frames', call);
  }

  /** A shuffle waits while steps run: its waits are none of the party's. */
  until<R>(peer: Role, promise: Promise<R>, due?: Kind): Promise<R> {
    return due === 'shuffle' ? promise : this.#watch.until(peer, promise);
  }

  observed(): Observed {
    return { profile: this.#watch.totals() };
  }
}
