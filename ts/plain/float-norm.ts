/** Norms of rows, on the f32 kernels. */
import type { Kernels } from '../kernels/load.js';
import type { FloatNorm, FloatVariant } from './float-weights.js';

/** Rows of `width` values as the norms of a variant leave them; without weights the gain is 1 and nothing is added. */
export function normed(
  kernels: Kernels,
  x: Float32Array,
  { norm, eps }: Pick<FloatVariant, 'norm' | 'eps'>,
  width: number,
  { gain = new Float32Array(width).fill(1), bias = new Float32Array(width) }: Partial<FloatNorm> = {},
): Float32Array {
  return norm === 'rms' ? kernels.rmsNorm(x, width, 0, 1, gain, eps) : kernels.layerNorm(x, gain, bias, eps);
}
