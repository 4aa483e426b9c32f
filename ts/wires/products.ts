/** What programs have computed: products of words with weights, which a driver runs without knowing their kind. */
import type { Words } from './wire.js';

/** A product modulo 2^64, to be computed here or by workers. */
export interface Product {
  run(): Words | Promise<Words>;
}

/** A packed weight matrix, here or sliced over workers. */
export interface Multiplier {
  readonly rows: number;
  readonly cols: number;
  /** `x` (`t x rows`) times the matrix: `t x cols`. */
  mul(x: Words, t: number): Words | Promise<Words>;
  /** Job by job, row `jobRows[k]` of `x` (`t x rows`) times the columns of block `jobBlocks[k]`: `jobs x blockCols`. */
  mulColumnBlocks(
    x: Words,
    t: number,
    jobRows: Uint32Array,
    jobBlocks: Uint32Array,
    blockCols: number,
  ): Words | Promise<Words>;
  /** To row `jobRows[k]` of `t x cols` is added row `k` of `x` (`jobs x blockRows`) times the rows of block `jobBlocks[k]`. */
  mulRowBlocks(x: Words, t: number, jobRows: Uint32Array, jobBlocks: Uint32Array): Words | Promise<Words>;
}

/**
 * Vectors of `dim` words, one for each of `rows` neurons, here or sliced over workers. Products are over pairs of a row and a neuron:
 * those of row `r` are `neurons[starts[r] .. starts[r + 1]]`, ascending.
 */
export interface RowsMultiplier {
  readonly rows: number;
  readonly dim: number;
  /** The inner product of a row of `x` (`t x dim`) and a neuron's vector, for each pair. */
  dots(x: Words, t: number, starts: Uint32Array, neurons: Uint32Array): Words | Promise<Words>;
  /** For each of `t` rows the sum of its neurons' vectors, each times the pair's word of `a`: `t x dim`. */
  combine(a: Words, t: number, starts: Uint32Array, neurons: Uint32Array): Words | Promise<Words>;
}

/** {@link Multiplier.mul} */
export const dense = (matrix: Multiplier, ...args: Parameters<Multiplier['mul']>): Product => ({
  run: () => matrix.mul(...args),
});

/** {@link Multiplier.mulColumnBlocks} */
export const columnBlocks = (matrix: Multiplier, ...args: Parameters<Multiplier['mulColumnBlocks']>): Product => ({
  run: () => matrix.mulColumnBlocks(...args),
});

/** {@link Multiplier.mulRowBlocks} */
export const rowBlocks = (matrix: Multiplier, ...args: Parameters<Multiplier['mulRowBlocks']>): Product => ({
  run: () => matrix.mulRowBlocks(...args),
});

/** {@link RowsMultiplier.dots} */
export const dots = (vectors: RowsMultiplier, ...args: Parameters<RowsMultiplier['dots']>): Product => ({
  run: () => vectors.dots(...args),
});

/** {@link RowsMultiplier.combine} */
export const combine = (vectors: RowsMultiplier, ...args: Parameters<RowsMultiplier['combine']>): Product => ({
  run: () => vectors.combine(...args),
});
