/** What the caches of a run did, from the sets that it opened: public, so anybody who has the sets can count. */
import type { CacheCounts } from '../cache/holes.js';
import type { CacheSummary } from '../client/account.js';
import type { Address } from '../core/address.js';
import { walkLedger } from '../cost/walk.js';
import type { Revealed } from '../parties/hosted.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import { DecoderState } from '../program/decoder.js';
import type { Format, Words } from '../wires/wire.js';

/** Of a masked element and the half of its mask. */
const BYTES = 16;

export function cachesOf(plan: Plan, steps: readonly StepShape[], revealed: readonly Revealed[]): CacheSummary {
  const state = new DecoderState<Format>(plan);
  walkLedger(plan, steps, { revealed: bitsOf(steps, revealed), state });
  return summaryOf(plan, state, steps.at(-1)!);
}

/** The same of caches after the last step of a walk. */
export function summaryOf(
  { shape: { kvHeads, headDim, width } }: Plan,
  { holes }: DecoderState<Format>,
  { position, rows }: Pick<StepShape, 'position' | 'rows'>,
): CacheSummary {
  const sum = (of: (layer: (typeof holes)[number]) => number): number =>
    holes.reduce((total, layer) => total + of(layer), 0);
  const count = (key: keyof CacheCounts): number => sum(({ counts }) => counts[key]);
  const [own, refilled, read] = [count('own'), count('refilled'), count('read')];
  const neverFilled = sum((layer) => layer.missing(position + rows));
  const kept = sum((layer) => layer.kept);
  const vectors = holes.length * kvHeads * (position + rows) - neverFilled;
  return {
    ...{ own, refilled, prefetched: count('prefetched'), used: count('used'), read, mostKept: count('mostKept') },
    ...{ hitRate: read > own ? 1 - refilled / (read - own) : 1, neverFilled, kept },
    bytes: BYTES * (2 * headDim * vectors + (width + 1) * kept),
  };
}

/** What was opened in the clear, by step and layer: steps and layers come in their order, as many layers in each step. */
export function bitsOf(steps: readonly StepShape[], revealed: readonly Revealed[]): (at: Address) => Words {
  const layers = revealed.length / steps.length;
  const places = new Map(revealed.map(({ layer, bits }, i) => [`${Math.floor(i / layers)}.${layer}`, bits]));
  return ({ step, layer }) => BigUint64Array.from(places.get(`${step}.${layer}`)!, BigInt);
}
