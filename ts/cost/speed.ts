/**
 * How long products take: those of weights that are kept in words of 32 bits (docs/protocol.md section 4) run at more than the speed of all
 * others.
 */
import type { Cost } from '../gates/cost.js';

/** Multiply-accumulates of one party, a second. */
export interface ProductSpeed {
  /** In words of 48 bits: hardly a model needs more. */
  readonly macsPerSecond: number;
  /** In words of 32. */
  readonly narrowMacsPerSecond: number;
}

/** What one party alone would take for products. */
export const productSeconds = (
  { macs, narrowMacs }: Pick<Cost, 'macs' | 'narrowMacs'>,
  { macsPerSecond, narrowMacsPerSecond }: ProductSpeed,
): number => (macs - narrowMacs) / macsPerSecond + narrowMacs / narrowMacsPerSecond;
