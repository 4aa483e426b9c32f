/** How a session computes, for all its prompts. */
import type { EpochPolicy } from '../plan/epoch.js';

/** How a session computes. */
export interface SessionMode {
  /** Everything, also where the model has predictors. */
  readonly dense?: boolean;
  /** When epochs begin, where steps are sparse. Without it the session stays in the owner's. */
  readonly epochs?: EpochPolicy;
  /** Of sparse steps: a letter for each layer, d(ense), p(redicted) or e(xact). */
  readonly modes?: string;
  /**
   * "constant": sets are padded before they are opened (what still shows: docs/leakage.md), and all
   * heads are computed.
   */
  readonly budget?: 'constant';
  /**
   * Of sparse steps: how many keys and values of a layer may be computed before a head needs them;
   * {@link PREFETCH} where it is "auto" or absent. "none": what is missing is computed when the
   * layer is.
   */
  readonly prefetch?: Prefetch;
  /** Of sparse steps: most earlier positions whose inputs a layer keeps; all unless given. */
  readonly keep?: number;
}

export type Prefetch = 'none' | 'auto' | number;
