/** Orders of the neurons and heads of a layer: how they are drawn, and applied to words. */
import type { Shape } from '../plan/shape.js';
import type { Words } from '../wires/wire.js';

type HeadCounts = Pick<Shape, 'heads' | 'kvHeads'>;

/** A random order of as many things as there are random words (Fisher-Yates); the remainder of a word is uniform up to count / 2^64. */
export function orderFrom(words: Words): Uint32Array {
  const order = unmoved(words.length);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Number(words[i] % BigInt(i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** How many random words an order of heads is drawn from. */
export const headOrderWords = ({ heads, kvHeads }: HeadCounts): number => (heads === kvHeads ? heads : kvHeads + heads);

/**
 * A random order of the heads of queries that keeps groups which read the same keys and values together: the first words order the groups,
 * the others the heads within each of them.
 */
export function headOrderFrom(words: Words, { heads, kvHeads }: HeadCounts): Uint32Array {
  const groups = orderFrom(words.subarray(0, kvHeads));
  const size = heads / kvHeads;
  if (size === 1) return groups;
  const order = new Uint32Array(heads);
  for (const [i, group] of groups.entries()) {
    const from = kvHeads + i * size;
    order.set(orderFrom(words.subarray(from, from + size)).map((head) => group * size + head), i * size); // prettier-ignore
  }
  return order;
}

/** The order of the heads of keys and values that goes with one of the heads of queries. */
export function kvOrder({ heads, kvHeads }: HeadCounts, order: Uint32Array): Uint32Array {
  const size = heads / kvHeads;
  return Uint32Array.from({ length: kvHeads }, (_, i) => Math.floor(order[i * size] / size));
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
