/** The cost of whole steps, or of one layer of a step, by formula. */
import { walkLedger, type WalkOptions } from '../cost/walk.js';
import { epochCost } from '../epoch/cost.js';
import type { LayerCost } from '../gates/ledger.js';
import { HEADER_BYTES } from '../net/frame.js';
import { type EpochPolicy, EpochSchedule } from '../plan/epoch.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';

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

/** A frame each way a round and an exchange of refills, a credit and a tape frame a section, and what servers tell the dealer. */
export const withHeaders = ({ rounds, refills, sections, reveals, onlineBytes, ...rest }: LayerCost): LedgerTotal => ({
  rounds,
  onlineBytes: onlineBytes + HEADER_BYTES * (2 * (rounds + refills) + sections + reveals),
  offlineBytes: rest.offlineBytes + HEADER_BYTES * sections,
  macs: rest.macs,
});

/** What beginning epochs costs. */
export interface EpochTotal {
  readonly epochs: number;
  /** On all links, frame headers included. */
  readonly epochBytes: number;
}

/** The epochs that begin before one of these steps. */
export function epochsOf(
  plan: Plan,
  steps: readonly Pick<StepShape, 'rows' | 'sparse'>[],
  policy: EpochPolicy = { fresh: false },
): EpochTotal {
  const schedule = new EpochSchedule(policy);
  const total = { epochs: 0, epochBytes: 0 };
  for (const { rows, sparse = false } of steps) {
    const epoch = schedule.next({ rows, sparse });
    if (epoch.number === total.epochs) continue;
    total.epochs = epoch.number;
    const { bytes, frames } = epochCost(plan, epoch);
    total.epochBytes += bytes + HEADER_BYTES * frames;
  }
  return total;
}
