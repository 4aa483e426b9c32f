/**
 * Normalisation by size: `Zn = Z12 * 4^(20 - n)`, with `n` the number of thresholds `4^(j+1)` that Z reaches, given as 20 masked bits
 * (docs/protocol.md section 3, rows 10-12). It brings a range of 40 bits into one that a small table of ln covers.
 */
import type { Address } from '../core/address.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

const STEPS = 20;

export const size = {
  /** Shares of Zn and of `n`. */
  server(c: ServerContext, at: Address, bits: ServerWire, z: ServerWire): { normalised: Words; count: Words } {
    const words = c.dealt(at, PART.words, 2 * STEPS * sizeOf(z), z.width);
    return {
      normalised: c.kernels.sizeNormalise(c.party, bits.m, z.m, z.half!, words) as Words,
      count: c.kernels.sizeCount(c.party, bits.m, words, sizeOf(z)) as Words,
    };
  },
  dealer: (c: DealerContext, at: Address, bits: DealerWire, z: DealerWire): void =>
    c.deal(at, PART.words, c.kernels.sizeDealer(bits.mask, z.mask) as Words, z.width),
  cost: (z: Format) => dealt(2 * STEPS * sizeOf(z), z.width),
};
