/** How likely an opened list is, where the list without padding is known. */

/** Chance that a member is not opened. An honest run leaves none out; a fixed-point run may decide a few otherwise than floats. */
const LOST = 0.01;

export class Noise {
  readonly #both = Math.log(1 - LOST);
  readonly #lost = Math.log(LOST);
  readonly #added: number;
  readonly #neither: number;

  /**
   * @param names how many indices there are
   * @param plain mean size without padding
   * @param opened mean size as it is opened
   */
  constructor(
    private readonly names: number,
    plain: number,
    opened: number,
  ) {
    const rate = (opened - plain) / Math.max(names - plain, 1);
    const added = Math.min(0.99, Math.max(0.001, rate));
    this.#added = Math.log(added);
    this.#neither = Math.log(1 - added);
  }

  /** Logarithm of the likelihood, from how many both lists share and the sizes of both; of all names, or of `all` trials. */
  logLikelihood(shared: number, plain: number, opened: number, all = this.names): number {
    const added = opened - shared;
    const lost = plain - shared;
    return (
      shared * this.#both + lost * this.#lost + added * this.#added + (all - shared - lost - added) * this.#neither
    );
  }
}
