/**
 * Where the sessions of one party compute their products. Those of several sessions with the same weights go into one call of the kernels, which
 * reads the weights once for all of their rows. A session that is alone computes at once.
 *
 * Sessions come together by waiting: whoever is behind goes first, and a product waits for sessions that are on their way to it in their own
 * step, as long as they move, and for no more than a part of the time of a step. Then they walk side by side. Nobody is waited for whose rows
 * would not fit into the same call, so a long prompt and the tokens of others take turns: one call a turn of the event loop.
 */
import { afterTurn } from '../core/turn.js';
import type { Compute, Product } from '../wires/effects.js';
import type { Words } from '../wires/wire.js';

/** Rows of a call that sessions share: beyond these a row costs no less. */
const MOST_ROWS = 32;

/** A session that did not move for so long is not waited for. Timers are not much finer. */
const PATIENCE_MS = 4;

/** A session that is alone computes for so long before the event loop runs. */
const LONGEST_MS = 5;

/** Part of the time of its last step that a session may wait in this one. */
const MOST_WAITING = 0.25;

/** What was computed so far. */
export interface BatchCounts {
  /** Calls of the kernels. */
  readonly calls: number;
  /** The products that they gave: as many where no two sessions shared one. */
  readonly products: number;
}

/** A step of a session, as far as others wait for it. */
export interface Pace {
  readonly rows: number;
  /** Whether its weights are those of other sessions. */
  readonly shared: boolean;
}

/** A session's place in a {@link Batcher}. */
export interface Seat {
  /** Runs a step. */
  during<T>(pace: Pace, step: () => Promise<T>): Promise<T>;
  /** Computes the products of one effect. What runs `beside` the step says nothing of how far that is, and waits for nobody. */
  compute(effect: Compute, beside?: boolean): Promise<readonly Words[]>;
  /** A sign that the session goes on. */
  moved(): void;
}

/** How far a session is. */
interface Place {
  pace: Pace;
  layer: number;
  /** Of the layer's effects. */
  count: number;
  /** When it last did, on this thread's clock. */
  moved: number;
  /** Milliseconds that it may still wait in this step while nobody computes. */
  budget: number;
}

/** The products of one effect, which wait for their turn. */
interface Waiting {
  readonly place: Place;
  readonly beside: boolean;
  readonly products: readonly Product[];
  readonly resolve: (words: readonly Words[]) => void;
  readonly reject: (error: unknown) => void;
}

export class Batcher {
  /** Of sessions that are in a step. */
  readonly #running = new Set<Place>();
  /** The longest waiting first. */
  readonly #waiting: Waiting[] = [];
  /** Whether a turn is due, or a call on its way in a pool. */
  #busy = false;
  /** Everybody waits for somebody else. */
  #idle?: { readonly timer: ReturnType<typeof setTimeout>; readonly since: number };
  /** When the event loop ran last, as far as is known. */
  #heard = 0;
  readonly #counts = { calls: 0, products: 0 };

  seat(): Seat {
    const pace = { rows: 0, shared: false };
    const place: Place = { pace, layer: 0, count: 0, moved: 0, budget: 0 };
    return {
      during: (own, step) => this.#during(place, own, step),
      compute: (effect, beside = false) => this.#compute(place, effect, beside),
      moved: () => void (place.moved = performance.now()),
    };
  }

  get counts(): BatchCounts {
    return { ...this.#counts };
  }

  async #during<T>(place: Place, pace: Pace, step: () => Promise<T>): Promise<T> {
    const begin = performance.now();
    Object.assign(place, { pace, layer: -1, count: 0, moved: begin });
    this.#running.add(place);
    try {
      return await step();
    } finally {
      place.budget = MOST_WAITING * (performance.now() - begin);
      this.#running.delete(place);
      this.#wake(); // nobody waits for it any more
    }
  }

