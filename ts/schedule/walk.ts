/** Walks the decoder program with the cost ledger in the place of a party: formats and formulas, no values. */
import { LedgerGates } from '../gates/ledger.js';
import { decoderStep, type StepShape } from '../model/decoder.js';
import type { Plan } from '../model/plan.js';
import type { Format } from '../wires/wire.js';

/** The ledger after these steps. */
export function walkLedger(plan: Plan, steps: readonly StepShape[]): LedgerGates {
  const gates = new LedgerGates(plan.shape);
  for (const step of steps) {
    const x: Format = { rows: step.rows, cols: plan.shape.width, width: plan.wx, scale: plan.sx };
    const program = decoderStep<Format, void>(gates, plan, step, x);
    while (!program.next([]).done);
  }
  return gates;
}
