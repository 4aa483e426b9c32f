/**
 * How long the steps of a run take on a machine and a link, from their itineraries: each party has a core of its own, each link a rate each
 * way, and every message arrives a one-way delay after its last byte was sent. The two servers do the same, so one stands for both.
 */
import { HEADER_BYTES } from '../net/frame.js';
import type { Event, Itinerary, Load } from './itinerary.js';
import type { Constants } from './planner.js';
import { productSeconds } from './speed.js';

/** Of one party's core, and of the links. */
export interface Speeds extends Omit<Constants, 'parallel'> {
  /** From when a message is there to when its receiver, who waits for it, goes on. */
  readonly wakeSeconds: number;
}

/** Parts of the products that one server, and the dealer, compute: two passes each, and one. */
const SHARE = { server: 2 / 5, dealer: 1 / 5 };

/** A direction of a link: what is sent waits for what was sent before. */
class Way {
  #free = 0;

  constructor(private readonly speeds: Speeds) {}

  /** When so many bytes arrive. */
  send(now: number, bytes: number): number {
    this.#free = Math.max(this.#free, now) + bytes / this.speeds.bytesPerSecond;
    return this.#free + this.speeds.oneWaySeconds + this.speeds.wakeSeconds;
  }
}

/** The dealer deals ahead of the servers, as far as the next revealed set. */
class DealerClock {
  #now = 0;
  readonly #way: Way;
  /** What it deals, and does next. */
  #program: readonly { readonly event: Event; readonly load: Load }[] = [];
  #next = 0;
  /** By name, those that nobody has waited for: sections of a layer's rounds are called alike. */
  readonly #arrivals = new Map<string, number[]>();
  /** When each revealed set of the step is there. */
  readonly revealed: number[] = [];

  constructor(private readonly speeds: Speeds) {
    this.#way = new Way(speeds);
  }

  /** Another step. What servers run beside is dealt where it is joined. */
  begin({ events, after }: Itinerary): void {
    const program: { event: Event; load: Load }[] = [];
    const take = (list: readonly Event[], last: Load): void => {
      let beside: readonly Event[] = [];
      for (const [i, event] of list.entries()) {
        if (event.kind === 'beside') beside = event.events;
        if (event.kind === 'join') {
          take(beside, NOTHING);
          beside = [];
        }
        program.push({ event, load: list[i + 1]?.before ?? last });
      }
    };
    take(events, after);
    this.#program = program;
    this.#next = 0;
    this.#arrivals.clear();
    this.revealed.length = 0;
  }

  /** When a section is at the servers; they have opened whatever it depends on. */
  arrival(layer: number, part: number): number {
    const name = `${layer}.${part}`;
    for (;;) {
      const arrives = this.#arrivals.get(name)?.shift();
      if (arrives !== undefined) return arrives;
      this.#deal();
    }
  }

  /** The next section. */
  #deal(): void {
    let name = '';
    let bytes = HEADER_BYTES;
    for (; this.#next < this.#program.length; this.#next++) {
      const { event, load } = this.#program[this.#next];
      if (event.kind === 'section' && name !== '') break;
      if (event.kind === 'section') name = `${event.layer}.${event.part}`;
      if (event.kind === 'reveal') this.#now = Math.max(this.#now, this.revealed.shift()!);
      this.#now += SHARE.dealer * productSeconds(load, this.speeds) + load.dealtBytes * this.speeds.secondsPerByte;
      bytes += load.dealtBytes;
    }
    const arrives = this.#way.send(this.#now, bytes);
    this.#arrivals.set(name, [...(this.#arrivals.get(name) ?? []), arrives]);
  }
}

/** A program beside another: what it does next, and when the peer's answer is there. */
interface Beside {
  readonly events: readonly Event[];
  next: number;
  arrives: number;
}

/** Replays the steps of a session, one after the other. */
export class Replay {
  #now = 0;
  readonly #peer: Way;
  readonly #dealer: DealerClock;
  #beside?: Beside;

  constructor(private readonly speeds: Speeds) {
    this.#peer = new Way(speeds);
    this.#dealer = new DealerClock(speeds);
  }

  /** Seconds from when the client has a token to when it has the next one's state, its own work apart. */
  step(itinerary: Itinerary): number {
    const { oneWaySeconds } = this.speeds;
    const begin = this.#now;
    this.#now += oneWaySeconds;
    this.#dealer.begin(itinerary);
    for (const event of itinerary.events) this.#do(event);
    this.#work(itinerary.after);
    this.#now += oneWaySeconds;
    return this.#now - begin;
  }

  #do(event: Event): void {
    this.#work(event.before);
    switch (event.kind) {
      case 'section':
        return this.#wait(this.#dealer.arrival(event.layer, event.part));
      case 'beside':
        this.#beside = { events: event.events, next: 0, arrives: 0 };
        return;
      case 'join':
        while (this.#beside) this.#goOn(this.#beside);
        return;
      case 'open': {
        const arrives = this.#send(event.bytes);
        if (this.#beside) this.#goOn(this.#beside);
        this.#wait(arrives);
        if (event.clear) this.#dealer.revealed.push(this.#now + this.speeds.oneWaySeconds);
      }
    }
  }

  /** As the driver does it (drive.ts). */
  #goOn(beside: Beside): void {
    this.#wait(beside.arrives);
    while (beside.next < beside.events.length) {
      const event = beside.events[beside.next++];
      if (event.kind !== 'open') this.#do(event);
      else {
        this.#work(event.before);
        beside.arrives = this.#send(event.bytes);
        return;
      }
    }
    this.#beside = undefined;
  }

  /** When what the peer sends at the same time is here: it sends as much. */
  #send(bytes: number): number {
    this.#now += this.speeds.secondsPerRound;
    return this.#peer.send(this.#now, bytes);
  }

  #wait(until: number): void {
    this.#now = Math.max(this.#now, until);
  }

  #work(load: Load): void {
    const bytes = load.openedBytes / 2 + load.dealtBytes;
    this.#now += SHARE.server * productSeconds(load, this.speeds) + bytes * this.speeds.secondsPerByte;
  }
}

const NOTHING: Load = { macs: 0, narrowMacs: 0, openedBytes: 0, dealtBytes: 0 };
