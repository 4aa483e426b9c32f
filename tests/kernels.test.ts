import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { failureOf } from '../ts/kernels/errors.js';
import { loadKernels, type Kernels } from '../ts/kernels/load.js';

interface Vectors {
  prg: { key: string; nonce: string; first: number; count: number; width: number; words: string }[];
  packing: { width: number; words: string; bytes: string }[];
  product: { rows: number; cols: number; t: number; key: string; y: string }[];
  quantisation: { scale: number; values: number[]; words: string }[];
}

const vectors = JSON.parse(readFileSync(new URL('vectors/kernels.json', import.meta.url), 'utf8')) as Vectors;
const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const words = (hex: string): BigUint64Array => new BigUint64Array(bytes(hex).buffer as ArrayBuffer);
const mask = (width: number): bigint => (1n << BigInt(width)) - 1n;
const failing = (call: () => unknown): unknown => {
  try {
    return call();
  } catch (error) {
    return error;
  }
};

let k: Kernels;
beforeAll(async () => {
  k = await loadKernels();
});

describe('vectors', () => {
  test.each(vectors.prg)('stream from $first, width $width', (v) => {
    expect(k.prgWords(bytes(v.key), bytes(v.nonce), v.first, v.count, v.width)).toEqual(words(v.words));
  });

  test.each(vectors.packing)('packing, width $width', (v) => {
    expect(k.packWords(words(v.words), v.width)).toEqual(bytes(v.bytes));
    const low = words(v.words).map((word) => word & mask(v.width));
    expect(k.unpackWords(bytes(v.bytes), v.width, low.length)).toEqual(low);
  });

  test.each(vectors.product)('product $t x $rows x $cols', (v) => {
    const w = k.RingMatrix.fromPrg(v.rows, v.cols, bytes(v.key), new Uint8Array(12).fill(1));
    const x = k.prgWords(bytes(v.key), new Uint8Array(12).fill(2), 0, v.t * v.rows, 64);
    expect(w.mul(x, v.t)).toEqual(words(v.y));
    w.free();
  });

  test.each(vectors.quantisation)('quantisation, scale $scale', (v) => {
    expect(k.quantise(Float32Array.from(v.values), v.scale)).toEqual(words(v.words));
  });
});

describe('ring matrices', () => {
  const [key, nonce] = [new Uint8Array(32).fill(3), new Uint8Array(12).fill(4)];

  test('shares of a matrix add up to it', () => {
    const secret = k.RingMatrix.fromF32(
      9,
      21,
      Float32Array.from({ length: 189 }, (_, i) => Math.sin(i)),
      14,
    );
    const share = secret.copy();
    share.addPrg(key, nonce, true);
    expect(share.words()).not.toEqual(secret.words());
    share.addMatrix(k.RingMatrix.fromPrg(9, 21, key, nonce), false);
    expect(share.words()).toEqual(secret.words());
    share.addMatrix(secret, true);
    expect(share.words()).toEqual(k.RingMatrix.zeros(9, 21).words());
  });

  test('columns', () => {
    const matrix = new k.RingMatrix(2, 3, new BigUint64Array([1n, 2n, 3n, 4n, 5n, 6n]));
    expect(matrix.columns(1, 3).words()).toEqual(new BigUint64Array([2n, 3n, 5n, 6n]));
    expect([matrix.rows, matrix.cols]).toEqual([2, 3]);
    expect(matrix.columns(2, 2).words()).toHaveLength(0);
  });

  test('products with plain rows', () => {
    const a = new BigUint64Array([1n, 2n, 3n, 4n, 5n, 6n]);
    expect(k.ringRowsDot(a, new BigUint64Array([1n, 10n]))).toEqual(new BigUint64Array([21n, 43n, 65n]));
    expect(k.ringWeightedRows(new BigUint64Array([1n, 10n, 100n]), a, 2)).toEqual(new BigUint64Array([531n, 642n]));
    expect(k.shiftRight(new BigUint64Array([0x1b6n]), 8, 2)).toEqual(new BigUint64Array([0x2dn]));
  });
});

