/**
 * Kernels against the machine's own limits, measured in the same run: a product with one row should cost little more than reading the
 * matrix, a product with many rows little more than its multiplications.
 */
import type { FloatMatrix, IntegerRows, Kernels, RingMatrix, RingRows } from '../kernels/load.js';
import { integerEntries, integerTargets } from './integer-kernels.js';
import type { Entry, KernelSizes } from './kernel-entry.js';
import { atLeast, type Target, timeAll, type Timing, type TimingOptions } from './timing.js';

/** Cycles of a 64-bit multiplication that waits for the one before: the same on all x86-64 cores since 2011 and most 64-bit ARM cores. */
const MULTIPLY_LATENCY = 3;
const CHAIN = 1_000_000;
const MATMUL = 'matmul';
/** What is said of kernels whose words are not of 64 bits. */
const SHORT = [48, 32] as const;
const wordsOf = (bits: (typeof SHORT)[number]): string => `, ${bits} bits`;

export const KERNEL_SIZES: KernelSizes = {
  cached: [768, 3072],
  streamed: [4096, 8192],
  batch: [32, 256],
  words: 1 << 17,
};

/** What one kernel does. */
export interface KernelFigure extends Timing {
  readonly name: string;
  /** Bytes read (products, reads) or made (streams, packing) by a call. */
  readonly bytes?: number;
  readonly bytesPerSecond?: number;
  readonly macs?: number;
  readonly macsPerCycle?: number;
  /** The kernel that reads the same bytes and does nothing else, and this one's part of its speed. */
  readonly limit?: string;
  readonly fractionOfLimit?: number;
  /** Part of the speed that reading, or multiplying as the product of many rows does, would allow: whichever is slower. */
  readonly fractionOfRoof?: number;
}

export interface KernelReport {
  /** Of one core, while it ran the chain of multiplications that it is measured by. */
  readonly cyclesPerSecond: number;
  readonly kernels: readonly KernelFigure[];
  readonly targets: readonly Target[];
}

type Weights = RingMatrix | RingRows | FloatMatrix | IntegerRows;

/** Times the kernels. */
export async function benchKernels(
  kernels: Kernels,
  options: TimingOptions,
  sizes: KernelSizes = KERNEL_SIZES,
): Promise<KernelReport> {
  const matrices: Weights[] = [];
  const own = <M extends Weights>(matrix: M): M => (matrices.push(matrix), matrix);
  try {
    const entries = [...entriesOf(kernels, sizes, own), ...integerEntries(kernels, sizes, own)];
    const chain = (): unknown => kernels.squareChain(3n, CHAIN);
    const subjects = Object.fromEntries([['clock', chain], ...entries.map(({ name, run }) => [name, run])]);
    const timings = await timeAll(subjects, options);
    return report(entries, timings, integerTargets(timings, sizes));
  } finally {
    for (const matrix of matrices) matrix.free();
  }
}

