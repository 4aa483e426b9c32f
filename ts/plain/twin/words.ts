/** What the twin's files have in common about words: signs, places, windows, and sets of pairs. */

export type Words = BigUint64Array;

/** Pairs of a row and a head, or a neuron. */
export type Pairs = readonly (readonly [row: number, index: number])[];
export const pairsWhere = (rows: number, count: number, has: (row: number, index: number) => boolean): Pairs =>
  Array.from({ length: rows * count }, (_, i) => [Math.floor(i / count), i % count] as const).filter(([row, index]) =>
    has(row, index),
  );

/** Words modulo 2^width as signed words: the top one of those bits in all bits above. By halves, because bigints are slow. */
export function signed(words: Words, width: number): Words {
  const out = words.slice();
  const halves = new Int32Array(out.buffer);
  for (let low = 0; low < halves.length; low += 2) {
    const unused = 64 - width;
    if (width > 32) halves[low + 1] = (halves[low + 1] << unused) >> unused;
    else {
      halves[low] = (halves[low] << (unused - 32)) >> (unused - 32);
      halves[low + 1] = halves[low] >> 31;
    }
  }
  return out;
}

export const pick = (words: Words, places: readonly number[]): Words => BigUint64Array.from(places, (at) => words[at]);
export const everyRow = (rows: number, cols: number): number[] =>
  Array.from({ length: rows * cols }, (_, i) => i % cols);

export function concat(...parts: readonly Words[]): Words {
  const out = new BigUint64Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (out.set(part, at), at + part.length), 0);
  return out;
}

/** Element by element: the first window's value, then what each window adds to the one before. */
export function partsOf(windows: readonly Words[]): Words {
  const count = windows.length;
  return BigUint64Array.from({ length: windows[0].length * count }, (_, at) => {
    const [element, i] = [Math.floor(at / count), at % count];
    return BigInt.asUintN(64, windows[i][element] - (i > 0 ? windows[i - 1][element] : 0n));
  });
}

/** The sums of those parts of each element whose window is reached. */
export function chosen(parts: Words, reached: Words, count: number): Words {
  return BigUint64Array.from({ length: parts.length / count }, (_, element) => {
    let sum = parts[element * count];
    for (let i = 1; i < count; i++) sum += reached[(count - 1) * element + i - 1] * parts[element * count + i];
    return sum;
  });
}

/** Rows of bits with a public number of ones: section 5.1. */
export function levelled(bits: Words, ffn: number, budget: number): Words {
  const wanted = Math.min(ffn, budget + Math.ceil(4 * Math.sqrt(Math.max(0, budget * (1 - budget / ffn)))));
  const all: bigint[] = [];
  for (let at = 0; at < bits.length; at += ffn) {
    const row = [...bits.subarray(at, at + ffn)];
    const places = row.map((_, i) => i);
    const kept = [...places.filter((i) => row[i] === 1n), ...places.filter((i) => row[i] === 0n)].slice(0, wanted);
    all.push(...row.map((_, i) => (kept.includes(i) ? 1n : 0n)));
  }
  return BigUint64Array.from(all);
}
