/**
 * The gates of SiLU and GELU, less a half, without a round (docs/protocol.md section 2, SINES): a sum of sines of an opened wire, each of
 * them public times dealt.
 */
import type { Address } from '../core/address.js';
import type { Sines } from '../kernels/load.js';
import type { SinesPlan } from '../plan/gate.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

const words = (x: Format, { count }: SinesPlan): number => 2 * count * sizeOf(x);

export const sines = {
  server: (c: ServerContext, at: Address, table: Sines, x: ServerWire, plan: SinesPlan, width: number): Words =>
    table.eval(x.m, c.dealt(at, PART.words, words(x, plan), width)) as Words,
  dealer: (c: DealerContext, at: Address, table: Sines, x: DealerWire, width: number): void =>
    c.deal(at, PART.words, table.deal(x.mask), width),
  cost: (x: Format, plan: SinesPlan, width: number) => dealt(words(x, plan), width),
};
