/** The budget of integer bits: every wire's range against its width. A plan whose budget does not balance is never used. */
import { CometError } from '../core/errors.js';

/** One entry: a value of magnitude `max` (calibrated, real units) in a wire of the given format. */
export interface RangeEntry {
  readonly wire: string;
  readonly scale: number;
  readonly width: number;
  /** Largest magnitude seen in calibration, real units. */
  readonly max: number;
  /** Bits left above the calibrated magnitude and the sign. */
  readonly headroomBits: number;
}

/** Collects entries and fails with E_RANGE where a wire is too narrow or wider than a word. */
export class RangeBudget {
  readonly entries: RangeEntry[] = [];

  /** Checks that `|v| <= max` fits a signed wire with at least `headroom` bits to spare. */
  add(wire: string, scale: number, width: number, max: number, headroom: number): void {
    const headroomBits = width - scale - 1 - Math.log2(Math.max(max, 2 ** -scale));
    this.entries.push({ wire, scale, width, max, headroomBits });
    if (!(headroomBits >= headroom) || width > 64 || width < 1) {
      throw new CometError(
        'E_RANGE',
        `the values of wire ${wire} (largest magnitude ${max.toPrecision(4)}) do not fit its ${width} bits at scale ${scale} with ${headroom} bits to spare; this model's activations are outside the range the protocol supports`,
      );
    }
  }

  /** A condition between formats that the program relies on. */
  require(holds: boolean, what: string): void {
    if (!holds) throw new CometError('E_RANGE', `no fixed-point plan fits this model: ${what}`);
  }
}
