/**
 * A secret static bias: shared between the servers as weights are masked, `b0 = F - L0`, `b1 = -L1` with `F = b + L0 + L1`, and added to
 * the shares of a product before they are opened. No round, no correlation; the dealer takes no part.
 */
import type { Kernels } from '../kernels/load.js';
import type { Words } from '../wires/wire.js';

/** `share + bias` in every row; the bias has a row's length. */
export function addBias(kernels: Kernels, share: Words, bias: Words): Words {
  const rows = new BigUint64Array(share.length);
  for (let at = 0; at < rows.length; at += bias.length) rows.set(bias, at);
  return kernels.addWords(share, rows) as Words;
}
