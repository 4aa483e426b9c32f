/**
 * The sets that a step computes: which neurons of a layer, and which heads of the next, for each row (docs/protocol.md section 5). All
 * parties derive the same ones, from bits that are opened in the order of the shuffle.
 */
import { isGrouped, type Shape } from '../plan/shape.js';
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

/** Pairs as kernels take them. */
export type PairRuns = Omit<Pairs, 'rowOf'>;

/** Pairs (row, head), sorted likewise. */
export interface ActiveHeads {
  readonly rows: Uint32Array;
  readonly heads: Uint32Array;
}

/** Everything: what a dense layer computes. The same object for the same size: sets are never changed. */
export const allPairs = kept((rows, ffn) => pairsWhere(rows, ffn, () => true));
export const allHeads = kept((rows, heads) => headsWhere(rows, heads, () => true));

/** The heads of keys and values that a step with these active heads computes: the same, or all where they are fewer than those of queries. */
export const cachedHeads = (shape: Pick<Shape, 'heads' | 'kvHeads'>, active: ActiveHeads, rows: number): ActiveHeads =>
  isGrouped(shape) ? allHeads(rows, shape.kvHeads) : active;

/** Sizes that are kept: those of a model's decoding steps, and of the last prompts. */
const KEPT = 16;

/** Keeps what was made for the latest sizes. */
function kept<T>(make: (rows: number, cols: number) => T): (rows: number, cols: number) => T {
  const made = new Map<string, T>();
  return (rows, cols) => {
    const key = `${rows}x${cols}`;
    let value = made.get(key);
    if (value !== undefined) return value;
    if (made.size === KEPT) made.delete(made.keys().next().value!);
    made.set(key, (value = make(rows, cols)));
    return value;
  };
}

/** A row of `bits` has one for each neuron, then one for each head of the next layer, where there is one. */
export interface BitShape {
  readonly rows: number;
  readonly ffn: number;
  readonly heads: number;
}
/**
 * Bits with `wanted` ones in every row: the first zeros become ones, or the last ones zeros. Only for sizes of frames: what the bits tell
 * was hidden before they were opened (padding.ts).
 */
export function levelled(bits: Words, rows: number, wanted: number): Words {
  const all = bits.slice();
  const cols = bits.length / rows;
  for (let row = 0; row < rows; row++) level(all.subarray(row * cols, (row + 1) * cols), wanted);
  return all;
}

function level(bits: Words, wanted: number): void {
  let excess = bits.reduce((sum, bit) => sum + Number(bit), 0) - wanted;
  for (let i = bits.length - 1; i >= 0 && excess > 0; i--) if (bits[i] === 1n) [bits[i], excess] = [0n, excess - 1];
  for (let i = 0; i < bits.length && excess < 0; i++) if (bits[i] === 0n) [bits[i], excess] = [1n, excess + 1];
}

export const pairsOf = (bits: Words, { rows, ffn, heads }: BitShape): Pairs =>
  pairsWhere(rows, ffn, isOne(bits, ffn + heads));

export const headsOf = (bits: Words, { rows, ffn, heads }: BitShape): ActiveHeads =>
  headsWhere(rows, heads, isOne(bits, ffn + heads, ffn));

/** Whether a bit is one, read as 32-bit halves of its word: big integers are slow. */
function isOne(bits: Words, cols: number, from = 0): (row: number, col: number) => boolean {
  const halves = new Uint32Array(bits.buffer, bits.byteOffset, 2 * bits.length);
  return (row, col) => halves[2 * (row * cols + from + col)] === 1;
}

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
