/**
 * Smooth functions of an opened wire, without a round (protocol section 4): the dealer tabulates a linear piece for every cell, already
 * shifted by the wire's mask; a server looks one cell up.
 */
import type { Address } from '../core/address.js';
import { release } from '../core/release.js';
import type { FunctionTable } from '../kernels/load.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

/** Words dealt for `rows` look-ups in tables of `2^w` cells, two words each. */
const tableWords = (rows: number, w: number): number => rows * 2 ** w * 2;

export const table = {
  server(c: ServerContext, at: Address, fn: FunctionTable, w: number, x: ServerWire, width: number): Words {
    const positions = fn.positions(x.m);
    const cells = c.gather(at, PART.words, positions, tableWords(x.rows * x.cols, w), width);
    const share = fn.eval(x.m, cells) as Words;
    release(positions, cells);
    return share;
  },
  dealer: (c: DealerContext, at: Address, fn: FunctionTable, x: DealerWire, width: number): void =>
    c.deal(at, PART.words, fn.deal(x.mask), width),
  cost: (x: Format, w: number, width: number) => dealt(tableWords(x.rows * x.cols, w), width),
};
