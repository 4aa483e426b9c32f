/** A matrix whose columns are spread over a pool, with the products of {@link RingMatrix}. */
import { CometError } from '../core/errors.js';
import { type CallAll, sent, type Slice } from './slices.js';

/** Slices begin at panel boundaries, so that no worker multiplies by padding. */
export const PANEL = 8;

/** The part of a job that lies in one slice: columns `from .. to` of the matrix. */
interface Part {
  readonly job: number;
  readonly from: number;
  readonly to: number;
}

export class PooledMatrix {
  /** @internal made by {@link KernelPool.share} */
  constructor(
    private readonly call: CallAll,
    private readonly id: number,
    readonly rows: number,
    readonly cols: number,
    private readonly slices: readonly Slice[],
  ) {}

  /**
   * `x W`: `t x rows` words in, `t x cols` out, row-major.
   * @throws CometError `E_ARGUMENT` for another number of words or a freed matrix, `E_ABORTED` when the pool has ended.
   */
  async mul(x: BigUint64Array, t: number): Promise<BigUint64Array<ArrayBuffer>> {
    return this.#join(await this.call(this.slices, ({ engine }) => engine.mul(this.id, sent(x), t)), t);
  }

  /**
   * Job by job, row `jobRows[k]` of `x` (`t x rows`) times the columns of block `jobBlocks[k]`: `jobs x blockCols`.
   * @throws CometError as {@link mul}, `E_ARGUMENT` also for a job outside `x` or the matrix.
   */
  async mulColumnBlocks(
    x: BigUint64Array,
    t: number,
    jobRows: Uint32Array,
    jobBlocks: Uint32Array,
    blockCols: number,
  ): Promise<BigUint64Array<ArrayBuffer>> {
    const beyond = (block: number): boolean => blockCols < 1 || (block + 1) * blockCols > this.cols;
    if (jobRows.length !== jobBlocks.length || jobBlocks.some(beyond))
      throw new CometError('E_ARGUMENT', "a job's row or block does not exist");
    // A power of two that divides blocks and panels: no piece of a job lies in two slices.
    const size = Math.min(PANEL, blockCols & -blockCols);
    const parts = this.slices.map((slice) => partsOf(slice, jobBlocks, blockCols));
    const results = await this.call(this.slices, ({ engine, from }, i) => {
      const pieces = parts[i].flatMap((part) =>
        Array.from({ length: (part.to - part.from) / size }, (_, j) => [
          jobRows[part.job],
          (part.from - from) / size + j,
        ]),
      );
      const [rows, blocks] = [0, 1].map((side) => Uint32Array.from(pieces, (piece) => piece[side]));
      return engine.mulColumnBlocks(this.id, sent(x), t, rows, blocks, size);
    });
    const y = new BigUint64Array(jobRows.length * blockCols);
    results.forEach((result, i) => {
      let read = 0;
      for (const { job, from, to } of parts[i])
        y.set(result.subarray(read, (read += to - from)), job * blockCols + from - jobBlocks[job] * blockCols);
    });
    return y;
  }

  /**
   * To row `jobRows[k]` of `t x cols` is added row `k` of `x` (`jobs x blockRows`) times the rows of block `jobBlocks[k]`.
   * @throws CometError as {@link mulColumnBlocks}.
   */
  async mulRowBlocks(
    x: BigUint64Array,
    t: number,
    jobRows: Uint32Array,
    jobBlocks: Uint32Array,
  ): Promise<BigUint64Array<ArrayBuffer>> {
    const parts = await this.call(this.slices, ({ engine }) =>
      engine.mulRowBlocks(this.id, sent(x), t, sent(jobRows), sent(jobBlocks)),
    );
    return this.#join(parts, t);
  }

  /** All words, row-major. @throws CometError as {@link mul}. */
  async words(): Promise<BigUint64Array<ArrayBuffer>> {
    return this.#join(await this.call(this.slices, ({ engine }) => engine.words(this.id)), this.rows);
  }

  /** Gives the workers' memory back. */
  async free(): Promise<void> {
    await this.call(this.slices, ({ engine }) => engine.free(this.id));
  }

  #join(parts: BigUint64Array[], t: number): BigUint64Array<ArrayBuffer> {
    const y = new BigUint64Array(t * this.cols);
    this.slices.forEach(({ from, to }, i) => {
      for (let row = 0; row < t; row++) {
        y.set(parts[i].subarray(row * (to - from), (row + 1) * (to - from)), row * this.cols + from);
      }
    });
    return y;
  }
}

/** What of each job a slice computes; jobs that it has no column of are left out. */
function partsOf(slice: Slice, jobBlocks: Uint32Array, blockCols: number): Part[] {
  return Array.from(jobBlocks, (block, job) => ({
    job,
    from: Math.max(slice.from, block * blockCols),
    to: Math.min(slice.to, (block + 1) * blockCols),
  })).filter(({ from, to }) => from < to);
}