describe.each([32, 48])('words of %i bits', (bits) => {
  const [key, nonce] = [new Uint8Array(32).fill(5), new Uint8Array(12).fill(6)];
  const low = (words: BigUint64Array): BigUint64Array => words.map((word) => BigInt.asUintN(bits, word));
  const x = (count: number): BigUint64Array => k.prgWords(key, nonce, 100, count, 64);
  const pairs = [Uint32Array.of(0, 3), Uint32Array.of(0, 2, 4)] as const;

  test('give the low bits of what words of 64 give', () => {
    const [wide, short] = [64, bits].map((size) => k.RingMatrix.fromPrg(5, 9, key, nonce, size));
    expect([wide, short, short.copy(), short.columns(1, 4)].map(({ wordBits }) => wordBits)).toEqual([
      64,
      bits,
      bits,
      bits,
    ]);
    expect(short.words()).toEqual(low(wide.words()));
    expect(short.mul(x(10), 2)).toEqual(low(wide.mul(x(10), 2)));
    const [jobs, blocks] = [Uint32Array.of(1, 0), Uint32Array.of(0, 2)];
    expect(short.mulColumnBlocks(x(10), 2, jobs, blocks, 3)).toEqual(
      low(wide.mulColumnBlocks(x(10), 2, jobs, blocks, 3)),
    );
    expect(short.mulRowBlocks(x(2), 2, jobs, blocks)).toEqual(low(wide.mulRowBlocks(x(2), 2, jobs, blocks)));
    short.addMatrix(short.copy(), true);
    expect(short.words()).toEqual(new BigUint64Array(45));
    const [vectors, shorts] = [64, bits].map((size) => k.RingRows.fromPrg(5, 9, key, nonce, size));
    expect(shorts.select(Uint32Array.of(3)).wordBits).toBe(bits);
    expect(shorts.dots(x(9), 1, ...pairs)).toEqual(low(vectors.dots(x(9), 1, ...pairs)));
    expect(shorts.combine(x(3), 1, ...pairs)).toEqual(low(vectors.combine(x(3), 1, ...pairs)));
  });

  test('come in pieces of bytes', () => {
    const words = x(6);
    for (const kind of [k.RingMatrix, k.RingRows])
      for (const size of [64, bits]) {
        const weights = kind.zeros(2, 3, size);
        weights.addPacked(0, k.packWords(words.subarray(0, 4), size));
        weights.addPacked(4, k.packWords(words.subarray(4), size));
        expect(weights.words()).toEqual(size === 64 ? words : low(words));
        expect(weights.words()).toEqual(new kind(2, 3, words, size).words());
        for (const [first, count] of [
          [3, 4 * size],
          [0, 7 * size],
          [0, size - 8],
          [2 ** 32 - 1, 2 * size],
        ])
          expect(failing(() => weights.addPacked(first, new Uint8Array(count / 8)))).toMatchObject({
            code: 'E_ARGUMENT',
          });
      }
  });

  test('are not mixed with others', () => {
    const refused = [
      () => k.RingMatrix.zeros(2, 3).addMatrix(k.RingMatrix.zeros(2, 3, bits), false),
      () => k.RingRows.zeros(2, 3, bits).addRows(k.RingRows.zeros(2, 3), false),
      () => k.RingMatrix.zeros(1, 1, 40),
      () => new k.RingRows(1, 1, new BigUint64Array(1), 16),
    ];
    for (const call of refused) expect(failing(call)).toMatchObject({ name: 'CometError', code: 'E_ARGUMENT' });
  });
});

