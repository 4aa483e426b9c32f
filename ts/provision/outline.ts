/**
 * What is known of a model before its weights are loaded, for requests that can be refused then.
 */
import type { Tokenizer } from '../checkpoint/tokenizer.js';
import type { Shape } from '../plan/shape.js';

export interface Outline {
  readonly tokenizer: Tokenizer;
  readonly shape: Shape;
  /** Whether it has predictors. */
  readonly predictors: boolean;
  /** Its constant prefix, where that is known already. */
  readonly prefix?: readonly number[];
}

/** Throws where loading the weights would be in vain. */
export type OnOutline = (outline: Outline) => void | Promise<void>;
