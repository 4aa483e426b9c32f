/**
 * Where the sessions of one party compute their products. Those that are due at the same time and have the same weights go into one call of
 * the kernels, which reads the weights once for all of their rows. A session that is alone computes at once.
 *
 * One call is made a turn of the event loop, the product that has waited longest first, and it has a bounded number of rows. So between two
 * calls every session hears what has arrived for it, and a long prompt holds others up by one call at a time.
 */
import { afterTurn } from '../core/turn.js';
import type { Product } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';

/** Rows of a call that sessions share: beyond these a row costs no less. */
const MOST_ROWS = 32;

/** What was computed so far. */
export interface BatchCounts {
  /** Calls of the kernels. */
  readonly calls: number;
  /** The products that they gave: as many where no two sessions shared one. */
  readonly products: number;
}

/** The products of one effect, which wait for their turn. */
interface Waiting {
  readonly products: readonly Product[];
  readonly resolve: (words: readonly Words[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A session's place in a {@link Batcher}. */
export interface Seat {
  /** Runs a step: while it does, what other sessions compute waits for a turn. */
  during<T>(step: () => Promise<T>): Promise<T>;
  /** Computes the products of one effect. */
  compute(products: readonly Product[]): Promise<readonly Words[]>;
}

export class Batcher {
  /** Sessions that are in a step. */
  #running = 0;
  readonly #waiting: Waiting[] = [];
  /** Whether a turn is due, or a call on its way in a pool. */
  #busy = false;
  readonly #counts = { calls: 0, products: 0 };

  seat(): Seat {
    return { during: (step) => this.#during(step), compute: (products) => this.#compute(products) };
  }

  get counts(): BatchCounts {
    return { ...this.#counts };
  }

  async #during<T>(step: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await step();
    } finally {
      this.#running--;
    }
  }

  async #compute(products: readonly Product[]): Promise<readonly Words[]> {
    if (this.#running <= 1 && !this.#busy) return (await this.#call([products]))[0];
    return new Promise((resolve, reject) => {
      this.#waiting.push({ products, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      afterTurn(() => void this.#turn());
    });
  }

  async #turn(): Promise<void> {
    await this.#answer(this.#next());
    this.#busy = this.#waiting.length > 0;
    if (this.#busy) afterTurn(() => void this.#turn());
  }

  /** What has waited longest, and what can be computed with it. */
  #next(): Waiting[] {
    const [first] = this.#waiting;
    let rows = 0;
    const batch = this.#waiting.filter(({ products }) => {
      const fits =
        products === first.products || (rows + rowsOf(products) <= MOST_ROWS && alike(products, first.products));
      if (fits) rows += rowsOf(products);
      return fits;
    });
    for (const taken of batch) this.#waiting.splice(this.#waiting.indexOf(taken), 1);
    return batch;
  }

  /** Products that fail do so alone: those of other sessions are computed again without them. */
  async #answer(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#call(batch.map(({ products }) => products));
      for (const [i, { resolve }] of batch.entries()) resolve(results[i]);
    } catch (error) {
      if (batch.length === 1) return batch[0].reject(error);
      for (const one of batch) await this.#answer([one]);
    }
  }

  /** The results of lists of products, of which the i-th have the same weights. */
  async #call(lists: readonly (readonly Product[])[]): Promise<Words[][]> {
    const results: Words[][] = lists.map(() => []);
    const [first, ...others] = lists;
    for (const [i, product] of first.entries()) {
      const words = others.length === 0 ? [await product.run()] : await product.runWith(others.map((list) => list[i]));
      for (const [k, result] of words.entries()) results[k].push(result);
      this.#counts.calls++;
      this.#counts.products += words.length;
    }
    return results;
  }
}

const rowsOf = ([{ rows }]: readonly Product[]): number => rows;

const alike = (a: readonly Product[], b: readonly Product[]): boolean =>
  a.length === b.length && a.every(({ weights }, i) => weights === b[i].weights);
