/**
 * The sets that a step computes: which neurons of a layer, and which heads of the next, for each row (docs/protocol.md section 5). All
 * parties derive the same ones, from bits that are opened in the order of the shuffle.
 */
import type { Words } from '../wires/wire.js';

/** Pairs (row, neuron), sorted by row, then neuron. */
export interface Pairs {
  /** Rows of the step. */
  readonly rows: number;
  /** Row r has the pairs `starts[r] .. starts[r + 1]`; one more than there are rows. */
  readonly starts: Uint32Array;
  readonly neurons: Uint32Array;
  /** The row of every pair. */
  readonly rowOf: Uint32Array;
}

/** Pairs (row, head), sorted likewise. */
export interface ActiveHeads {
  readonly rows: Uint32Array;
  readonly heads: Uint32Array;
}

/** Everything: what a dense layer computes. */
export const allPairs = (rows: number, ffn: number): Pairs => pairsWhere(rows, ffn, () => true);
export const allHeads = (rows: number, heads: number): ActiveHeads => headsWhere(rows, heads, () => true);

/** A row of `bits` has one for each neuron, then one for each head of the next layer, where there is one. */
export interface BitShape {
  readonly rows: number;
  readonly ffn: number;
  readonly heads: number;
}
export const bitCount = ({ rows, ffn, heads }: BitShape): number => rows * (ffn + heads);

export const pairsOf = (bits: Words, { rows, ffn, heads }: BitShape): Pairs =>
  pairsWhere(rows, ffn, (row, neuron) => bits[row * (ffn + heads) + neuron] === 1n);

export const headsOf = (bits: Words, { rows, ffn, heads }: BitShape): ActiveHeads =>
  headsWhere(rows, heads, (row, head) => bits[row * (ffn + heads) + ffn + head] === 1n);

function pairsWhere(rows: number, ffn: number, has: (row: number, neuron: number) => boolean): Pairs {
  const starts = new Uint32Array(rows + 1);
  const { first, second } = where(rows, ffn, has);
  for (const row of first) starts[row + 1]++;
  for (let row = 0; row < rows; row++) starts[row + 1] += starts[row];
  return { rows, starts, neurons: second, rowOf: first };
}

function headsWhere(rows: number, heads: number, has: (row: number, head: number) => boolean): ActiveHeads {
  const { first, second } = where(rows, heads, has);
  return { rows: first, heads: second };
}

function where(rows: number, cols: number, has: (row: number, col: number) => boolean) {
  const first = new Uint32Array(rows * cols);
  const second = new Uint32Array(rows * cols);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      if (!has(row, col)) continue;
      first[count] = row;
      second[count++] = col;
    }
  }
  return { first: first.slice(0, count), second: second.slice(0, count) };
}
