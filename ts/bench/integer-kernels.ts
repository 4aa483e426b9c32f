/**
 * Products with public integer weights, beside those with masked words of the same run: as many
 * multiplications, a half or a quarter of the bytes.
 */
import type { IntegerRows, Kernels } from '../kernels/load.js';
import type { Entry, KernelSizes } from './kernel-entry.js';
import { atLeast, type Target, type Timing } from './timing.js';

/** Magnitudes of weights: twelve bits and a sign, as most matrices of models have, and a byte. */
const INTEGERS = [
  { bits: 16, most: 4095 },
  { bits: 8, most: 127 },
] as const;
const WORDS = [32, 48, 64] as const;

const named = (product: string, words: number, bits: number, where = ''): string =>
  `${product}, ${words} bits by i${bits}${where}`;
const LARGE = ', large';

/** The kernels to time. `own` keeps what they need until the bench ends. */
export function integerEntries(
  kernels: Kernels,
  { cached, streamed, batch }: KernelSizes,
  own: (vectors: IntegerRows) => IntegerRows,
): Entry[] {
  const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(12).fill(2)];
  const words = (count: number): BigUint64Array => kernels.prgWords(key, nonce, 0, count, 64);
  const [t, few] = batch;
  return INTEGERS.flatMap(({ bits, most }) => {
    const vectors = (rows: number, dim: number): IntegerRows => own(integers(kernels, rows, dim, bits, most));
    const [dim, rows] = cached;
    const [inCache, several, large] = [vectors(rows, dim), vectors(few, dim), vectors(streamed[1], streamed[0])];
    const read = (of: IntegerRows, where: string): Entry => ({
      name: `read, i${bits}${where}`,
      run: () => of.xorElements(),
      bytes: (bits / 8) * of.rows * of.dim,
    });
    const product = (kind: 'dots' | 'combine', of: IntegerRows, size: number, count: number, where = ''): Entry => {
      const { starts, all } = everyVector(count, of.rows);
      const input = words(count * (kind === 'dots' ? of.dim : of.rows));
      return {
        name: named(count > 1 ? `${kind} of ${count} rows` : kind, size, bits, where),
        run: () => of[kind](input, count, starts, all, size),
        ...(count === 1 && { bytes: (bits / 8) * of.rows * of.dim, limit: `read, i${bits}${where}` }),
        macs: count * of.rows * of.dim,
      };
    };
    return [
      read(inCache, ''),
      read(large, LARGE),
      ...WORDS.flatMap((size) => [
        product('dots', inCache, size, 1),
        product('combine', inCache, size, 1),
        product('dots', several, size, t),
        product('dots', large, size, 1, LARGE),
      ]),
    ];
  });
}

/** All vectors for each of so many rows. */
function everyVector(count: number, vectors: number): { starts: Uint32Array; all: Uint32Array } {
  return {
    starts: Uint32Array.from({ length: count + 1 }, (_, row) => row * vectors),
    all: Uint32Array.from({ length: count * vectors }, (_, pair) => pair % vectors),
  };
}

/** Integers of all magnitudes up to the largest, always the same. */
function integers(kernels: Kernels, rows: number, dim: number, bits: number, most: number): IntegerRows {
  const vectors = new kernels.IntegerRows(rows, dim, bits);
  const values = new Float32Array(dim);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < dim; i++) values[i] = ((row * 7919 + i * 104_729) % (2 * most + 1)) - most;
    vectors.setF32(row * dim, values, 0);
  }
  return vectors;
}

/** What is asked of them: more multiplications a second than of 32 by 32 bits, and from memory the speed of a read or of the multiplier. */
export function integerTargets(
  timings: Readonly<Record<string, Timing>>,
  { streamed, batch, cached }: KernelSizes,
): Target[] {
  const [t, few] = batch;
  const rate = (name: string, macs: number): number => macs / timings[name].best;
  const many = t * few * cached[0];
  const rows = named(`dots of ${t} rows`, 32, 16);
  const roof = Math.max(timings[`read, i16${LARGE}`].best, (streamed[0] * streamed[1]) / rate(rows, many));
  return [
    atLeast(
      '32-bit words by i16: multiplications a second, of those of 32 by 32 bits',
      rate(rows, many) / rate('matmul, 32 bits', many),
      1.6,
    ),
    atLeast(
      '32-bit words by i16, one row from memory: part of a read or of the multiplier, whichever is slower',
      roof / timings[named('dots', 32, 16, LARGE)].best,
      0.8,
    ),
  ];
}