function entriesOf(
  kernels: Kernels,
  { cached, streamed, batch, words }: KernelSizes,
  own: <M extends Weights>(matrix: M) => M,
): Entry[] {
  const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(12).fill(2)];
  const x = (count: number): BigUint64Array => kernels.prgWords(key, nonce, 0, count, 64);
  const read = (where: string, [rows, cols]: readonly [number, number], bits = 64): Entry & { matrix: RingMatrix } => {
    const matrix = own(kernels.RingMatrix.fromPrg(rows, cols, key, nonce, bits));
    return { name: `read, ${where}`, run: () => kernels.xorMatrix(matrix), bytes: (bits / 8) * rows * cols, matrix };
  };
  const matvec = (name: string, { matrix, bytes, name: limit }: ReturnType<typeof read>): Entry => {
    const input = x(matrix.rows);
    return { name, run: () => matrix.mul(input, 1), bytes, macs: matrix.rows * matrix.cols, limit };
  };
  const sparse = (vectors: RingRows, name: string, t: number, every: number, limit?: string): Entry[] => {
    const chosen = Uint32Array.from({ length: Math.ceil(vectors.rows / every) }, (_, i) => i * every);
    const starts = Uint32Array.from({ length: t + 1 }, (_, row) => row * chosen.length);
    const neurons = Uint32Array.from({ length: starts[t] }, (_, pair) => chosen[pair % chosen.length]);
    const [input, factors] = [x(t * vectors.dim), x(neurons.length)];
    const bytes = t === 1 ? (vectors.wordBits / 8) * chosen.length * vectors.dim : undefined;
    const moved = { bytes, macs: neurons.length * vectors.dim, limit };
    return [
      { name: `dots, ${name}`, run: () => vectors.dots(input, t, starts, neurons), ...moved },
      { name: `combine, ${name}`, run: () => vectors.combine(factors, t, starts, neurons), ...moved },
    ];
  };
  const [rows, cols] = cached;
  const [t, few] = batch;
  const [inCache, large] = [read('in cache', cached), read('large', streamed)];
  const shorts = SHORT.map((bits) => read(`in cache${wordsOf(bits)}`, cached, bits));
  const floats = own(kernels.FloatMatrix.fromRows(rows, cols, new Float32Array(rows * cols).fill(0.5)));
  const ringPart = (bits: number): RingMatrix => own(kernels.RingMatrix.fromPrg(rows, few, key, nonce, bits));
  const floatPart = own(kernels.FloatMatrix.fromRows(rows, few, new Float32Array(rows * few).fill(0.5)));
  const vectors = (count: number, bits?: number): RingRows =>
    own(kernels.RingRows.fromPrg(count, rows, key, nonce, bits));
  const matmul = (name: string, matrix: RingMatrix): Entry => ({
    name,
    run: () => matrix.mul(wordRows, t),
    macs: t * rows * few,
  });
  const neurons = vectors(cols);
  const wordRows = x(t * rows);
  const [one, many] = [1, t].map((count) => new Float32Array(count * rows).fill(0.25));
  const [plain, packed] = [x(words), kernels.packWords(x(words), 38)];
  return [
    inCache,
    matvec('matvec, in cache', inCache),
    large,
    matvec('matvec, large', large),
    ...shorts,
    matmul(MATMUL, ringPart(64)),
    ...SHORT.flatMap((bits, i) => [
      matvec(`matvec${wordsOf(bits)}`, shorts[i]),
      matmul(MATMUL + wordsOf(bits), ringPart(bits)),
    ]),
    ...sparse(neurons, 'every neuron', 1, 1, inCache.name),
    ...sparse(neurons, 'a tenth', 1, 10),
    ...sparse(vectors(few), `${t} rows`, t, 1),
    ...sparse(vectors(cols, 48), `every neuron${wordsOf(48)}`, 1, 1, shorts[0].name),
    ...sparse(vectors(few, 48), `${t} rows${wordsOf(48)}`, t, 1),
    {
      name: 'matvec f32',
      run: () => floats.mul(one, 1),
      bytes: 4 * rows * cols,
      macs: rows * cols,
      // As many bytes.
      limit: shorts[1].name,
    },
    { name: 'matmul f32', run: () => floatPart.mul(many, t), macs: t * rows * few },
    { name: 'key stream, 64 bits', run: () => kernels.prgWords(key, nonce, 0, words, 64), bytes: 8 * words },
    { name: 'pack, 38 bits', run: () => kernels.packWords(plain, 38), bytes: packed.length },
    { name: 'unpack, 38 bits', run: () => kernels.unpackWords(packed, 38, words), bytes: packed.length },
    { name: '1000 empty calls', run: () => thousandTimes(() => kernels.memoryBytes()) },
  ];
}

function thousandTimes(call: () => void): void {
  for (let i = 0; i < 1000; i++) call();
}

function report(entries: readonly Entry[], timings: Record<string, Timing>, more: readonly Target[]): KernelReport {
  const cyclesPerSecond = (MULTIPLY_LATENCY * CHAIN) / timings.clock.best;
  /** Of products with many rows of words of the same size. */
  const rateOf = (matvec: string): number => {
    const matmul = MATMUL + (SHORT.map(wordsOf).find((words) => matvec.endsWith(words)) ?? '');
    return entries.find(({ name }) => name === matmul)!.macs! / timings[matmul].best;
  };
  const kernels = entries.map(({ name, bytes, macs, limit }): KernelFigure => {
    const timing = timings[name];
    return {
      name,
      ...timing,
      ...(bytes !== undefined && { bytes, bytesPerSecond: bytes / timing.best }),
      ...(macs !== undefined && { macs, macsPerCycle: macs / (timing.best * cyclesPerSecond) }),
      ...(limit !== undefined && { limit, fractionOfLimit: timings[limit].best / timing.best }),
      ...(name.startsWith('matvec,') && {
        fractionOfRoof: Math.max(timings[limit!].best, macs! / rateOf(name)) / timing.best,
      }),
    };
  });
  const figure = (name: string): KernelFigure => kernels.find((kernel) => kernel.name === name)!;
  return {
    cyclesPerSecond,
    kernels,
    targets: [
      ...['matvec, in cache', 'matvec, large'].map((name) =>
        atLeast(`${name}: part of a read's speed`, figure(name).fractionOfLimit!, 0.8),
      ),
      atLeast('matmul: multiply-accumulates a cycle', figure(MATMUL).macsPerCycle!, 0.8),
      ...more,
    ],
  };
}
