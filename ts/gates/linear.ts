/**
 * Secret wire times secret static matrix (protocol section 3): with `F = W + L` public to both servers, `W0 = F - L0`, `W1 = -L1`, a
 * server's share is `m Wi - half_i F + gamma_i`, `gamma = mask L` from the dealer. No traffic before the opening.
 */
import type { Address } from '../core/address.js';
import type { Program } from '../wires/effects.js';
import { dense, type Multiplier } from '../wires/products.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { dealt, multiplied, total } from './cost.js';

/** A server's view of a matrix. */
export interface MaskedMatrix {
  /** `Wi`. */
  readonly share: Multiplier;
  /** `F`. */
  readonly masked: Multiplier;
}

export const linear = {
  *server(c: ServerContext, at: Address, x: ServerWire, matrix: MaskedMatrix, width: number): Program<Words> {
    c.onMacs(at, 2 * x.rows * x.cols * matrix.share.cols);
    const [online, offline] = yield {
      kind: 'compute',
      products: [dense(matrix.share, x.m, x.rows), dense(matrix.masked, x.half!, x.rows)],
    };
    return c.kernels.combineLinear(
      online,
      offline,
      c.dealt(at, PART.gamma, x.rows * matrix.share.cols, width),
    ) as Words;
  },
  *dealer(c: DealerContext, at: Address, x: DealerWire, mask: Multiplier, width: number): Program<void> {
    c.onMacs(at, x.rows * x.cols * mask.cols);
    const [gamma] = yield { kind: 'compute', products: [dense(mask, x.mask, x.rows)] };
    c.deal(at, PART.gamma, gamma, width);
  },
  /** Five passes over the matrix: two a server, one of the dealer. */
  cost: (x: Format, cols: number, width: number) =>
    total(dealt(x.rows * cols, width), multiplied(5 * x.rows * x.cols * cols)),
};
