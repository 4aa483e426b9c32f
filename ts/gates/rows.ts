/** Rows of row-major words, picked and put together. */
import { CometError } from '../core/errors.js';
import type { Format, Words } from '../wires/wire.js';

/** The rows `rows` of a wire's words, in this order. @throws CometError E_INTERNAL for a row that they do not have. */
export function pickRows({ cols }: Pick<Format, 'cols'>, words: Words, rows: Uint32Array): Words {
  const out = new BigUint64Array(rows.length * cols);
  if (cols === 1) {
    // As halves: big integers are slow.
    const [to, from] = [out, words].map((all) => new Uint32Array(all.buffer, all.byteOffset, 2 * all.length));
    for (let i = 0; i < rows.length; i++) {
      if (rows[i] >= words.length) throw noRow();
      to[2 * i] = from[2 * rows[i]];
      to[2 * i + 1] = from[2 * rows[i] + 1];
    }
    return out;
  }
  for (const [i, row] of rows.entries()) {
    if ((row + 1) * cols > words.length) throw noRow();
    out.set(words.subarray(row * cols, (row + 1) * cols), i * cols);
  }
  return out;
}

const noRow = (): CometError => new CometError('E_INTERNAL', 'a wire lacks a row');

/** The words of several arrays, one after the other. */
export function stackWords(parts: readonly Words[]): Words {
  if (parts.length === 1) return parts[0];
  const out = new BigUint64Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
}
