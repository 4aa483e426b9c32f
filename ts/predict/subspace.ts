/** Where training begins: the best projection of low rank of a matrix, as far as the inputs make use of it. */
import type { Kernels } from '../kernels/load.js';

const ITERATIONS = 8;

/**
 * The `down` (`width x rank`, coordinates of about unit variance) and `up` (`rank x cols`) whose product comes nearest to `matrix`
 * (`width x cols`) on the `inputs` (`rows x width`): a truncated SVD of `inputs · matrix`, by subspace iteration.
 */
export function nearestProduct(
  kernels: Kernels,
  inputs: Float32Array,
  matrix: Float32Array,
  width: number,
  rank: number,
): { down: Float32Array; up: Float32Array } {
  const cols = matrix.length / width;
  const rows = inputs.length / width;
  const product = (a: Float32Array, b: Float32Array, inner: number): Float32Array => {
    const right = kernels.FloatMatrix.fromRows(inner, b.length / inner, b);
    const out = right.mul(a, a.length / inner);
    right.free();
    return out;
  };
  const covariance = product(transposed(inputs, width), inputs, rows).map((value) => value / rows);
  const turned = transposed(matrix, cols); // cols x width
  // An arbitrary start that no direction is orthogonal to.
  let basis = Float32Array.from({ length: cols * rank }, (_, i) => Math.fround(((i * 2654435761) % 4093) / 4093 - 0.5));
  orthonormalise(basis, rank);
  for (let i = 0; i < ITERATIONS; i++) {
    basis = product(
      turned,
      product(covariance, product(matrix, basis, cols), width),
      width,
    ) as Float32Array<ArrayBuffer>;
    orthonormalise(basis, rank);
  }
  const down = product(matrix, basis, cols);
  const up = transposed(basis, rank);
  const moved = product(covariance, down, width);
  for (let k = 0; k < rank; k++) {
    let variance = 0;
    for (let i = 0; i < width; i++) variance += down[i * rank + k] * moved[i * rank + k];
    const scale = Math.sqrt(Math.max(variance, 1e-12));
    for (let i = 0; i < width; i++) down[i * rank + k] /= scale;
    for (let j = 0; j < cols; j++) up[k * cols + j] *= scale;
  }
  return { down, up };
}

/** The transpose of rows of `cols` values. */
export function transposed(matrix: Float32Array, cols: number): Float32Array {
  const rows = matrix.length / cols;
  const out = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++) out[col * rows + row] = matrix[row * cols + col];
  return out;
}

/** Makes the columns orthonormal, from the first to the last (modified Gram-Schmidt). */
function orthonormalise(matrix: Float32Array, cols: number): void {
  const columns = transposed(matrix, cols);
  const rows = matrix.length / cols;
  for (let col = 0; col < cols; col++) {
    const own = columns.subarray(col * rows, (col + 1) * rows);
    for (let other = 0; other < col; other++) {
      const base = columns.subarray(other * rows, (other + 1) * rows);
      const along = inner(own, base);
      for (let i = 0; i < rows; i++) own[i] -= along * base[i];
    }
    const norm = Math.sqrt(Math.max(inner(own, own), 1e-30));
    for (let i = 0; i < rows; i++) own[i] /= norm;
  }
  matrix.set(transposed(columns, rows));
}

function inner(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
