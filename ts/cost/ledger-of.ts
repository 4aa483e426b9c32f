/** The cost of whole steps, or of one layer of a step, by formula. */
import type { LayerCost } from '../gates/ledger.js';
import { HEADER_BYTES } from '../net/frame.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import { walkLedger, type WalkOptions } from './walk.js';

/** Frame headers included, as the meter counts. */
export interface LedgerTotal {
  readonly rounds: number;
  readonly onlineBytes: number;
  readonly offlineBytes: number;
  readonly macs: number;
}

/** What the formulas say of some steps. */
export const ledgerOf = (plan: Plan, steps: readonly StepShape[], options: WalkOptions = {}): LedgerTotal =>
  withHeaders(walkLedger(plan, steps, options).of());

/** What they say of one layer of a step. */
export const ledgerOfLayer = (plan: Plan, step: StepShape, layer: number, options: WalkOptions): LedgerTotal =>
  withHeaders(walkLedger(plan, [step], options).of(layer));

/**
 * A frame each way a round and an exchange of refills, a credit and a tape frame a section, and
 * what servers tell the dealer.
 */
export const withHeaders = ({ rounds, refills, sections, reveals, onlineBytes, ...rest }: LayerCost): LedgerTotal => ({
  rounds,
  onlineBytes: onlineBytes + HEADER_BYTES * (2 * (rounds + refills) + sections + reveals),
  offlineBytes: rest.offlineBytes + HEADER_BYTES * sections,
  macs: rest.macs,
});
