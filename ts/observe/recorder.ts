/**
 * Keeps what happens at one party, for a trace: names, sizes, addresses and times, never a value. ts/trace turns the records of all parties into a
 * timeline. A gate's calls into the kernels are counted with it; others are one record as long as nothing else happens between them.
 */
import type { Address } from '../core/address.js';
import { commonNow } from '../core/clock.js';
import type { Role } from '../core/config.js';
import type { Jobs } from '../gates/attention.js';
import type { Frame, Kind } from '../net/frame.js';
import type { Outgoing } from '../net/link.js';
import type { EpochBegun } from '../plan/epoch.js';
import type { Lane, Opening } from '../wires/effects.js';
import type { Awaited, Calls, Happening, Observed, SeenFrame, Span, Work } from './observed.js';
import type { Observer } from './observer.js';
import { timed } from './timed.js';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Records one party. */
export class Recorder implements Observer {
  readonly #happenings: Happening[] = [];
  /** Calls since the latest gate began, where one is under way. */
  #gate?: Writable<Calls>;
  /** Calls outside gates that nothing has come between. */
  #loose?: Writable<Calls & Span>;
  readonly #waits = new Set<Awaited & { begin: number }>();
  #step = 0;
  #position = 0;

  readonly during = <R>(work: Work, call: () => R): R => {
    if (work !== 'crossing') return call();
    const begin = commonNow();
    try {
      return call();
    } finally {
      this.#count(begin, commonNow());
    }
  };

  send(peer: Role, frame: Outgoing, call: () => void): void {
    this.#flush();
    const begin = commonNow();
    call();
    this.#happenings.push({ what: 'sent', peer, frame: seen(frame), begin, end: commonNow() });
  }

  async until<R>(peer: Role, promise: Promise<R>, due?: Kind): Promise<R> {
    this.#flush();
    const wait = { peer, due, begin: commonNow() };
    this.#waits.add(wait);
    try {
      const result = await promise;
      const { begin } = wait;
      this.#flush();
      if (isFrame(result)) this.#happenings.push({ what: 'taken', peer, frame: seen(result), begin, end: commonNow() });
      return result;
    } finally {
      this.#waits.delete(wait);
    }
  }

  gates<T extends object>(gates: T): T {
    return spied(
      timed(gates, (at, gate) => this.#begin(at, gate)),
      {
        rewind: (position: number) => void (this.#position = position),
        open: (layer: number, round: number, openings: readonly Opening<unknown>[], lane: Lane = 'opening') => {
          if (lane !== 'opening') return;
          const now = commonNow();
          const ops = openings.map(({ at }) => at.op);
          this.#happenings.push({ what: 'opens', step: this.#step, layer, round, ops, begin: now, end: now });
        },
        store: (layer: number, cache: string, jobs: Jobs) => void (cache === 'keys' && this.#refill(layer, jobs)),
      },
    );
  }

  epoch({ number, heads, bytes, seconds, readySeconds }: EpochBegun): void {
    const end = commonNow() - 1000 * readySeconds;
    this.#happenings.push({ what: 'epoch', number, heads, bytes, begin: end - 1000 * seconds, end });
  }

  /** Calls a named part of a step. What `call` begins to wait for is waited for when it has returned. */
  part<R>(name: string, step: number, call: () => R): R {
    const begin = commonNow();
    const result = call();
    const end = commonNow();
    for (const wait of this.#waits) wait.begin = Math.max(wait.begin, end);
    this.#happenings.push({ what: 'part', name, step, begin, end });
    return result;
  }

  observed(): Observed {
    this.#flush();
    const end = commonNow();
    const waiting = [...this.#waits].map((wait): Happening => ({ what: 'waiting', ...wait, end }));
    return { happenings: [...this.#happenings, ...waiting] };
  }

  #begin(at: Address, gate: string): () => void {
    this.#flush();
    this.#step = at.step;
    const calls = (this.#gate = { calls: 0, milliseconds: 0 });
    const begin = commonNow();
    return () => {
      this.#gate = undefined;
      this.#happenings.push({ what: 'gate', gate, at, begin, end: commonNow(), ...calls });
    };
  }

  #count(begin: number, end: number): void {
    const counted = this.#gate ?? (this.#loose ??= { calls: 0, milliseconds: 0, begin, end });
    counted.calls++;
    counted.milliseconds += end - begin;
    if (this.#loose) this.#loose.end = end;
  }

  #flush(): void {
    if (this.#loose) this.#happenings.push({ what: 'kernels', ...this.#loose });
    this.#loose = undefined;
  }

  #refill(layer: number, { heads, positions }: Jobs): void {
    const old = [...positions.keys()].filter((i) => positions[i] < this.#position);
    if (old.length === 0) return;
    const distinct = (list: Uint32Array): number => new Set(old.map((i) => list[i])).size;
    const now = commonNow();
    const size = { vectors: old.length, heads: distinct(heads), positions: distinct(positions) };
    this.#happenings.push({ what: 'refill', step: this.#step, layer, ...size, begin: now, end: now });
  }
}

const seen = ({ kind, step = 0, layer = 0, round = 0, payload }: Outgoing | Frame): SeenFrame => ({
  ...{ kind, step, layer, round },
  bytes: payload?.length ?? 0,
});

const isFrame = (value: unknown): value is Frame => (value as Partial<Frame> | undefined)?.kind !== undefined;

/** The same object; `spies` hear of calls of the methods that they are named after. */
function spied<T extends object>(object: T, spies: Readonly<Record<string, (...args: never[]) => void>>): T {
  return new Proxy(object, {
    get(target, name) {
      const method = Reflect.get(target, name, target) as unknown;
      const spy = Object.hasOwn(spies, name) ? spies[name as string] : undefined;
      if (!spy) return method;
      return (...args: never[]) => {
        spy(...args);
        return (method as (...args: never[]) => unknown)(...args);
      };
    },
  });
}
