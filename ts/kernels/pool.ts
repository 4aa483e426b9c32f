/**
 * A pool of single-threaded instances in Node's worker threads, each with a slice of the columns of every matrix and of the neurons
 * of all vectors.
 *
 * A call costs about 0.1 ms: worth it for products of some hundred thousand words and more.
 */
import { releaseProxy, transfer, wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { Worker } from 'node:worker_threads';
import { CometError } from '../core/errors.js';
import type { Engine } from './engine.js';
import { typed } from './errors.js';
import type { RingMatrix, RingRows } from './load.js';
import { PANEL, PooledMatrix } from './pooled-matrix.js';
import { PooledRows } from './pooled-rows.js';
import { slicesOf, type CallAll, type Slice } from './slices.js';
import { kernelsModule } from './source.js';

interface Member {
  readonly worker: Worker;
  readonly engine: Remote<Engine>;
}

/** Workers, and the weights they keep. End it with {@link KernelPool.terminate}. */
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
    const { rows, cols, wordBits } = matrix;
    const [id, slices] = [this.#next++, this.#slices(cols, PANEL)];
    await this.#callAll(slices, ({ engine, from, to }) =>
      engine.put(id, rows, to - from, wordsOf(matrix.columns(from, to)), wordBits),
    );
    return new PooledMatrix(this.#callAll, id, rows, cols, slices);
  }

  /** Copies vectors to the workers, sliced by neurons; the caller's own can be freed. */
  async shareRows(vectors: RingRows): Promise<PooledRows> {
    const { rows, dim, wordBits } = vectors;
    const [id, slices] = [this.#next++, this.#slices(rows, 1)];
    await this.#callAll(slices, ({ engine, from, to }) => {
      const range = Uint32Array.from({ length: to - from }, (_, i) => from + i);
      return engine.putRows(id, to - from, dim, wordsOf(vectors.select(range)), wordBits);
    });
    return new PooledRows(this.#callAll, id, rows, dim, wordBits, slices);
  }

  /** Ends the workers; calls that are under way fail with `E_ABORTED`. */
  async terminate(): Promise<void> {
    await Promise.all(this.members.map(({ worker }) => worker.terminate()));
    this.members.forEach(({ engine }) => engine[releaseProxy]());
  }

  #slices(count: number, unit: number): Slice[] {
    const engines = this.members.map(({ engine }) => engine);
    return slicesOf(engines, count, unit);
  }

  readonly #callAll: CallAll = async (slices, call) => {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await Promise.race([Promise.all(slices.map(call)), this.#lost]);
    } catch (error) {
      throw typed(error);
    }
  };
}

/** The words of a slice, moved; its memory here is given back. */
function wordsOf(part: RingMatrix | RingRows): BigUint64Array {
  const words = part.words();
  part.free();
  return transfer(words, [words.buffer as ArrayBuffer]);
}

function member(module: WebAssembly.Module): Member {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: module });
  return { worker, engine: wrap<Engine>(nodeEndpoint(worker)) };
}
