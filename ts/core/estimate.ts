/** How long work will take, from how long its parts have taken. */

/** Times the stages of one call, which follow each other. */
export class Estimate {
  #stage: string | undefined;
  #begun = { at: 0, done: 0 };

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Seconds that a stage will still take, once two of its reports were heard; they come in the order of `done`. */
  secondsLeft(stage: string, done: number, total: number): number | undefined {
    const at = this.now();
    if (stage !== this.#stage || done < this.#begun.done) {
      this.#stage = stage;
      this.#begun = { at, done };
    }
    const since = done - this.#begun.done;
    return since > 0 ? ((at - this.#begun.at) / 1000 / since) * (total - done) : undefined;
  }
}
