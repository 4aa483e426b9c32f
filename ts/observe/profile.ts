/** Where a party's time goes in a session. Off unless asked for: every call into the kernels is then timed twice. */
import type { Role } from '../core/config.js';
import { ROLES } from '../core/config.js';
import type { Kind } from '../net/frame.js';
import type { Outgoing } from '../net/link.js';
import { type Observed, type Part, WORK, type Work } from './observed.js';
import type { Observer } from './observer.js';
import { Stopwatch } from './stopwatch.js';

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
