/** What a product multiplies: which weights, and which of their rows and columns. Public. */
import type { PairRuns } from './sets.js';

/** Names of a layer's matrices, inputs by outputs. */
export type MatrixName = 'qkv' | 'o' | 'predictDown' | 'skipA' | 'skipB';
/** Names of those that are kept as one vector for each neuron or predicted output. */
export type RowsName = 'gate' | 'up' | 'down' | 'predictUp';

/** What is multiplied. */
export type Job =
  /** `x W`, all of it; `cols` outputs. */
  | { readonly kind: 'dense'; readonly matrix: MatrixName; readonly cols: number }
  /** Row `rows[k]` of x times the columns of block `blocks[k]`, each of `size` columns: one result a job and column. */
  | {
      readonly kind: 'columns';
      readonly matrix: MatrixName;
      readonly rows: Uint32Array;
      readonly blocks: Uint32Array;
      readonly size: number;
    }
  /** Row k of x times the rows of block `blocks[k]`, as many as x has columns, added up in row `rows[k]` of `count` results of `cols`. */
  | {
      readonly kind: 'blocks';
      readonly matrix: MatrixName;
      readonly rows: Uint32Array;
      readonly blocks: Uint32Array;
      readonly count: number;
      readonly cols: number;
    }
  /** Inner products of rows of x and vectors: one result a pair. */
  | { readonly kind: 'dots'; readonly matrix: RowsName; readonly pairs: PairRuns }
  /** Sums of vectors, each times its pair's element of x: a row of `cols` for each row of the pairs. */
  | { readonly kind: 'combine'; readonly matrix: RowsName; readonly pairs: PairRuns; readonly cols: number };