describe('sparse products', () => {
  const [key, nonce] = [new Uint8Array(32).fill(3), new Uint8Array(12).fill(4)];
  const drawn = (first: number, count: number): BigUint64Array => k.prgWords(key, nonce, first, count, 64);
  const total = (count: number, term: (i: number) => bigint): bigint =>
    BigInt.asUintN(
      64,
      Array.from({ length: count }, (_, i) => term(i)).reduce((a, b) => a + b, 0n),
    );

  test('vectors: shares, orders and shapes', () => {
    const values = Float32Array.from({ length: 6 }, (_, i) => i - 2.5);
    const secret = k.RingRows.fromF32(3, 2, values, 1);
    expect(secret.words()).toEqual(k.quantise(values, 1));
    const share = secret.copy();
    share.addPrg(key, nonce, true);
    share.addRows(k.RingRows.fromPrg(3, 2, key, nonce), false);
    expect(share.words()).toEqual(secret.words());
    share.addRows(secret, true);
    expect(share.words()).toEqual(k.RingRows.zeros(3, 2).words());
    const vectors = new k.RingRows(3, 2, new BigUint64Array([1n, 2n, 3n, 4n, 5n, 6n]));
    expect(vectors.select(Uint32Array.of(2, 0)).words()).toEqual(new BigUint64Array([5n, 6n, 1n, 2n]));
    expect([vectors.rows, vectors.dim]).toEqual([3, 2]);
  });

  test.each([
    ['some', [0, 3, 3, 5], [0, 4, 10, 3, 9]],
    ['none', [0, 0, 0, 0], []],
    ['all', [0, 11, 22, 33], Array.from({ length: 33 }, (_, i) => i % 11)],
  ])('%s of the neurons', (_, starts, neurons) => {
    const [n, dim, t] = [11, 19, 3];
    const [w, x, a] = [drawn(0, n * dim), drawn(300, t * dim), drawn(400, neurons.length)];
    const vectors = new k.RingRows(n, dim, w);
    const pairs = [t, Uint32Array.from(starts), Uint32Array.from(neurons)] as const;
    const row = (pair: number): number => starts.findIndex((_, r) => starts[r + 1] > pair);
    const dots = neurons.map((neuron, pair) => total(dim, (i) => x[row(pair) * dim + i] * w[neuron * dim + i]));
    expect(vectors.dots(x, ...pairs)).toEqual(BigUint64Array.from(dots));
    const y = Array.from({ length: t * dim }, (_, at) =>
      total(neurons.length, (pair) =>
        row(pair) === Math.floor(at / dim) ? a[pair] * w[neurons[pair] * dim + (at % dim)] : 0n,
      ),
    );
    expect(vectors.combine(a, ...pairs)).toEqual(BigUint64Array.from(y));
  });

  test('blocks of a matrix', () => {
    const [rows, cols, block] = [12, 21, 6];
    const [w, x, parts] = [drawn(0, rows * cols), drawn(300, 2 * rows), drawn(400, 3 * 4)];
    const matrix = new k.RingMatrix(rows, cols, w);
    const [jobRows, jobBlocks] = [Uint32Array.of(1, 0, 1), Uint32Array.of(2, 0, 0)];
    const columns = Array.from({ length: 3 * block }, (_, at) => {
      const [job, col] = [Math.floor(at / block), at % block];
      return total(rows, (i) => x[jobRows[job] * rows + i] * w[i * cols + jobBlocks[job] * block + col]);
    });
    expect(matrix.mulColumnBlocks(x, 2, jobRows, jobBlocks, block)).toEqual(BigUint64Array.from(columns));
    const y = Array.from({ length: 2 * cols }, (_, at) =>
      total(12, (i) => {
        const [job, row] = [Math.floor(i / 4), jobBlocks[Math.floor(i / 4)] * 4 + (i % 4)];
        return jobRows[job] === Math.floor(at / cols) ? parts[i] * w[row * cols + (at % cols)] : 0n;
      }),
    );
    expect(matrix.mulRowBlocks(parts, 2, jobRows, jobBlocks)).toEqual(BigUint64Array.from(y));
    const none = new Uint32Array(0);
    expect(matrix.mulRowBlocks(new BigUint64Array(0), 2, none, none)).toEqual(new BigUint64Array(2 * cols));
    expect(matrix.mulColumnBlocks(x, 2, none, none, block)).toHaveLength(0);
  });

  test('what does not fit is refused', () => {
    const refused = { name: 'CometError', code: 'E_ARGUMENT' };
    const [vectors, matrix] = [k.RingRows.zeros(3, 2), k.RingMatrix.zeros(4, 6)];
    const [two, one] = [new BigUint64Array(2), new BigUint64Array(1)];
    const pairs = (starts: number[], neurons: number[]) =>
      [1, Uint32Array.from(starts), Uint32Array.from(neurons)] as const;
    const job = (row: number, block: number) => [1, Uint32Array.of(row), Uint32Array.of(block)] as const;
    for (const call of [
      () => new k.RingRows(2, 2, two),
      () => vectors.addRows(k.RingRows.zeros(2, 3), false),
      () => vectors.select(Uint32Array.of(3)),
      () => vectors.dots(one, ...pairs([0, 1], [0])),
      () => vectors.dots(two, ...pairs([0], [])),
      () => vectors.dots(two, ...pairs([0, 2], [0])),
      () => vectors.dots(two, ...pairs([0, 2], [1, 0])),
      () => vectors.dots(two, ...pairs([0, 1], [3])),
      () => vectors.combine(two, ...pairs([0, 1], [0])),
      () => matrix.mulColumnBlocks(new BigUint64Array(4), ...job(1, 0), 3),
      () => matrix.mulColumnBlocks(new BigUint64Array(4), ...job(0, 2), 3),
      () => matrix.mulColumnBlocks(new BigUint64Array(4), ...job(0, 0), 0),
      () => matrix.mulRowBlocks(two, ...job(0, 2)),
      () => matrix.mulRowBlocks(two, ...job(1, 0)),
      () => matrix.mulRowBlocks(two, 1, Uint32Array.of(0), Uint32Array.of(0, 1)),
    ])
      expect(failing(call)).toMatchObject(refused);
  });
});

