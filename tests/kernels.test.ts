import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
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
