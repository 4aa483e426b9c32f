/**
 * What the parties do in a step, one thing after the other, from the cost ledger: work, frames, and whose frames are waited for. Counts
 * only, so a recorded run can be replayed on any machine and link (replay.ts).
 */
import type { Address } from '../core/address.js';
import type { Cost } from '../gates/cost.js';
import { type LayerCost, LedgerGates } from '../gates/ledger.js';
import { HEADER_BYTES } from '../net/frame.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import { type DecoderState, decoderStep } from '../program/decoder.js';
import type { Lane, Opening, Program, SectionPart } from '../wires/effects.js';
import { packedBytes } from '../wires/section.js';
import { type Format, sizeOf, type Words } from '../wires/wire.js';

/** What comes before an event: multiply-accumulates of all parties, and bytes that are opened or dealt. */
export interface Load {
  macs: number;
  /** Of them, those in words of 32 bits. */
  narrowMacs: number;
  openedBytes: number;
  dealtBytes: number;
}

/** `bytes` are those of one server's frame, header included; `clear` where the servers tell the dealer what they opened. */
export type Event = { readonly before: Load } & (
  | { readonly kind: 'section'; readonly layer: number; readonly part: SectionPart }
  | { readonly kind: 'open'; readonly bytes: number; readonly clear: boolean }
  | { readonly kind: 'reveal' }
  | { readonly kind: 'beside'; readonly events: readonly Event[] }
  | { readonly kind: 'join' }
);

/** A step's events, what comes after the last, and what all of it costs. */
export interface Itinerary {
  readonly events: readonly Event[];
  readonly after: Load;
  readonly cost: LayerCost;
}

const nothing = (): Load => ({ macs: 0, narrowMacs: 0, openedBytes: 0, dealtBytes: 0 });

class Itinerant extends LedgerGates {
  events: Event[] = [];
  load = nothing();

  constructor(plan: Plan, revealed: (at: Address, count: number) => Words, onCost?: (at: Address, cost: Cost) => void) {
    super(plan, revealed, (at, cost) => {
      this.load.macs += cost.macs;
      this.load.narrowMacs += cost.narrowMacs;
      this.load.openedBytes += cost.onlineBytes;
      this.load.dealtBytes += cost.offlineBytes;
      onCost?.(at, cost);
    });
  }

  override *correlate(step: number, layer: number, part?: SectionPart): Program<void> {
    this.#push({ kind: 'section', layer, part: part! });
    yield* super.correlate(step, layer);
  }

  override *open(
    layer: number,
    round: number,
    openings: readonly Opening<void>[],
    lane: Lane = 'opening',
  ): Program<Format[]> {
    const wires = yield* super.open(layer, round, openings, lane);
    const bytes = openings.reduce((sum, opening) => sum + packedBytes(sizeOf(opening), opening.width), HEADER_BYTES);
    this.#push({ kind: 'open', bytes, clear: openings.some(({ clear }) => clear) });
    return wires;
  }

  override *reveal(at: Address, bits: Format): Program<Words> {
    this.#push({ kind: 'reveal' });
    return yield* super.reveal(at, bits);
  }

  override *beside(program: Program<void>): Program<void> {
    const [events, load] = [this.events, this.load];
    [this.events, this.load] = [[], nothing()];
    yield* super.beside(program);
    const own = this.events;
    [this.events, this.load] = [events, load];
    this.#push({ kind: 'beside', events: own });
  }

  override *join(): Program<void> {
    this.#push({ kind: 'join' });
  }

  #push(event: EventKind): void {
    this.events.push({ before: this.load, ...event });
    this.load = nothing();
  }
}

type WithoutLoad<E> = E extends unknown ? Omit<E, 'before'> : never;
type EventKind = WithoutLoad<Event>;

/** What is revealed in a run, and who hears of the costs. */
export interface Recorded {
  readonly revealed: (at: Address, count: number) => Words;
  readonly onCost?: (at: Address, cost: Cost) => void;
}

/** The itinerary of the next step of a run whose caches are in `state`. */
export function itineraryOf(
  plan: Plan,
  state: DecoderState<Format>,
  step: StepShape,
  { revealed, onCost }: Recorded,
): Itinerary {
  const gates = new Itinerant(plan, revealed, onCost);
  const x: Format = { rows: step.rows, cols: plan.shape.width, width: plan.wx, scale: plan.sx };
  const program = decoderStep<Format, void>(gates, plan, state, step, x);
  while (!program.next([]).done);
  return { events: gates.events, after: gates.load, cost: gates.of() };
}
