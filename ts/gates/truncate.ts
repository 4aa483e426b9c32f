/** Truncate-reduce (protocol section 3): the wire `(m >> f, mask >> f)`, free but for re-dealt halves. */
import type { Address } from '../core/address.js';
import type { DealerWire, Format, Later, ServerWire, Words } from '../wires/wire.js';
import { sizeOf } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt } from './cost.js';

const reduced = (x: Format, f: number): Format => ({
  rows: x.rows,
  cols: x.cols,
  width: x.width - f,
  scale: x.scale - f,
});

const mapLater = (later: Later | undefined, change: (mask: Words) => Words): Later | undefined =>
  later &&
  ((step) => {
    const mask = later(step);
    return mask && change(mask);
  });

/** Truncate-reduce without halves, for tables and comparisons, which need only `m` and the dealer's mask. */
export const view = {
  server: (c: ServerContext, x: ServerWire, f: number): ServerWire => ({
    ...reduced(x, f),
    m: c.kernels.truncateWords(x.m, f) as Words,
  }),
  dealer: (c: DealerContext, x: DealerWire, f: number): DealerWire => {
    const truncated = (mask: Words): Words => c.kernels.truncateWords(mask, f) as Words;
    return { ...reduced(x, f), mask: truncated(x.mask), later: mapLater(x.later, truncated) };
  },
  format: reduced,
};

/** The low bits of a wire are a wire of the same value in the narrower ring: free. */
export const narrow = {
  server: (c: ServerContext, { rows, cols, scale, m }: ServerWire, width: number): ServerWire => {
    return { rows, cols, scale, width, m: c.kernels.maskWords(m, width) as Words };
  },
  dealer: (c: DealerContext, x: DealerWire, width: number): DealerWire => {
    const low = (mask: Words): Words => c.kernels.maskWords(mask, width) as Words;
    return { ...x, width, mask: low(x.mask), later: mapLater(x.later, low) };
  },
  format: (x: Format, width: number): Format => ({ ...x, width }),
};

/** Truncate-reduce with halves of the new mask dealt at `at`. */
export const truncate = {
  server(c: ServerContext, at: Address, x: ServerWire, f: number): ServerWire {
    const wire = view.server(c, x, f);
    const dealt = [at, PART.truncated, sizeOf(wire), wire.width] as const;
    return { ...wire, half: c.dealtWords(...dealt), later: c.laterDealt(...dealt) };
  },
  dealer(c: DealerContext, at: Address, x: DealerWire, f: number): DealerWire {
    const wire = view.dealer(c, x, f);
    c.deal(at, PART.truncated, new c.kernels.Dealt(wire.mask), wire.width);
    return wire;
  },
  cost: (x: Format, f: number) => dealt(sizeOf(x), x.width - f),
};
