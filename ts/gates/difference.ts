/** The difference of two wires of one format, without halves: what is only compared needs none. Free. */
import type { DealerWire, ServerWire, Words } from '../wires/wire.js';
import type { DealerContext, ServerContext } from './context.js';

export const difference = {
  server: ({ kernels }: ServerContext, { rows, cols, scale, width, m }: ServerWire, y: ServerWire): ServerWire => {
    return { rows, cols, scale, width, m: kernels.maskWords(kernels.subWords(m, y.m), width) as Words };
  },
  dealer: ({ kernels }: DealerContext, { rows, cols, scale, width, mask }: DealerWire, y: DealerWire): DealerWire => {
    return { rows, cols, scale, width, mask: kernels.maskWords(kernels.subWords(mask, y.mask), width) as Words };
  },
};
