/**
 * Lift (protocol section 3): a wire of width `k`, shifted right by `f`, as shares in a wider ring, without a round; exact up to one unit
 * for `|v| < 2^(k-2)`. Alone, or times a wire of one scalar a row (the norm's `r`), where the product absorbs it.
 */
import type { Address } from '../core/address.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

export const lift = {
  server(c: ServerContext, at: Address, x: ServerWire, f: number, width: number): Words {
    return c.kernels.liftServer(c.party, x.m, c.dealt(at, PART.words, 2 * sizeOf(x), width), x.width, f) as Words;
  },
  dealer: (c: DealerContext, at: Address, x: DealerWire, f: number, width: number): void =>
    c.deal(at, PART.words, c.kernels.liftDealer(x.mask, x.width, f), width),
  cost: (x: Format, width: number) => dealt(2 * sizeOf(x), width),
};

/** `r * lift(x)`: `r` has one element a row and at least the result's width, x any number. */
export const scaleLift = {
  server: (c: ServerContext, at: Address, r: ServerWire, x: ServerWire, f: number, width: number): Words =>
    c.kernels.scaleLiftServer(
      c.party,
      r.m,
      r.half!,
      x.m,
      c.dealt(at, PART.words, 4 * sizeOf(x), width),
      x.width,
      f,
    ) as Words,
  dealer: (c: DealerContext, at: Address, r: DealerWire, x: DealerWire, f: number, width: number): void =>
    c.deal(at, PART.words, c.kernels.scaleLiftDealer(r.mask, x.mask, x.width, f), width),
  cost: (x: Format, width: number) => dealt(4 * sizeOf(x), width),
};

/** `bit * lift(x)`: the bit opened under an XOR mask, one for each element of x. */
export const selectLift = {
  server: (c: ServerContext, at: Address, bit: ServerWire, x: ServerWire, f: number, width: number): Words => {
    const dealt = c.dealt(at, PART.words, 5 * sizeOf(x), width);
    return c.kernels.selectLiftServer(c.party, bit.m, x.m, dealt, x.width, f) as Words;
  },
  dealer: (c: DealerContext, at: Address, bit: DealerWire, x: DealerWire, f: number, width: number): void =>
    c.deal(at, PART.words, c.kernels.selectLiftDealer(bit.mask, x.mask, x.width, f), width),
  cost: (x: Format, width: number) => dealt(5 * sizeOf(x), width),
};

/** `bit * r * lift(x)`: the bit opened under an XOR mask, one for each element of x; the others as for {@link scaleLift}. */
export const selectScaleLift = {
  server: (
    c: ServerContext,
    at: Address,
    bit: ServerWire,
    r: ServerWire,
    x: ServerWire,
    f: number,
    width: number,
  ): Words =>
    c.kernels.selectScaleLiftServer(
      c.party,
      bit.m,
      r.m,
      r.half!,
      x.m,
      c.dealt(at, PART.words, 10 * sizeOf(x), width),
      x.width,
      f,
    ) as Words,
  dealer: (
    c: DealerContext,
    at: Address,
    bit: DealerWire,
    r: DealerWire,
    x: DealerWire,
    f: number,
    width: number,
  ): void => c.deal(at, PART.words, c.kernels.selectScaleLiftDealer(bit.mask, r.mask, x.mask, x.width, f), width),
  cost: (x: Format, width: number) => dealt(10 * sizeOf(x), width),
};

/** `r * x` for a wire x with halves; the last norm. */
export const scaleRows = {
  server: (c: ServerContext, at: Address, r: ServerWire, x: ServerWire, width: number): Words =>
    c.kernels.scaleRowsServer(c.party, r.m, r.half!, x.m, x.half!, c.dealt(at, PART.gamma, sizeOf(x), width)) as Words,
  dealer: (c: DealerContext, at: Address, r: DealerWire, x: DealerWire, width: number): void =>
    c.deal(at, PART.gamma, c.kernels.scaleRowsDealer(r.mask, x.mask), width),
  cost: (x: Format, width: number) => dealt(sizeOf(x), width),
};
