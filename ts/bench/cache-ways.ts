/**
 * One run, three ways to compute what its caches lack: in rounds of its own, with the layer, while the layer before is. From the sets that the
 * run opened, so all three are of the same text: counts by the ledger, times by replaying what the parties do on a modelled link.
 */
import type { CacheSummary } from '../client/account.js';
import type { Address } from '../core/address.js';
import { type Itinerary, itineraryOf } from '../cost/itinerary.js';
import { Replay, type Speeds } from '../cost/replay.js';
import type { Cost } from '../gates/cost.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import { DecoderState } from '../program/decoder.js';
import { summaryOf } from '../verify/caches.js';
import { type LedgerTotal, withHeaders } from '../cost/ledger-of.js';
import type { Format, Words } from '../wires/wire.js';

export const WAYS = ['apart', 'merged', 'ahead'] as const;
export type WayName = (typeof WAYS)[number];

/** A run: its steps, and what they opened in the clear. */
export interface Run {
  readonly plan: Plan;
  readonly steps: readonly StepShape[];
  readonly revealed: (at: Address, count: number) => Words;
  /** Positions that are cached before the first step. */
  readonly cached?: number;
}

/** What a run costs one way. */
export interface Walked {
  /** Of each step. */
  readonly itineraries: readonly Itinerary[];
  readonly costs: readonly LedgerTotal[];
  /** Of all layers together. */
  readonly cache: CacheSummary;
}

const rulesOf = (way: WayName, prefetch: number): Pick<StepShape, 'prefetch' | 'apart'> =>
  ({ apart: { apart: true }, merged: {}, ahead: { prefetch } })[way];

/** @param prefetch where it is done ahead: vectors of a layer that are computed before a head needs them */
export function walk(
  { plan, steps, revealed, cached = 0 }: Run,
  way: WayName,
  prefetch: number,
  onCost?: (at: Address, cost: Cost) => void,
): Walked {
  const state = new DecoderState<Format>(plan);
  state.assume(cached);
  const itineraries = steps.map((step) =>
    itineraryOf(plan, state, { ...step, ...rulesOf(way, prefetch) }, { revealed, onCost }),
  );
  return {
    itineraries,
    // Rounds of their own are waited for.
    costs: itineraries.map(({ cost }) => ({
      ...withHeaders(cost),
      rounds: cost.rounds + (way === 'apart' ? cost.refills : 0),
    })),
    cache: summaryOf(plan, state, steps.at(-1)!),
  };
}

/** Seconds of each step. */
export function replayed({ itineraries }: Pick<Walked, 'itineraries'>, speeds: Speeds): number[] {
  const replay = new Replay(speeds);
  return itineraries.map((itinerary) => replay.step(itinerary));
}

/** The same run if nothing had to be computed again: what is beside the rounds is left out. */
export const withoutRefills = ({ itineraries }: Walked): Pick<Walked, 'itineraries'> => ({
  itineraries: itineraries.map((itinerary) => ({
    ...itinerary,
    events: itinerary.events.filter(({ kind }) => kind !== 'beside'),
  })),
});

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The value that so many of the others do not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(part * sorted.length) - 1];
}
export const median = (values: readonly number[]): number => quantile(values, 0.5);
