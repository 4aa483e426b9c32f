/** Measures what the planner needs to know of this machine: a kernel, and two layers through the real parties. */
import { availableParallelism } from 'node:os';
import type { Constants } from '../cost/planner.js';
import { productSeconds, type ProductSpeed } from '../cost/speed.js';
import type { Cost } from '../gates/cost.js';
import type { Kernels } from '../kernels/load.js';
import { HOSTED } from '../parties/hosted.js';
import type { LayerShape } from '../plan/shapes.js';
import type { WordBits } from '../plan/formats.js';
import type { CostOptions } from './cost-options.js';
import type { CostReport } from './cost-report.js';
import { measureCost } from './cost.js';

/** A link between two parties. */
export interface LinkSpeed {
  /** There and back. */
  readonly roundTripSeconds: number;
  readonly bytesPerSecond: number;
}

/** Products that one measurement takes. */
const PRODUCTS = 40;

/** The constants of this machine with such a link, from a dense layer of these `sizes`; and that layer, as measured. */
export async function measureConstants(
  kernels: Kernels,
  sizes: LayerShape,
  link: LinkSpeed,
  options: Pick<CostOptions, 'signal' | 'onProgress'> = {},
): Promise<{ constants: Constants; dense: CostReport }> {
  const layer = { step: 'decode', context: 33, ...options } as const;
  const small = await measureCost(kernels, { ...layer, shape: 'tiny' });
  const dense = await measureCost(kernels, { ...layer, shape: 'own', sizes });
  const parallel = Math.min(HOSTED.length, availableParallelism());
  const speed = speedOf(kernels, dense);
  const secondsPerRound = small.seconds / small.rounds;
  const rest = dense.seconds - dense.rounds * secondsPerRound - productSeconds(dense, speed) / parallel;
  const secondsPerByte = Math.max(0, rest) / (dense.onlineBytes + dense.offlineBytes);
  const { roundTripSeconds, bytesPerSecond } = link;
  const oneWaySeconds = roundTripSeconds / 2;
  return {
    constants: { ...speed, secondsPerRound, secondsPerByte, oneWaySeconds, bytesPerSecond, parallel },
    dense,
  };
}

/** The speed of products with one row and matrices as large as a layer's, so that they come from memory. */
export const speedOf = (kernels: Kernels, { macs, narrowMacs }: Pick<Cost, 'macs' | 'narrowMacs'>): ProductSpeed => ({
  macsPerSecond: speedIn(48, kernels, macs - narrowMacs),
  narrowMacsPerSecond: speedIn(32, kernels, narrowMacs),
});

/** @param macs of all parties, with a matrix of words of so many `bits` */
function speedIn(bits: WordBits, kernels: Kernels, macs: number): number {
  const cols = 1024;
  const rows = Math.max(64, Math.ceil(macs / 5 / cols));
  const matrix = kernels.RingMatrix.fromPrg(rows, cols, new Uint8Array(32), new Uint8Array(12), bits);
  const x = new BigUint64Array(rows).fill(3n);
  matrix.mul(x, 1);
  let best = Infinity;
  for (let i = 0; i < PRODUCTS; i++) {
    const begin = performance.now();
    matrix.mul(x, 1);
    best = Math.min(best, (performance.now() - begin) / 1000);
  }
  matrix.free();
  return (rows * cols) / best;
}