describe('floats', () => {
  test('both layouts give the same running sums for any number of rows', () => {
    const value = (i: number): number => Math.fround(Math.sin(i + 1));
    const linear = new k.FloatMatrix(
      19,
      33,
      Float32Array.from({ length: 627 }, (_, i) => value(i)),
    );
    const rows = k.FloatMatrix.fromRows(
      33,
      19,
      Float32Array.from({ length: 627 }, (_, i) => value((i % 19) * 33 + Math.floor(i / 19))),
    );
    const x = Float32Array.from({ length: 99 }, (_, i) => value(1000 + i));
    const expected = Float32Array.from({ length: 57 }, (_, i) => {
      let sum = 0;
      for (let r = 0; r < 33; r++)
        sum = Math.fround(sum + Math.fround(x[Math.floor(i / 19) * 33 + r] * value((i % 19) * 33 + r)));
      return sum;
    });
    expect(linear.mul(x, 3)).toEqual(expected);
    expect(rows.mul(x, 3)).toEqual(expected);
    expect(linear.mul(x.subarray(66), 1)).toEqual(expected.subarray(38));
    expect([linear.rows, linear.cols, rows.rows, rows.cols]).toEqual([33, 19, 33, 19]);
  });

  test('rows', () => {
    expect(k.relu(Float32Array.of(-1, 0, 2))).toEqual(Float32Array.of(0, 0, 2));
    expect(k.softmaxRows(Float32Array.of(1, 1, 5, 5), 2)).toEqual(Float32Array.of(0.5, 0.5, 0.5, 0.5));
    expect(k.layerNorm(Float32Array.of(-1, 1), Float32Array.of(1, 2), Float32Array.of(0, 1), 0)).toEqual(
      Float32Array.of(-1, 3),
    );
    expect(k.logSumExp(Float32Array.of(800, 800))).toBeCloseTo(800 + Math.LN2, 12);
    expect(k.floatRowsDot(Float32Array.of(1, 2, 3, 4), Float32Array.of(1, 10))).toEqual(Float32Array.of(21, 43));
    expect(k.floatWeightedRows(Float32Array.of(1, 10), Float32Array.of(1, 2, 3, 4), 2)).toEqual(
      Float32Array.of(31, 42),
    );
  });

  test('functions of one number', () => {
    // Rust's libm, to the last bit: the nearest double to e is one less in the last place.
    expect([k.exp(1), k.ln(Math.E), k.sqrt(2), k.round(-2.5)]).toEqual([2.7182818284590455, 1, Math.SQRT2, -3]);
  });
});

describe('checkpoints', () => {
  test('header and tensors', () => {
    const json = '{"a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}';
    const file = new Uint8Array([
      json.length,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...new TextEncoder().encode(json),
      0xc0,
      0x3f,
      0,
      0xc0,
    ]);
    expect(k.safetensorsHeaderBytes(file.subarray(0, 8))).toBe(8 + json.length);
    const header = JSON.parse(k.safetensorsHeader(file.subarray(0, 8 + json.length)));
    const start = 8 + json.length;
    expect(header).toEqual({
      tensors: { a: { dtype: 'BF16', shape: [1, 2], start, end: start + 4 } },
      metadata: null,
      size: start + 4,
    });
    expect(k.decodeTensor(file.subarray(start), 'BF16')).toEqual(Float32Array.of(1.5, -2));
  });
});

