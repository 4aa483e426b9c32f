/**
 * A pool of single-threaded instances in Node's worker threads, each with a slice of the columns of every matrix.
 *
 * A call costs about 0.1 ms: worth it for products of some hundred thousand words and more.
 */
import { releaseProxy, transfer, wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { Worker } from 'node:worker_threads';
import { CometError } from '../core/errors.js';
import type { Engine } from './engine.js';
import { typed } from './errors.js';
import type { RingMatrix } from './load.js';
import { kernelsModule } from './source.js';

/** Slices begin at panel boundaries, so that no worker multiplies by padding. */
const PANEL = 8;

interface Member {
  readonly worker: Worker;
  readonly engine: Remote<Engine>;
}

/** The columns `from .. to` of a matrix, kept by one worker. */
interface Slice {
  readonly engine: Remote<Engine>;
  readonly from: number;
  readonly to: number;
}

/** Workers, and the matrices they keep. End it with {@link KernelPool.terminate}. */
export class KernelPool {
  #next = 0;
  #failure: CometError | undefined;
  /** Rejects when a worker dies, so that no call waits for it for ever. */
  readonly #lost: Promise<never>;

  private constructor(private readonly members: readonly Member[]) {
    this.#lost = new Promise((_, reject) => {
      const fail = (error: CometError): void => reject((this.#failure ??= error));
      for (const { worker } of members) {
        worker.once('error', (error) => fail(typed(error)));
        worker.once('exit', () => fail(new CometError('E_ABORTED', 'the pool of kernels has ended')));
      }
    });
    this.#lost.catch(() => undefined);
  }

  /** Starts `size` workers. The kernels are compiled once, here. */
  static async start(size: number): Promise<KernelPool> {
    if (!Number.isInteger(size) || size < 1) throw new CometError('E_ARGUMENT', 'a pool has at least one worker');
    const module = await kernelsModule();
    return new KernelPool(Array.from({ length: size }, () => member(module)));
  }

  /** How many workers. */
  get size(): number {
    return this.members.length;
  }

  /** Copies a matrix to the workers, sliced by columns; the caller's own can be freed. */
  async share(matrix: RingMatrix): Promise<PooledMatrix> {
    const { rows, cols } = matrix;
    const id = this.#next++;
    const slices = this.#slices(cols);
    await this.run(slices, ({ engine, from, to }) => {
      const part = matrix.columns(from, to);
      const words = part.words();
      part.free();
      return engine.put(id, rows, to - from, transfer(words, [words.buffer as ArrayBuffer]));
    });
    return new PooledMatrix(this, id, rows, cols, slices);
  }

  /** Calls every slice's worker; a typed error when one fails or the pool ends first. */
  async run<R>(slices: readonly Slice[], call: (slice: Slice) => Promise<R>): Promise<R[]> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await Promise.race([Promise.all(slices.map(call)), this.#lost]);
    } catch (error) {
      throw typed(error);
    }
  }

  /** Ends the workers; calls that are under way fail with `E_ABORTED`. */
  async terminate(): Promise<void> {
    await Promise.all(this.members.map(({ worker }) => worker.terminate()));
    this.members.forEach(({ engine }) => engine[releaseProxy]());
  }

  #slices(cols: number): Slice[] {
    const panels = Math.ceil(cols / PANEL);
    const bound = (i: number): number => Math.min(cols, PANEL * Math.round((i * panels) / this.size));
    return this.members
      .map(({ engine }, i) => ({ engine, from: bound(i), to: bound(i + 1) }))
      .filter(({ from, to }) => from < to);
  }
}

/** A matrix whose columns are spread over a pool. */
export class PooledMatrix {
  /** @internal made by {@link KernelPool.share} */
  constructor(
    private readonly pool: KernelPool,
    private readonly id: number,
    readonly rows: number,
    readonly cols: number,
    private readonly slices: readonly Slice[],
  ) {}

  /**
   * `x W`: `t x rows` words in, `t x cols` out, row-major.
   * @throws CometError `E_ARGUMENT` for another number of words or a freed matrix, `E_ABORTED` when the pool has ended.
   */
  async mul(x: BigUint64Array, t: number): Promise<BigUint64Array> {
    const parts = await this.pool.run(this.slices, ({ engine }) => {
      // A copy for each worker: a view would clone the whole memory behind it.
      const copy = x.slice();
      return engine.mul(this.id, transfer(copy, [copy.buffer]), t);
    });
    return this.#join(parts, t);
  }

  /** Gives the workers' memory back. */
  async free(): Promise<void> {
    await this.pool.run(this.slices, ({ engine }) => engine.free(this.id));
  }

  #join(parts: BigUint64Array[], t: number): BigUint64Array {
    const y = new BigUint64Array(t * this.cols);
    this.slices.forEach(({ from, to }, i) => {
      for (let row = 0; row < t; row++) {
        y.set(parts[i].subarray(row * (to - from), (row + 1) * (to - from)), row * this.cols + from);
      }
    });
    return y;
  }
}

function member(module: WebAssembly.Module): Member {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: module });
  return { worker, engine: wrap<Engine>(nodeEndpoint(worker)) };
}
