/** Steps of a session: public. */

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
}
