/** What a worker of the pool does: keeps slices of matrices and multiplies by them. Knows no runtime. */
import { transfer } from 'comlink';
import { CometError } from '../core/errors.js';
import { untyped } from './errors.js';
import type { Kernels, RingMatrix } from './load.js';

/** One single-threaded instance, as comlink exposes it. */
export class Engine {
  readonly #matrices = new Map<number, RingMatrix>();

  constructor(readonly kernels: Kernels) {}

  /** Takes the slice `id`: `rows x cols` words, row-major. */
  put(id: number, rows: number, cols: number, words: BigUint64Array): void {
    coded(() => this.#matrices.set(id, new this.kernels.RingMatrix(rows, cols, words)));
  }

  /** `x` times the slice: `t x rows` words in, `t x cols` out. */
  mul(id: number, x: BigUint64Array, t: number): BigUint64Array {
    const y = coded(() => this.#matrix(id).mul(x, t));
    return transfer(y, [y.buffer as ArrayBuffer]);
  }

  /** Gives the slice's memory back. */
  free(id: number): void {
    this.#matrices.get(id)?.free();
    this.#matrices.delete(id);
  }

  #matrix(id: number): RingMatrix {
    const matrix = this.#matrices.get(id);
    if (matrix === undefined) throw new CometError('E_ARGUMENT', 'this matrix was freed');
    return matrix;
  }
}

/** comlink keeps only an error's message: the code goes into it. */
function coded<R>(call: () => R): R {
  try {
    return call();
  } catch (error) {
    throw untyped(error);
  }
}
