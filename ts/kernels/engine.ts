/** What a worker of the pool does: keeps slices of weights and multiplies by them. Knows no runtime. */
import { transfer } from 'comlink';
import { CometError } from '../core/errors.js';
import { untyped } from './errors.js';
import type { Kernels, RingMatrix, RingRows } from './load.js';

/** One single-threaded instance, as comlink exposes it. Slices are told apart by their number. */
export class Engine {
  readonly #matrices = new Map<number, RingMatrix>();
  readonly #rows = new Map<number, RingRows>();

  constructor(readonly kernels: Kernels) {}

  /** Takes the columns of a matrix: `rows x cols` words, row-major, kept in words of `bits`. */
  put(id: number, rows: number, cols: number, words: BigUint64Array, bits: number): void {
    coded(() => this.#matrices.set(id, new this.kernels.RingMatrix(rows, cols, words, bits)));
  }

  /** Takes the vectors of some neurons: `rows x dim` words, likewise. */
  putRows(id: number, rows: number, dim: number, words: BigUint64Array, bits: number): void {
    coded(() => this.#rows.set(id, new this.kernels.RingRows(rows, dim, words, bits)));
  }

  /** {@link RingMatrix.mul} */
  mul(id: number, ...args: Parameters<RingMatrix['mul']>): BigUint64Array {
    return moved(() => kept(this.#matrices, id).mul(...args));
  }

  /** {@link RingMatrix.mulColumnBlocks} */
  mulColumnBlocks(id: number, ...args: Parameters<RingMatrix['mulColumnBlocks']>): BigUint64Array {
    return moved(() => kept(this.#matrices, id).mulColumnBlocks(...args));
  }

  /** {@link RingMatrix.mulRowBlocks} */
  mulRowBlocks(id: number, ...args: Parameters<RingMatrix['mulRowBlocks']>): BigUint64Array {
    return moved(() => kept(this.#matrices, id).mulRowBlocks(...args));
  }

  /** {@link RingRows.dots} */
  dots(id: number, ...args: Parameters<RingRows['dots']>): BigUint64Array {
    return moved(() => kept(this.#rows, id).dots(...args));
  }

  /** {@link RingRows.combine} */
  combine(id: number, ...args: Parameters<RingRows['combine']>): BigUint64Array {
    return moved(() => kept(this.#rows, id).combine(...args));
  }

  /** All words of the slice. */
  words(id: number): BigUint64Array {
    return moved(() => (this.#matrices.get(id) ?? kept(this.#rows, id)).words());
  }

  /** Gives the slice's memory back. */
  free(id: number): void {
    for (const slices of [this.#matrices, this.#rows]) {
      slices.get(id)?.free();
      slices.delete(id);
    }
  }
}

function kept<S>(slices: ReadonlyMap<number, S>, id: number): S {
  const slice = slices.get(id);
  if (slice === undefined) throw new CometError('E_ARGUMENT', 'these weights were freed');
  return slice;
}

function moved(call: () => BigUint64Array): BigUint64Array {
  const words = coded(call);
  return transfer(words, [words.buffer as ArrayBuffer]);
}

/** comlink keeps only an error's message: the code goes into it. */
function coded<R>(call: () => R): R {
  try {
    return call();
  } catch (error) {
    throw untyped(error);
  }
}
