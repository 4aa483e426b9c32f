/** Steps of a session: public. */
import type { Epoch } from '../epoch/schedule.js';

/** Which rows' hidden states a step gives the client. */
export type Outputs = 'none' | 'last' | 'all';

/** One step of a session: `rows` tokens from `position` on. */
export interface StepShape {
  readonly step: number;
  readonly rows: number;
  readonly position: number;
  readonly outputs: Outputs;
  /** Layers with a predictor compute only what it predicts; without this they are dense. */
  readonly sparse?: boolean;
  /** The epoch in which it runs; the owner's unless given. */
  readonly epoch?: Epoch;
}