test('failures have codes', () => {
  const words = new BigUint64Array(6);
  const matrix = new k.RingMatrix(2, 3, words);
  const [key, nonce] = [new Uint8Array(32), new Uint8Array(12)];
  const refused: [string, () => unknown][] = [
    ['E_ARGUMENT', () => new k.RingMatrix(2, 4, words)],
    ['E_ARGUMENT', () => k.RingMatrix.zeros(1 << 20, 1 << 20)],
    ['E_ARGUMENT', () => k.RingMatrix.zeros(4294967295, 4294967295)],
    ['E_ARGUMENT', () => matrix.mul(words, 2)],
    ['E_ARGUMENT', () => matrix.columns(2, 4)],
    ['E_ARGUMENT', () => matrix.addMatrix(k.RingMatrix.zeros(3, 2), false)],
    ['E_ARGUMENT', () => matrix.addPrg(new Uint8Array(31), nonce, false)],
    ['E_ARGUMENT', () => k.prgWords(key, nonce, -1, 1, 64)],
    ['E_ARGUMENT', () => k.prgWords(key, nonce, 2 ** 35, 1, 64)],
    ['E_ARGUMENT', () => k.prgWords(key, nonce, 0, 1, 0)],
    ['E_ARGUMENT', () => k.packWords(words, 65)],
    ['E_ARGUMENT', () => k.unpackWords(new Uint8Array(3), 8, 4)],
    ['E_ARGUMENT', () => k.unpackWords(new Uint8Array(0), 64, 2 ** 29)],
    ['E_ARGUMENT', () => k.shiftRight(words, 8, 8)],
    ['E_ARGUMENT', () => k.softmaxRows(new Float32Array(3), 2)],
    ['E_RANGE', () => k.RingMatrix.fromF32(1, 1, Float32Array.of(NaN), 3)],
    ['E_RANGE', () => k.quantise(Float32Array.of(1024), 30)],
    ['E_CHECKPOINT', () => k.safetensorsHeader(new Uint8Array(8).fill(255))],
    ['E_CHECKPOINT', () => k.decodeTensor(new Uint8Array(4), 'I32')],
  ];
  for (const [code, call] of refused) expect(failing(call)).toMatchObject({ name: 'CometError', code });
});

test('a matrix that was freed is refused', () => {
  const matrix = k.RingMatrix.zeros(1, 1);
  matrix.free();
  expect(failing(() => matrix.words())).toMatchObject({ name: 'CometError' });
  expect(failing(() => matrix.rows)).toMatchObject({ name: 'CometError' });
});

test('limits of the machine', () => {
  const words = BigUint64Array.from({ length: 33 }, (_, i) => BigInt.asUintN(64, 0x9e3779b97f4a7c15n * BigInt(i + 1)));
  const matrix = new k.RingMatrix(3, 11, words);
  expect(k.xorMatrix(matrix)).toBe(words.reduce((all, word) => all ^ word));
  matrix.free();
  expect(k.squareChain(3n, 5)).toBe(3n ** 32n);
  expect(k.squareChain(3n, 7)).toBe(BigInt.asUintN(64, 3n ** 128n));
});

test('about the instance', () => {
  expect(k.simd()).toBe(true);
  expect(k.memoryBytes() % 65536).toBe(0);
  expect(k.memoryBytes()).toBeGreaterThan(0);
});

test('a trap is a lack of memory where little is left of it', () => {
  const trap = new WebAssembly.RuntimeError('unreachable');
  expect(failureOf(trap, 4e9)).toMatchObject({ code: 'E_LIMIT', cause: trap });
  expect(failureOf(trap, 1e9)).toMatchObject({ code: 'E_INTERNAL', cause: trap });
  expect(failureOf(new Error('E_ARGUMENT: no'), 4e9)).toMatchObject({ code: 'E_ARGUMENT', message: 'no' });
});
