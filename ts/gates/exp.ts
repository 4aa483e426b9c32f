/**
 * exp without a round (protocol section 4): a public factor of the opened low bits times one of a few shared table entries.
 */
import type { Address } from '../core/address.js';
import { release } from '../core/release.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

/** Bits of a cell, scales of the public factor (`p`) and of the entries (`q`), and the first cell that wraps to negative arguments. */
export interface ExpScales {
  readonly cellBits: number;
  readonly p: number;
  readonly q: number;
  readonly dtop: number;
}

/** Entries an element. */
const cells = ({ width }: Format, { cellBits }: ExpScales): number => 2 ** (width - cellBits);

export const exp = {
  server(c: ServerContext, at: Address, x: ServerWire, scales: ExpScales, width: number): Words {
    const { cellBits, p } = scales;
    const positions = c.kernels.expPositions(x.m, x.width, cellBits);
    const entries = c.gather(at, PART.words, positions, cells(x, scales) * sizeOf(x), width);
    const share = c.kernels.expServer(x.m, entries, x.width, cellBits, p) as Words;
    release(positions, entries);
    return share;
  },
  dealer: (c: DealerContext, at: Address, x: DealerWire, { cellBits, q, dtop }: ExpScales, width: number): void =>
    c.deal(at, PART.words, c.kernels.expDealer(x.mask, x.width, cellBits, q, dtop), width),
  cost: (x: Format, scales: ExpScales, width: number) => dealt(cells(x, scales) * sizeOf(x), width),
};
