/**
 * A function of a positive wire over a wide range (docs/protocol.md section 2, LN and RSQRT by windows): a small table
 * for every window, right if the wire is in that window, and comparisons that say which one it is in. What a window adds
 * to the one before and the comparisons' masked bits are opened side by side; the choice is a product of both.
 */
import type { Address } from '../core/address.js';
import { release } from '../core/release.js';
import type { Windows } from '../kernels/load.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import type { Comparison } from './compare.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { FIXED, type NormPlan } from '../plan/formats.js';
import { dealt } from './cost.js';

/** Number of windows, and bits of a cell's number in each. */
export interface WindowCount {
  readonly count: number;
  readonly w: number;
}

/** The windows of a norm's root. */
export const windowCount = ({ windows, w }: NormPlan): WindowCount => ({ count: windows!.count, w });

/** Octaves as ln gives them: `count ln 2` in its scale. */
export const octaves = (count: number): bigint => BigInt(Math.round(count * Math.LN2 * 2 ** FIXED.ln.scale));

/** What each window adds to the one before: `count` results an element. */
export const windowParts = {
  server(c: ServerContext, at: Address, tables: Windows, windows: WindowCount, z: ServerWire, width: number): Words {
    const positions = tables.positions(z.m);
    const cells = c.gather(at, PART.words, positions, windowParts.words(z, windows), width);
    const share = tables.eval(z.m, cells) as Words;
    release(positions, cells);
    return share;
  },
  dealer: (c: DealerContext, at: Address, tables: Windows, z: DealerWire, width: number): void =>
    c.deal(at, PART.words, tables.deal(z.mask), width),
  words: (z: Format, { count, w }: WindowCount): number => sizeOf(z) * count * 2 ** w * 2,
  cost: (z: Format, windows: WindowCount, width: number) => dealt(windowParts.words(z, windows), width),
};

/** Words of an element's digit tables. */
const tableWords = ({ digits }: Comparison): number => Math.ceil(digits.reduce((sum, w) => sum + 2 ** w, 0) / 64);

/** The bits of `z < threshold`, by digits that sum to the wire's width: the first digit has the sign in it. */
export const windowDigits = {
  server(c: ServerContext, at: Address, z: ServerWire, comparison: Comparison): Words {
    const tables = c.dealt(at, PART.words, sizeOf(z) * tableWords(comparison), 64);
    return c.kernels.windowDigits(c.party, z.m, comparison.thresholds, tables, z.width, comparison.digits) as Words;
  },
  dealer: (c: DealerContext, at: Address, z: DealerWire, comparison: Comparison): void =>
    c.deal(at, PART.words, c.kernels.windowTables(z.mask, z.width, comparison.digits), 64, true),
  cost: (z: Format, comparison: Comparison) => dealt(sizeOf(z) * tableWords(comparison), 64),
};

/** Products of two masks or more, and single ones, that a comparison of `d` digits needs. */
const monomials = (d: number): number => 2 ** (d - 1) + 2 ** d - 2;

/** The sum of what those windows add whose threshold is reached; `digits` is the wire of the opened bits. */
export const windowSelect = {
  server(c: ServerContext, at: Address, digits: ServerWire, parts: ServerWire, comparison: Comparison): Words {
    const { thresholds, digits: widths } = comparison;
    const dealtWords = c.dealt(at, PART.monomials, windowSelect.words(digits, comparison), parts.width);
    return c.kernels.windowSelect(
      c.party,
      digits.m,
      parts.m,
      parts.half!,
      dealtWords,
      widths.length,
      thresholds.length,
    ) as Words;
  },
  dealer(c: DealerContext, at: Address, digits: DealerWire, parts: DealerWire, comparison: Comparison): void {
    const { thresholds, digits: widths } = comparison;
    const dealt = c.kernels.windowDealer(digits.mask, parts.mask, widths.length, thresholds.length);
    c.deal(at, PART.monomials, dealt, parts.width);
  },
  words: (digits: Format, comparison: Comparison): number => 2 * sizeOf(digits) * monomials(comparison.digits.length),
  cost: (digits: Format, parts: Format, comparison: Comparison) =>
    dealt(windowSelect.words(digits, comparison), parts.width),
};
