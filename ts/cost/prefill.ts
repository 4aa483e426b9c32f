/**
 * Cuts a prompt into steps: as many rows as one frame of the dealer's tape holds. A score costs it some 500 bytes (two exp tables), and
 * each row has as many scores a head as there are positions before it: later steps have fewer rows.
 */
import type { AnnouncedStep } from '../plan/announced-step.js';
import { type Plan, prefixLength } from '../plan/formats.js';
import { MODES, type StepShape } from '../plan/step.js';
import { walkLedger } from './walk.js';

/** Most rows of a step. */
export const PREFILL_ROWS = 32;

/** Bytes that a section may have: half a frame's limit, so that the dealer's window holds the next one too. */
const SECTION_BYTES = 2 ** 25;

/** What steps of a prompt are for. */
export interface PrefillOptions {
  /** Whether the states of all rows come back, or those of the very last, which is the default. */
  readonly outputs?: 'last' | 'all';
  /** The first position that is read; those before are cached. The one behind the plan's prefix unless given. */
  readonly from?: number;
}

/** Steps that read the tokens of a text of `length` from a position on. */
export function prefillSteps(
  plan: Plan,
  length: number,
  { outputs = 'last', from = prefixLength(plan) }: PrefillOptions = {},
): AnnouncedStep[] {
  const steps: AnnouncedStep[] = [];
  const layer = longestLayer(plan);
  let position = from;
  while (position < length) {
    const rows = rowsThatFit(plan, Math.min(PREFILL_ROWS, length - position), position, layer);
    const last = position + rows === length;
    steps.push({ rows, position, outputs: outputs === 'last' && !last ? 'none' : outputs });
    position += rows;
  }
  return steps;
}

const rowsThatFit = (plan: Plan, rows: number, position: number, layer: number): number =>
  rows === 1 || sectionBytes(plan, rows, position, layer) <= SECTION_BYTES
    ? rows
    : rowsThatFit(plan, rows >> 1, position, layer);

/** The layer with the longest sections: wide scores make them many times as long as those of others. */
export function longestLayer(plan: Plan): number {
  const bytes = plan.layers.map((_, layer) => sectionBytes(plan, 1, plan.shape.context - 1, layer));
  return bytes.indexOf(Math.max(...bytes));
}

/**
 * Most bytes of a section of the tape for one layer of a step: those of a dense one, or where the step is exact, which opens
 * `r u` wider, of both sections of one where every neuron is active.
 */
export function sectionBytes(plan: Plan, rows: number, position: number, layer: number, exact = false): number {
  const alone = { ...plan, shape: { ...plan.shape, layers: 1 }, layers: [plan.layers[layer]] };
  const step = { step: 0, rows, position, outputs: 'none' as const };
  const walked = (how: Pick<StepShape, 'sparse' | 'modes'>): number =>
    walkLedger(alone, [{ ...step, ...how }], { cached: position }).of().offlineBytes;
  return exact ? Math.max(walked({}), walked({ sparse: true, modes: MODES.exact })) : walked({});
}
