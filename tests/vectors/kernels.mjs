// Writes kernels.json: vectors for the kernels from code that shares nothing with them: OpenSSL's ChaCha20 and BigInt.
// node tests/vectors/kernels.mjs
import { Buffer } from 'node:buffer';
import { createCipheriv } from 'node:crypto';
import { writeFileSync } from 'node:fs';

const M = (1n << 64n) - 1n;
const hex = (words) => {
  const bytes = Buffer.alloc(8 * words.length);
  words.forEach((word, i) => bytes.writeBigUInt64LE(word & M, 8 * i));
  return bytes.toString('hex');
};
const filled = (n, start) => Buffer.from(Array.from({ length: n }, (_, i) => (start + 7 * i) & 255));

/** OpenSSL's chacha20 takes the block counter as the first four bytes of its IV: RFC 8439's, from 0. */
function stream(key, nonce, first, count) {
  const block = Buffer.alloc(4);
  block.writeUInt32LE(Math.floor(first / 8));
  const skip = first % 8;
  const bytes = createCipheriv('chacha20', key, Buffer.concat([block, nonce])).update(Buffer.alloc(8 * (skip + count)));
  return Array.from({ length: count }, (_, i) => bytes.readBigUInt64LE(8 * (skip + i)));
}

function prg(start, first, count, width) {
  const [key, nonce] = [filled(32, start), filled(12, start + 1)];
  const words = stream(key, nonce, first, count).map((word) => word & ((1n << BigInt(width)) - 1n));
  return { key: key.toString('hex'), nonce: nonce.toString('hex'), first, count, width, words: hex(words) };
}

function packing(width, count) {
  const words = stream(filled(32, width), filled(12, 0), 0, count);
  const all = words.reduceRight((sum, word) => (sum << BigInt(width)) | (word & ((1n << BigInt(width)) - 1n)), 0n);
  const bytes = Array.from({ length: Math.ceil((count * width) / 8) }, (_, i) => Number((all >> BigInt(8 * i)) & 255n));
  return { width, words: hex(words), bytes: Buffer.from(bytes).toString('hex') };
}

/** W and x are the streams of key `weights` with nonces of ones and twos. */
function product(rows, cols, t) {
  const key = filled(32, rows);
  const w = stream(key, Buffer.alloc(12, 1), 0, rows * cols);
  const x = stream(key, Buffer.alloc(12, 2), 0, t * rows);
  const y = Array.from({ length: t * cols }, (_, i) => {
    const row = Math.floor(i / cols);
    return Array.from({ length: rows }, (_, r) => x[row * rows + r] * w[r * cols + (i % cols)]).reduce((a, b) => a + b, 0n);
  });
  return { rows, cols, t, key: key.toString('hex'), y: hex(y) };
}

/** Values are multiples of 2^-10: exact as decimals, as floats and as BigInt numerators. */
function quantisation(scale) {
  const numerators = [-5, -3, -1, 0, 1, 3, 5, 511, 512, 513, 1536, 2560, -1536, 123457, -987655].map(BigInt);
  const words = numerators.map((n) => {
    if (scale >= 10) return n << BigInt(scale - 10);
    const [unit, half] = [1n << BigInt(10 - scale), 1n << BigInt(9 - scale)];
    const floor = n >> BigInt(10 - scale);
    const rest = n - floor * unit;
    return rest > half || (rest === half && floor & 1n) ? floor + 1n : floor;
  });
  return { scale, values: numerators.map((n) => Number(n) / 1024), words: hex(words) };
}

const vectors = {
  prg: [prg(0, 0, 16, 64), prg(1, 5, 70, 64), prg(2, 8, 40, 21), prg(3, 2 ** 35 - 9, 9, 1), prg(4, 2 ** 33 + 3, 33, 40)],
  packing: [1, 2, 7, 8, 9, 21, 30, 31, 32, 33, 40, 52, 63, 64].map((width) => packing(width, 19)),
  product: [product(1, 1, 1), product(3, 8, 2), product(17, 9, 1), product(64, 40, 5), product(5, 7, 33)],
  quantisation: [0, 3, 9, 10, 16, 20].map(quantisation),
};
writeFileSync(new URL('kernels.json', import.meta.url), `${JSON.stringify(vectors, null, 1)}\n`);
