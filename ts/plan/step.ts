/** Steps of a session: public. */
import type { Epoch } from './epoch.js';

/** Which rows' hidden states a step gives the client. */
export type Outputs = 'none' | 'last' | 'all';

/** Vectors of a layer that a step may compute before any head needs them, at most. */
export const MOST_PREFETCH = 64;

/** One step of a session: `rows` tokens from `position` on. */
export interface StepShape {
  readonly step: number;
  readonly rows: number;
  readonly position: number;
  readonly outputs: Outputs;
  /** Layers compute only a part; without this they are dense. */
  readonly sparse?: boolean;
  /** The epoch in which it runs; the owner's unless given. */
  readonly epoch?: Epoch;
  /** Of a sparse step: a letter of {@link MODES} for each layer; all predicted unless given. */
  readonly modes?: string;
  /** Of a sparse step: predicted layers hide how many neurons are active, and compute all heads. */
  readonly constant?: boolean;
  /** What layers lack of earlier positions is computed while the layer before is, and so many vectors a layer that may be needed soon. Without it in the layer's own rounds. */
  readonly prefetch?: number;
  /** It is computed in rounds of its own, before the layer: to compare with. */
  readonly apart?: boolean;
  /** Most earlier positions whose inputs are kept; all unless given. */
  readonly keep?: number;
}

/** Rows of a step from which on a section of the tape holds what one round needs, instead of a layer: all at once they would fill the memory. */
const MANY_ROWS = 8;

export const hasManyRows = ({ rows }: Pick<StepShape, 'rows'>): boolean => rows >= MANY_ROWS;

/** How a layer is computed, and the letter that says so. */
export const MODES = { dense: 'd', predicted: 'p', exact: 'e' } as const;
export type Mode = keyof typeof MODES;

/** How a step computes a layer; one without predictor cannot be predicted, and is dense then. */
export function modeOf({ sparse, modes }: StepShape, layer: number, hasPredictor: boolean): Mode {
  if (!sparse) return 'dense';
  const letter = modes?.[layer] ?? MODES.predicted;
  if (letter === MODES.exact) return 'exact';
  return letter === MODES.predicted && hasPredictor ? 'predicted' : 'dense';
}
