/** Numbers from a seed, the same in every runtime. For experiments: nothing here is a secret. */
export class Random {
  #state = 0;

  /** A stream of its own for every list of numbers. */
  constructor(...seed: readonly number[]) {
    for (const part of seed) {
      this.#state = (this.#state ^ part) | 0;
      this.next();
    }
  }

  /** Uniform in [0, 1): mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** The numbers from 0 to `count - 1` in any order. */
  order(count: number): Uint16Array {
    const items = Uint16Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [items[i], items[j]] = [items[j], items[i]];
    }
    return items;
  }
}
