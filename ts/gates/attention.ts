/**
 * Products with cached wires: scores `q K` and outputs `p V`, causal, elements in the order (row, head, position). An inner product costs
 * one opened element however long it is; cached wires are never re-masked or re-sent.
 */
import type { Address } from '../core/address.js';
import type { MaskCache, MaskedCache } from '../kernels/load.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt, multiplied, total } from './cost.js';

/** Number of (row, head, position) triples for `rows` rows of which the first is at position `start`. */
export const causalCount = (rows: number, heads: number, start: number): number =>
  heads * (rows * (start + 1) + (rows * (rows - 1)) / 2);

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
    return keys.scores(q.m, q.half!, q.rows, c.dealt(at, PART.gamma, count, width), centers) as Words;
  },
  dealer: (c: DealerContext, at: Address, q: DealerWire, keys: MaskCache, width: number): void =>
    c.deal(at, PART.gamma, keys.scores(q.mask, q.rows) as Words, width),
  /** Two products a server, one of the dealer. */
  cost: (count: number, headDim: number, width: number) => total(dealt(count, width), multiplied(5 * count * headDim)),
};

export const weighted = {
  server: (
    c: ServerContext,
    at: Address,
    p: ServerWire,
    rows: number,
    values: MaskedCache,
    cols: number,
    width: number,
  ): Words => values.weighted(p.m, p.half!, rows, c.dealt(at, PART.gamma, rows * cols, width)) as Words,
  dealer: (c: DealerContext, at: Address, p: DealerWire, rows: number, values: MaskCache, width: number): void =>
    c.deal(at, PART.gamma, values.weighted(p.mask, rows) as Words, width),
  cost: (p: Format, out: Format, headDim: number, width: number) =>
    total(dealt(out.rows * out.cols, width), multiplied(5 * p.rows * p.cols * headDim)),
};
