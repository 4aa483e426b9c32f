/** Sum of squares of each row: `sum m^2 - 2 m [mask] + [sum mask^2]`, one share a row. */
import type { Address } from '../core/address.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

export const sumSquares = {
  server: (c: ServerContext, at: Address, x: ServerWire, width: number): Words =>
    c.kernels.sumSquaresServer(c.party, x.m, x.half!, c.dealt(at, PART.gamma, x.rows, width), x.rows) as Words,
  dealer: (c: DealerContext, at: Address, x: DealerWire, width: number): void =>
    c.deal(at, PART.gamma, c.kernels.sumSquaresDealer(x.mask, x.rows), width),
  cost: (x: Format, width: number) => dealt(x.rows, width),
};
