/** Where the time of a single-threaded party goes: every moment belongs to exactly one part. */
export class Stopwatch<Part extends string> {
  readonly #seconds: Record<Part, number>;
  #part: Part;
  #since = performance.now();

  /** @param rest the part that time belongs to where nothing else was said */
  constructor(
    parts: readonly Part[],
    private readonly rest: Part,
  ) {
    this.#seconds = Object.fromEntries(parts.map((part) => [part, 0])) as Record<Part, number>;
    this.#part = rest;
  }

  /** Seconds of each part so far. */
  totals(): Record<Part, number> {
    this.#turn(this.#part);
    return { ...this.#seconds };
  }

  /** Counts a call as a part; calls inside it that are counted as another are not in it. */
  during<R>(part: Part, call: () => R): R {
    const before = this.#turn(part);
    try {
      return call();
    } finally {
      this.#turn(before);
    }
  }

  /** Counts the time until a promise settles; what happens meanwhile and is counted as another part is not in it. */
  async until<R>(part: Part, promise: Promise<R>): Promise<R> {
    this.#turn(part);
    try {
      return await promise;
    } finally {
      this.#turn(this.rest);
    }
  }

  #turn(part: Part): Part {
    const [now, before] = [performance.now(), this.#part];
    this.#seconds[before] += (now - this.#since) / 1000;
    this.#since = now;
    this.#part = part;
    return before;
  }
}
