/**
 * How much memory the caches of a session take, from public lengths alone. A server holds two words of every element; the dealer one, so its
 * caches take half. What is bounded is a server's.
 */
import { CometError } from '../core/errors.js';
import type { Plan } from '../plan/formats.js';
import { isGrouped, keyWidth } from '../plan/shape.js';

/** Positions whose vectors are allocated together (crates/gates/src/attention/store.rs). */
const PAGE = 32;
/** Of a masked element and the half of its mask. */
const BYTES = 16;

/** Most bytes that the caches take once `positions` are read: all vectors, and the inputs of so many positions that some head may lack. */
export function cacheBytes({ shape, layers }: Plan, positions: number, kept: number): number {
  const { context, width } = shape;
  const held = Math.min(context, Math.ceil(positions / PAGE) * PAGE);
  const vectors = 2 * layers.length * keyWidth(shape) * held;
  // The heads of a layer are predicted by the one before. Where several read the same keys, none are missing.
  const predicted = isGrouped(shape) ? 0 : layers.slice(0, -1).filter(({ predictor }) => predictor).length;
  return BYTES * (vectors + predicted * Math.min(kept, positions) * (width + 1));
}

/**
 * For how many positions before a step inputs may be kept, so that caches of `positions` stay within `limit` bytes: undefined for all.
 * @param rows most of a step: their own are kept besides
 * @throws CometError E_LIMIT where the vectors alone take more
 */
export function keepWithin(plan: Plan, positions: number, rows: number, limit: number): number | undefined {
  if (cacheBytes(plan, positions, positions) <= limit) return undefined;
  const least = cacheBytes(plan, positions, rows);
  if (least > limit) throw tooMuch(positions, least, limit);
  return Math.floor((limit - least) / (cacheBytes(plan, positions, 1) - cacheBytes(plan, positions, 0)));
}

/** The refusal of a text. */
export const tooMuch = (positions: number, bytes: number, limit: number): CometError =>
  new CometError(
    'E_LIMIT',
    `the caches of a text of ${positions} tokens take ${sized(bytes)} at a server, and ${sized(limit)} are allowed: ` +
      'generate fewer tokens, or allow more with --cache-memory: of "comet serve" where servers run elsewhere',
  );

const sized = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
