/** The cost of whole steps by formula. */
import type { StepShape } from '../model/decoder.js';
import type { Plan } from '../model/plan.js';
import { HEADER_BYTES } from '../net/frame.js';
import { walkLedger } from '../schedule/walk.js';

/** Frame headers included, as the meter counts. */
export interface LedgerTotal {
  readonly rounds: number;
  readonly onlineBytes: number;
  readonly offlineBytes: number;
  readonly macs: number;
}

/** What the formulas say of some steps: frame headers included. */
export function ledgerOf(plan: Plan, steps: readonly StepShape[]): LedgerTotal {
  const gates = walkLedger(plan, steps);
  const { onlineBytes, offlineBytes, macs } = gates.total;
  return {
    rounds: gates.rounds,
    // A frame each way a round, a credit and a tape frame a section.
    onlineBytes: onlineBytes + HEADER_BYTES * (2 * gates.rounds + gates.sections),
    offlineBytes: offlineBytes + HEADER_BYTES * gates.sections,
    macs,
  };
}