  async #compute(place: Place, { layer, products }: Compute, beside: boolean): Promise<readonly Words[]> {
    if (!beside) {
      place.count = layer === place.layer ? place.count + 1 : 0;
      place.layer = layer;
    }
    place.moved = performance.now();
    if (place.moved - this.#heard > LONGEST_MS) await this.#hear();
    if (this.#running.size <= 1 && !this.#busy) return (await this.#call([products]))[0];
    return new Promise((resolve, reject) => {
      this.#waiting.push({ place, beside, products, resolve, reject });
      this.#wake();
    });
  }

  /** Lets the event loop run: the dealer waits for nobody while it runs ahead, and others would not even begin. */
  async #hear(): Promise<void> {
    await new Promise<void>((resolve) => afterTurn(resolve));
    this.#heard = performance.now();
  }

  #wake(): void {
    if (this.#busy || this.#waiting.length === 0) return;
    this.#busy = true;
    this.#stopWaiting();
    afterTurn(() => void this.#turn());
  }

  async #turn(): Promise<void> {
    this.#heard = performance.now();
    const ready = this.#waiting.find(
      ({ place, beside }) => beside || place.budget <= 0 || this.#behind(place).length === 0,
    );
    if (ready) await this.#answer(this.#with(ready));
    this.#busy = false;
    if (ready) this.#wake();
    else if (this.#waiting.length > 0) this.#waitOn();
  }

  /** Gives those that are waited for some time to move. */
  #waitOn(): void {
    this.#stopWaiting();
    const left = this.#waiting.map(({ place }) => place.budget);
    const timer = setTimeout(() => this.#wake(), Math.min(PATIENCE_MS, ...left));
    this.#idle = { timer, since: performance.now() };
  }

  #stopWaiting(): void {
    if (!this.#idle) return;
    clearTimeout(this.#idle.timer);
    const waited = performance.now() - this.#idle.since;
    for (const { place } of this.#waiting) place.budget -= waited;
    this.#idle = undefined;
  }

  /** Sessions that are on their way to where this one is: they have a product that waits, too, or moved just now. */
  #behind(place: Place): Place[] {
    const lately = performance.now() - PATIENCE_MS;
    return [...this.#running].filter(
      (other) =>
        place.pace.shared &&
        other.pace.shared &&
        other.pace.rows + place.pace.rows <= MOST_ROWS &&
        (other.layer < place.layer || (other.layer === place.layer && other.count < place.count)) &&
        (other.moved > lately || this.#waiting.some((waiting) => waiting.place === other)),
    );
  }

  /** What can be computed with this, and it. */
  #with(first: Waiting): Waiting[] {
    let rows = rowsOf(first.products);
    const batch = [first];
    for (const waiting of this.#waiting) {
      if (waiting === first || !alike(waiting.products, first.products)) continue;
      rows += rowsOf(waiting.products);
      if (rows > MOST_ROWS) break;
      batch.push(waiting);
    }
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

  /** The results of lists of products; one call for all that have the same weights. */
  async #call(lists: readonly (readonly Product[])[]): Promise<Words[][]> {
    const results: Words[][] = lists.map(() => []);
    const places = lists.flatMap((list, i) => list.map((product, k) => ({ product, i, k })));
    for (const group of byWeights(places)) {
      const [first, ...others] = group.map(({ product }) => product);
      const words = others.length === 0 ? [await first.run()] : await first.runWith(others);
      for (const [n, { i, k }] of group.entries()) results[i][k] = words[n];
      this.#counts.calls++;
      this.#counts.products += words.length;
    }
    return results;
  }
}

/** Groups of one weights each, in the order in which they come. */
function byWeights<P extends { readonly product: Product }>(places: readonly P[]): P[][] {
  const groups = new Map<object, P[]>();
  for (const place of places) {
    const { weights } = place.product;
    groups.set(weights, [...(groups.get(weights) ?? []), place]);
  }
  return [...groups.values()];
}

/** Of the product that has most: one may be of several steps (gates/ahead.ts). */
const rowsOf = (products: readonly Product[]): number => Math.max(...products.map(({ rows }) => rows));

/** Whether the first products, of which there is one in every list, have the same weights; what else a list has was computed ahead in another. */
const alike = ([a]: readonly Product[], [b]: readonly Product[]): boolean => a.weights === b.weights;
