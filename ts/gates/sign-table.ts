/**
 * The sign of a wire by one table (docs/protocol.md section 2, SGN): the top bits of the opened word, less half a cell, look up one shared
 * bit. No round and no opened bit of its own, for `2^(bits-1)` bits from the dealer.
 */
import type { Address } from '../core/address.js';
import { release } from '../core/release.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

/** Words of 64 bits an element. */
const words = (x: Format, bits: number): number => sizeOf(x) * 2 ** (bits - 7);

export const signTable = {
  server(c: ServerContext, at: Address, x: ServerWire, bits: number): Words {
    const positions = c.kernels.signPositions(x.m, x.width, bits);
    const tables = c.gather(at, PART.words, positions, words(x, bits), 64);
    const share = c.kernels.signServer(c.party, x.m, tables, x.width, bits) as Words;
    release(positions, tables);
    return share;
  },
  dealer: (c: DealerContext, at: Address, x: DealerWire, bits: number): void =>
    c.deal(at, PART.words, c.kernels.signDealer(x.mask, x.width, bits), 64, true),
  cost: (x: Format, bits: number) => dealt(words(x, bits), 64),
};
