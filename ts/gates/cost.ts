/** What a gate costs, as a function of its shape. Bytes are counted as the meter counts them. */
import { ENTRY_HEADER, packedBytes } from '../wires/section.js';

/** Cost of one gate or of a sum of gates. */
export interface Cost {
  /** Bytes between the servers, both ways, without frame headers. */
  readonly onlineBytes: number;
  /** Bytes from the dealer, entry heads included, without frame headers. */
  readonly offlineBytes: number;
  /** Multiply-accumulates over all parties, of products with weights and cached wires. */
  readonly macs: number;
  /** Of them, those in words of 32 bits. */
  readonly narrowMacs: number;
}

export const FREE: Cost = { onlineBytes: 0, offlineBytes: 0, macs: 0, narrowMacs: 0 };

/** Sum of costs. */
export const total = (...costs: readonly Cost[]): Cost =>
  costs.reduce(
    (sum, cost) => ({
      onlineBytes: sum.onlineBytes + cost.onlineBytes,
      offlineBytes: sum.offlineBytes + cost.offlineBytes,
      macs: sum.macs + cost.macs,
      narrowMacs: sum.narrowMacs + cost.narrowMacs,
    }),
    FREE,
  );

/** Cost of opening `count` elements of `width` bits: one element each way. */
export const opened = (count: number, width: number): Cost => ({ ...FREE, onlineBytes: 2 * packedBytes(count, width) });

/** Cost of dealing `count` words of `width` bits: server 1's shares and the entry's head. */
export const dealt = (count: number, width: number): Cost => ({
  ...FREE,
  offlineBytes: ENTRY_HEADER + packedBytes(count, width),
});

/** Multiply-accumulates. */
export const multiplied = (macs: number): Cost => ({ ...FREE, macs });
