/** Where products with weights are computed: in this thread, or sliced over a pool. */
import type { RingMatrix, RingRows } from '../kernels/load.js';
import type { Multiplier, RowsMultiplier } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';

/** Puts a matrix where its products are computed: here, or sliced over a pool. */
export interface Place {
  matrix(matrix: RingMatrix): Multiplier | Promise<Multiplier>;
  rows(rows: RingRows): RowsMultiplier | Promise<RowsMultiplier>;
}

/** Products in this thread. */
export const inThread: Place = {
  matrix: (matrix) => ({
    rows: matrix.rows,
    cols: matrix.cols,
    mul: (...args) => matrix.mul(...args) as Words,
    mulColumnBlocks: (...args) => matrix.mulColumnBlocks(...args) as Words,
    mulRowBlocks: (...args) => matrix.mulRowBlocks(...args) as Words,
    words: () => matrix.words() as Words,
    free: () => matrix.free(),
  }),
  rows: (rows) => ({
    rows: rows.rows,
    dim: rows.dim,
    dots: (...args) => rows.dots(...args) as Words,
    combine: (...args) => rows.combine(...args) as Words,
    words: () => rows.words() as Words,
    free: () => rows.free(),
  }),
};

/** What a matrix and rows have in common. */
export interface Maskable<M> {
  copy(): M;
  addPrg(key: Uint8Array, nonce: Uint8Array, negate: boolean): void;
}

/** Moves all entries, and returns what they took the place of. */
export function moved<T>(from: Map<string, T>, to: Map<string, T>): T[] {
  const before = [...from.keys()].flatMap((at) => to.get(at) ?? []);
  for (const [at, tensor] of from) to.set(at, tensor);
  from.clear();
  return before;
}

export async function freeAll(...placed: readonly (Multiplier | RowsMultiplier)[]): Promise<void> {
  for (const one of placed) await one.free();
}
