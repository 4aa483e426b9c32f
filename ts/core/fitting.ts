/** Sizes that depend on a model or a text. */
import { CometError } from './errors.js';

/** What a size is called, and what it may be. */
export interface Size {
  /** The option that gives it. */
  readonly option: string;
  /** Unless it is given. */
  readonly usual: number;
  readonly most: number;
  /** Why it is no larger. */
  readonly why: string;
}

/**
 * A size that nobody asked for shrinks to what is possible; one that was asked for is met.
 * @throws CometError E_ARGUMENT that names the option, where that cannot be.
 */
export function fitting(given: number | undefined, { option, usual, most, why }: Size): number {
  if (given === undefined) return Math.min(usual, most);
  if (given <= most) return given;
  throw new CometError('E_ARGUMENT', `${option} is ${given} and can be ${most} at most: ${why}`);
}
