/** The cost of whole steps by formula. */
import { LedgerGates } from '../gates/ledger.js';
import { decoderStep, type StepShape } from '../model/decoder.js';
import type { Plan } from '../model/plan.js';
import { HEADER_BYTES } from '../net/frame.js';
import type { Format } from '../wires/wire.js';

/** Frame headers included, as the meter counts. */
export interface LedgerTotal {
  readonly rounds: number;
  readonly onlineBytes: number;
  readonly offlineBytes: number;
  readonly macs: number;
}

/** What the formulas say of some steps: frame headers included. `start` positions are cached already. */
export function ledgerOf(plan: Plan, steps: readonly StepShape[], start = 0): LedgerTotal {
  const gates = new LedgerGates(plan.shape, start);
  for (const step of steps) {
    const x: Format = { rows: step.rows, cols: plan.shape.width, width: plan.wx, scale: plan.sx };
    const program = decoderStep<Format, void>(gates, plan, step, x);
    while (!program.next([]).done);
  }
  const { onlineBytes, offlineBytes, macs } = gates.total;
  return {
    rounds: gates.rounds,
    // A frame each way a round, a credit and a tape frame a section.
    onlineBytes: onlineBytes + HEADER_BYTES * (2 * gates.rounds + gates.sections),
    offlineBytes: offlineBytes + HEADER_BYTES * gates.sections,
    macs,
  };
}
