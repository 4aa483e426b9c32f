/**
 * exp without a round (protocol section 4): a public factor of the opened low bits times one of 32 shared table entries.
 */
import type { Address } from '../core/address.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

/** Scales of the public factor (`p`) and of the entries (`q`), and the first cell that wraps to negative arguments. */
export interface ExpScales {
  readonly p: number;
  readonly q: number;
  readonly dtop: number;
}

const CELLS = 32;

export const exp = {
  server(c: ServerContext, at: Address, x: ServerWire, { p }: ExpScales, width: number): Words {
    const entries = c.gather(at, PART.words, c.kernels.expPositions(x.m), CELLS * sizeOf(x), width);
    return c.kernels.expServer(x.m, entries, p) as Words;
  },
  dealer: (c: DealerContext, at: Address, x: DealerWire, { q, dtop }: ExpScales, width: number): void =>
    c.deal(at, PART.words, c.kernels.expDealer(x.mask, q, dtop) as Words, width),
  cost: (x: Format, width: number) => dealt(CELLS * sizeOf(x), width),
};
