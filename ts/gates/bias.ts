/**
 * A secret static bias: shared between the servers as weights are masked, `b0 = F - L0`, `b1 = -L1` with `F = b + L0 + L1`, and added to
 * the shares of a product before they are opened. No round, no correlation; the dealer takes no part.
 */
import type { Kernels } from '../kernels/load.js';
import type { Words } from '../wires/wire.js';
import { pickRows } from './rows.js';

/** `share + bias`, with element `index[i]` of the bias for element i. */
export function addBias(kernels: Kernels, share: Words, bias: Words, index: Uint32Array): Words {
  const added = pickRows({ cols: 1 }, bias, index);
  return kernels.addWords(share, added) as Words;
}
