/** Products with weights that a pool keeps. */
import type { KernelPool } from '../kernels/pool.js';
import type { Place } from './place.js';

/** Slices every matrix over a pool. */
export const pooled = (pool: KernelPool): Place => ({
  matrix: (matrix) => moved(matrix, pool.share(matrix)),
  rows: (rows) => moved(rows, pool.shareRows(rows)),
});

/** What was copied to a pool needs no memory here. */
async function moved<T>(own: { free(): void }, shared: Promise<T>): Promise<T> {
  const placed = await shared;
  own.free();
  return placed;
}
