/**
 * Products with cached wires: scores `q K` and outputs `p V`, causal, elements in the order (row, head, position). An inner product costs
 * one opened element however long it is; cached wires are never re-masked or re-sent.
 */
import type { Address } from '../core/address.js';
import type { Kernels, MaskCache, MaskedCache } from '../kernels/load.js';
import { type DealerWire, type Format, type ServerWire, sizeOf, type Words } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt, multiplied, total } from './cost.js';

/** Number of (row, head, position) triples for `rows` rows of which the first is at position `start`. */
export const causalCount = (rows: number, heads: number, start: number): number =>
  heads * (rows * (start + 1) + (rows * (rows - 1)) / 2);

/** The first row's position, from the number of triples. */
export const causalStart = (count: number, rows: number, heads: number): number =>
  (count / heads - (rows * (rows - 1)) / 2) / rows - 1;

/** Sums over positions, `rows x heads`, of words modulo `2^width`: shares, masks and masked words alike. */
export const sums = (kernels: Kernels, words: Words, rows: number, heads: number, width: number): Words =>
  kernels.maskWords(kernels.sumScores(words, rows, heads, causalStart(words.length, rows, heads)), width) as Words;

export const scores = {
  server(
    c: ServerContext,
    at: Address,
    q: ServerWire,
    keys: MaskedCache,
    centers: BigUint64Array,
    count: number,
    width: number,
  ): Words {
    c.onMacs(at, 2 * count * (q.cols / centers.length));
    return keys.scores(q.m, q.half!, q.rows, c.dealt(at, PART.gamma, count, width), centers) as Words;
  },
  dealer(c: DealerContext, at: Address, q: DealerWire, keys: MaskCache, headDim: number, width: number): void {
    const gamma = keys.scores(q.mask, q.rows) as Words;
    c.onMacs(at, gamma.length * headDim);
    c.deal(at, PART.gamma, gamma, width);
  },
  /** Two products a server, one of the dealer. */
  cost: (count: number, headDim: number, width: number) => total(dealt(count, width), multiplied(5 * count * headDim)),
};

/** Size of the output, and of one head. */
export interface Outputs {
  readonly rows: number;
  readonly cols: number;
  readonly headDim: number;
}

export const weighted = {
  server(c: ServerContext, at: Address, p: ServerWire, values: MaskedCache, out: Outputs, width: number): Words {
    c.onMacs(at, 2 * sizeOf(p) * out.headDim);
    return values.weighted(p.m, p.half!, out.rows, c.dealt(at, PART.gamma, out.rows * out.cols, width)) as Words;
  },
  dealer(c: DealerContext, at: Address, p: DealerWire, values: MaskCache, out: Outputs, width: number): void {
    c.onMacs(at, sizeOf(p) * out.headDim);
    c.deal(at, PART.gamma, values.weighted(p.mask, out.rows) as Words, width);
  },
  cost: (p: Format, out: Outputs, width: number) =>
    total(dealt(out.rows * out.cols, width), multiplied(5 * sizeOf(p) * out.headDim)),
};
