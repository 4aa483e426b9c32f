/**
 * Comparison `v >= threshold` of an opened wire by digits (protocol section 4): shared one-hot-like tables give the bits `a_i < b_i` and
 * `a_i = b_i` of every digit without a round; they are opened under XOR masks, and one multi-fan-in AND with dealt mask monomials gives
 * the XOR-shared result. One wire may be compared with several thresholds: they share its tables.
 */
import type { Address } from '../core/address.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt, total } from './cost.js';

/** Thresholds in the wire's units, and widths of the digits, most significant first; they sum to the wire's width less one. */
export interface Comparison {
  readonly thresholds: BigUint64Array<ArrayBuffer>;
  readonly digits: Uint8Array<ArrayBuffer>;
}

/** Bits opened per comparison. */
export const openedBits = ({ digits }: Comparison): number => 2 * digits.length - 1;

/** Bits of one wire's tables. */
const tableBits = ({ digits }: Comparison): number => digits.reduce((sum, w) => sum + 2 ** w, 0);
/** A table goes as one word of its own width, or as full words. */
const tableFormat = (comparison: Comparison): { words: number; width: number } => {
  const bits = tableBits(comparison);
  return { words: Math.ceil(bits / 64), width: Math.min(bits, 64) };
};
/** Monomials of two masks or more, and the sign of the wire's mask. */
export const monomialBits = (digits: number): number => 2 ** (digits - 1) + 2 ** digits - 2 - (2 * digits - 1) + 1;

export const compareDigits = {
  server(c: ServerContext, at: Address, x: ServerWire, comparison: Comparison): Words {
    const { words, width } = tableFormat(comparison);
    const tables = c.dealt(at, PART.words, sizeOf(x) * words, width);
    return c.kernels.compareDigits(c.party, x.m, comparison.thresholds, tables, x.width, comparison.digits) as Words;
  },
  dealer(c: DealerContext, at: Address, x: DealerWire, comparison: Comparison): void {
    const { width } = tableFormat(comparison);
    c.deal(at, PART.words, c.kernels.compareTables(x.mask, x.width, comparison.digits), width, true);
  },
  cost(x: Format, comparison: Comparison) {
    const { words, width } = tableFormat(comparison);
    return dealt(sizeOf(x) * words, width);
  },
};

/** `opened` is the wire of the digits' bits, opened at `at`. */
export const compareBits = {
  server(c: ServerContext, at: Address, x: ServerWire, opened: ServerWire, comparison: Comparison): Words {
    const digits = comparison.digits.length;
    const monomials = c.dealt(at, PART.monomials, sizeOf(opened), monomialBits(digits));
    const { thresholds } = comparison;
    return c.kernels.compareBits(c.party, x.m, thresholds, opened.m, opened.half!, monomials, x.width, digits) as Words;
  },
  dealer(c: DealerContext, at: Address, x: DealerWire, opened: DealerWire, comparison: Comparison): void {
    const digits = comparison.digits.length;
    const dealt = c.kernels.compareMonomials(x.mask, opened.mask, x.width, digits, comparison.thresholds.length);
    c.deal(at, PART.monomials, dealt, monomialBits(digits), true);
  },
  cost: (x: Format, comparison: Comparison) =>
    total(dealt(sizeOf(x) * comparison.thresholds.length, monomialBits(comparison.digits.length))),
};
