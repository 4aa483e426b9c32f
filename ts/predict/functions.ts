/** Functions from the kernels' libm, so that training gives the same bits in every runtime. */
import type { Kernels } from '../kernels/load.js';

const RANGE = 16;
const STEPS = 128;

/** `1 / (1 + exp(-x))` as a table, for inner loops: linear between steps of 1/128, constant beyond 16; wrong by less than 1e-6. */
export function logistic(kernels: Kernels): (x: number) => number {
  const table = Float64Array.from(
    { length: 2 * RANGE * STEPS + 2 },
    (_, i) => 1 / (1 + kernels.exp(RANGE - i / STEPS)),
  );
  return (x) => {
    const at = (Math.min(RANGE, Math.max(-RANGE, x)) + RANGE) * STEPS;
    const i = at | 0;
    return table[i] + (at - i) * (table[i + 1] - table[i]);
  };
}

/** The natural logarithm of a positive number, wrong by less than 1e-7. */
export function ln(kernels: Kernels, x: number): number {
  // The host's logarithm decides only the nearest of coarse steps, one step of Halley's method does the rest.
  const near = Math.round(Math.log(x) * 64) / 64;
  const power = kernels.exp(near);
  return near + (2 * (x - power)) / (x + power);
}
