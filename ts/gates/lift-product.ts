/**
 * Products of two wires that are lifted in the product (docs/protocol.md section 4.4), element by element, without a round; the square of
 * one takes five dealt words an element instead of eight.
 */
import type { Address } from '../core/address.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

/** A wire that a product lifts by `f`, and a public word that is added to what that gives. */
export interface Lifted<W> {
  readonly wire: W;
  readonly f: number;
  readonly plus?: bigint;
}

/** `(lift(x) + plus) * lift(y)`; only x may have a constant. */
export const liftProduct = {
  server(c: ServerContext, at: Address, x: Lifted<ServerWire>, y: Lifted<ServerWire>, width: number): Words {
    const words = c.dealt(at, PART.words, 8 * sizeOf(x.wire), width);
    const [a, b] = [x.wire, y.wire];
    const { plus = 0n } = x;
    return c.kernels.liftProductServer(c.party, a.m, a.width, x.f, b.m, b.width, y.f, plus, words) as Words;
  },
  dealer(c: DealerContext, at: Address, x: Lifted<DealerWire>, y: Lifted<DealerWire>, width: number): void {
    const [a, b] = [x.wire, y.wire];
    c.deal(at, PART.words, c.kernels.liftProductDealer(a.mask, a.width, x.f, b.mask, b.width, y.f), width);
  },
  cost: ({ wire }: Lifted<Format>, width: number) => dealt(8 * sizeOf(wire), width),
};

/** `lift(x)^2`. */
export const liftSquare = {
  server(c: ServerContext, at: Address, { wire, f }: Lifted<ServerWire>, width: number): Words {
    const words = c.dealt(at, PART.words, 5 * sizeOf(wire), width);
    return c.kernels.liftSquareServer(c.party, wire.m, wire.width, f, words) as Words;
  },
  dealer: (c: DealerContext, at: Address, { wire, f }: Lifted<DealerWire>, width: number): void =>
    c.deal(at, PART.words, c.kernels.liftSquareDealer(wire.mask, wire.width, f), width),
  cost: ({ wire }: Lifted<Format>, width: number) => dealt(5 * sizeOf(wire), width),
};
