/**
 * Padding of sets before they are opened (protocol section 5.1): every neuron that is not active is computed all the same with a secret
 * probability that depends on how many are active, so that the number of ones in a row has one mean as long as no more are active than
 * that.
 */
import type { Address } from '../core/address.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

/** Formats of padding: noise of `bits` bits; a padded score and the digits of its comparison with zero. */
export const PADDING = { bits: 10, width: 12, digits: [4, 4, 3] } as const;

/** Bits of a number of active neurons. */
export const countBits = (ffn: number): number => 32 - Math.clz32(ffn);

/** A noise below this is a one: for every number of active neurons, so that `wanted` of `ffn` are ones in the mean. */
export function chances(ffn: number, wanted: number): Words {
  const all = new BigUint64Array(2 ** countBits(ffn));
  const levels = 2 ** PADDING.bits;
  for (let active = 0; active < Math.min(wanted, ffn); active++) {
    const chance = (wanted - active) / (ffn - active);
    all[active] = BigInt(Math.min(levels - 1, Math.round(levels * chance)));
  }
  return all;
}

/** How many neurons a row computes: the mean that padding aims at, and four standard deviations. */
export function paddedSize(ffn: number, wanted: number): number {
  const deviation = Math.sqrt(Math.max(0, wanted * (1 - wanted / ffn)));
  return Math.min(ffn, wanted + Math.ceil(4 * deviation));
}

/** A uniform wire under a XOR mask that nobody knows the value of: servers draw what is public to them, the dealer knows the mask. */
export const noise = {
  server: (c: ServerContext, at: Address, format: Format): ServerWire => ({
    ...format,
    m: c.drawn(at, sizeOf(format), format.width),
    half: c.half(at, sizeOf(format), format.width),
  }),
  dealer: (c: DealerContext, at: Address, format: Format): DealerWire => ({
    ...format,
    mask: c.mask(at, sizeOf(format), format.width, true),
  }),
};

/** Arithmetic shares modulo `2^width` of a wire under a XOR mask, `sum over i of 2^i (m_i XOR mask_i)`: the mask's bits are dealt. */
export const arithmetic = {
  server(c: ServerContext, at: Address, x: ServerWire, width: number): Words {
    const shares = low(c.dealtWords(at, PART.words, sizeOf(x) * x.width, width));
    const m = low(x.m);
    return words(sizeOf(x), width, (element) => {
      let sum = 0;
      for (let i = 0; i < x.width; i++) {
        const share = shares[2 * (element * x.width + i)];
        // m_i XOR b = m_i + (1 - 2 m_i) b
        const bit = (m[2 * element] >>> i) & 1;
        sum += (bit ? Number(c.party === 0) - share : share) << i;
      }
      return sum;
    });
  },
  dealer(c: DealerContext, at: Address, x: DealerWire, width: number): void {
    const mask = low(x.mask);
    const bits = words(sizeOf(x) * x.width, 1, (i) => mask[2 * Math.floor(i / x.width)] >>> (i % x.width));
    c.deal(at, PART.words, new c.kernels.Dealt(bits), width);
  },
  cost: (x: Format, width: number) => dealt(sizeOf(x) * x.width, width),
};

/** The sums of the rows of a share. */
export function rowSums(share: Words, rows: number): Words {
  const cols = share.length / rows;
  const values = low(share);
  return words(rows, 32, (row) => {
    let sum = 0;
    for (let i = row * cols; i < (row + 1) * cols; i++) sum += values[2 * i];
    return sum;
  });
}

/** `values[v]` of every element of an opened wire: the dealer shifts the table by the wire's mask. */
export const lookUp = {
  server(c: ServerContext, at: Address, x: ServerWire, width: number): Words {
    const cells = 2 ** x.width;
    const m = low(x.m);
    const places = Uint32Array.from({ length: sizeOf(x) }, (_, i) => i * cells + m[2 * i]);
    return c.gather(at, PART.words, places, sizeOf(x) * cells, width);
  },
  dealer(c: DealerContext, at: Address, x: DealerWire, values: Words, width: number): void {
    const cells = 2 ** x.width;
    const mask = low(x.mask);
    const of = low(values);
    const table = words(sizeOf(x) * cells, width, (i) => {
      const element = Math.floor(i / cells);
      return of[2 * ((i - mask[2 * element]) & (cells - 1))];
    });
    c.deal(at, PART.words, new c.kernels.Dealt(table), width);
  },
  cost: (x: Format, width: number) => dealt(sizeOf(x) * 2 ** x.width, width),
};

/** `2^bits active + chance - noise - 1`, at least zero where an element is active or its noise below its row's chance. */
export function paddedScores(party: 0 | 1, active: Words, chance: Words, drawn: Words): Words {
  const cols = active.length / chance.length;
  const [a, of, u] = [low(active), low(chance), low(drawn)];
  return words(active.length, PADDING.width, (i) => {
    return (a[2 * i] << PADDING.bits) + of[2 * Math.floor(i / cols)] - u[2 * i] - Number(party === 0);
  });
}

/** The low halves of words are at even places. */
const low = (all: Words): Uint32Array => new Uint32Array(all.buffer, all.byteOffset, 2 * all.length);

/** Words of at most 32 bits from what a function says of each, modulo `2^width`. */
function words(count: number, width: number, of: (i: number) => number): Words {
  const all = new BigUint64Array(count);
  const halves = low(all);
  const mask = width === 32 ? -1 : 2 ** width - 1;
  for (let i = 0; i < count; i++) halves[2 * i] = of(i) & mask;
  return all;
}
