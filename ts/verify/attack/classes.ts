/** Tokens as an adversary tells them apart: the most frequent ones of the text that he has, and all others together. */
import type { Tokens } from './score.js';

/** Tokens that have a class of their own. */
const MOST = 512;
/** Counts that the unigrams lend to every context. */
const LENT = 8;

/** Classes, their frequencies and those of their pairs. Class 0 is the most frequent token. */
export class Classes implements Tokens {
  /** Logarithms of the frequencies. */
  readonly prior: Float64Array;
  /** The token of each class but the last, which is for all other tokens. */
  readonly ids: readonly number[];
  readonly #classes: ReadonlyMap<number, number>;
  readonly #pairs: Float32Array;

  constructor(training: readonly number[], most = MOST) {
    const counts = new Map<number, number>();
    for (const id of training) counts.set(id, (counts.get(id) ?? 0) + 1);
    const sorted = [...counts].sort(([a, n], [b, m]) => m - n || a - b).slice(0, most);
    this.ids = sorted.map(([id]) => id);
    this.#classes = new Map(this.ids.map((id, i) => [id, i]));
    const frequent = sorted.reduce((sum, [, n]) => sum + n, 0);
    const all = [...sorted.map(([, n]) => n), training.length - frequent];
    // Half a count more for each, so that what never occurred stays possible.
    this.prior = Float64Array.from(all, (n) => Math.log((n + 0.5) / (training.length + all.length / 2)));
    this.#pairs = pairs(this.labels(training), this.prior);
  }

  get size(): number {
    return this.prior.length;
  }

  /** The class of all tokens that have none of their own. */
  get other(): number {
    return this.ids.length;
  }

  labels(ids: readonly number[]): Uint16Array {
    return Uint16Array.from(ids, (id) => this.#classes.get(id) ?? this.other);
  }

  /** Logarithms of the frequencies of each class after `before`. */
  after(before: number): Float32Array {
    return this.#pairs.subarray(before * this.size, (before + 1) * this.size);
  }
}

function pairs(labels: Uint16Array, prior: Float64Array): Float32Array {
  const size = prior.length;
  const table = new Float32Array(size * size);
  const totals = new Float64Array(size);
  for (let t = 0; t + 1 < labels.length; t++) {
    table[labels[t] * size + labels[t + 1]]++;
    totals[labels[t]]++;
  }
  return table.map((n, i) => {
    const total = totals[Math.floor(i / size)];
    return Math.log((n + LENT * Math.exp(prior[i % size])) / (total + LENT));
  });
}
