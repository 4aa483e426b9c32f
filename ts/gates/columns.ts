import type { Format, Words } from '../wires/wire.js';

/** Columns `from..to` of row-major words. */
export function columnsOf({ rows, cols }: Format, words: Words, from: number, to: number): Words {
  if (rows === 1) return words.slice(from, to);
  const out = new BigUint64Array(rows * (to - from));
  for (let row = 0; row < rows; row++) out.set(words.subarray(row * cols + from, row * cols + to), row * (to - from));
  return out;
}
