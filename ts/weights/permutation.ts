/** Orders of the neurons and heads of a layer: how they are drawn, and applied to words. */
import type { Words } from '../wires/wire.js';

/** A random order of as many things as there are random words (Fisher-Yates); the remainder of a word is uniform up to count / 2^64. */
export function orderFrom(words: Words): Uint32Array {
  const order = unmoved(words.length);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Number(words[i] % BigInt(i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The order that changes nothing. */
export const unmoved = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

/** Words in another order: of every `order.length` blocks of `size` words, block i is what was block `order[i]`. */
export function permuted(words: Words, size: number, order: Uint32Array): Words {
  const out = new BigUint64Array(words.length);
  for (let base = 0; base < words.length; base += order.length * size)
    for (const [i, block] of order.entries()) {
      const from = base + block * size;
      out.set(words.subarray(from, from + size), base + i * size);
    }
  return out;
}
