/** What benches of kernels time, and on matrices of which sizes. */
import type { Subject } from './timing.js';

/** Rows and columns of the matrices: the largest of OPT-125M, and one larger than last-level caches. */
export interface KernelSizes {
  readonly cached: readonly [rows: number, cols: number];
  readonly streamed: readonly [rows: number, cols: number];
  /** Rows of x in the products with many, and columns of the matrix: few, so that a call ends before it is interrupted. */
  readonly batch: readonly [rows: number, cols: number];
  /** Words of the key streams and of packing. */
  readonly words: number;
}

/** A kernel to time, and what one call moves. */
export interface Entry {
  readonly name: string;
  readonly run: Subject;
  readonly bytes?: number;
  readonly macs?: number;
  readonly limit?: string;
}
