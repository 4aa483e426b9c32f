/** `bit * x` (protocol section 4): the bit opened under an XOR mask, x a wire with halves; `[bit mask]` and its product with x's mask are dealt. */
import type { Address } from '../core/address.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

export const select = {
  server: (c: ServerContext, at: Address, bit: ServerWire, x: ServerWire): Words =>
    c.kernels.selectServer(c.party, bit.m, x.m, x.half!, c.dealt(at, PART.words, 2 * sizeOf(x), x.width)) as Words,
  dealer: (c: DealerContext, at: Address, bit: DealerWire, x: DealerWire): void =>
    c.deal(at, PART.words, c.kernels.selectDealer(bit.mask, x.mask), x.width),
  cost: (x: Format) => dealt(2 * sizeOf(x), x.width),
};
