/** Walks the decoder program with the cost ledger in the place of a party: formats and formulas, no values. */
import type { Address } from '../core/address.js';
import { LedgerGates } from '../gates/ledger.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import { DecoderState, decoderStep } from '../program/decoder.js';
import type { Format, Words } from '../wires/wire.js';

/** What a walk begins with and meets. */
export interface WalkOptions {
  /** Positions that are cached before, without holes. */
  readonly cached?: number;
  /** The bits that are opened in the clear at an address; all ones unless given, which is the most that a step can cost. */
  readonly revealed?: (at: Address, count: number) => Words;
  /** Whose caches are used, and left as the steps leave them. */
  readonly state?: DecoderState<Format>;
}

/** The ledger after these steps. */
export function walkLedger(
  plan: Plan,
  steps: readonly StepShape[],
  { cached = 0, revealed, state = new DecoderState<Format>(plan) }: WalkOptions,
): LedgerGates {
  const gates = new LedgerGates(plan, revealed);
  if (cached > 0) state.assume(cached);
  for (const step of steps) {
    const x: Format = { rows: step.rows, cols: plan.shape.width, width: plan.wx, scale: plan.sx };
    const program = decoderStep<Format, void>(gates, plan, state, step, x);
    while (!program.next([]).done);
  }
  return gates;
}
