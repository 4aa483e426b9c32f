/** Which steps have a tape that frames can carry: a section of it is one frame. Told from announced steps, before anything is dealt. */
import { CometError } from '../core/errors.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import { longestLayer, sectionBytes } from './prefill.js';

export class TapeBound {
  /** By rows, the last position where a step of so many fits: sections grow with the position. */
  readonly #last = new Map<number, number>();
  #longest?: number;

  constructor(
    private readonly plan: Plan,
    private readonly frameBytes: number,
  ) {}

  /**
   * Takes steps as dense: sparse ones have shorter sections, but for keys and values that earlier positions lack, of which nobody knows yet.
   * @throws CometError E_LIMIT for a step with a section that is too long
   */
  check({ rows, position }: Pick<StepShape, 'rows' | 'position'>): void {
    const last = this.#last.get(rows) ?? this.#lastFitting(rows);
    this.#last.set(rows, last);
    if (position > last) throw tooLong(this.#bytes(rows, position), this.frameBytes);
  }

  /** -1 where none fits. */
  #lastFitting(rows: number): number {
    let [fits, fails] = [-1, this.plan.shape.context - rows + 1];
    // The very last one first: mostly that is all.
    for (let position = fails - 1; fails - fits > 1; position = (fits + fails) >> 1) {
      if (this.#bytes(rows, position) <= this.frameBytes) fits = position;
      else fails = position;
    }
    return fits;
  }

  #bytes(rows: number, position: number): number {
    this.#longest ??= longestLayer(this.plan);
    return sectionBytes(this.plan, rows, position, this.#longest);
  }
}

/** The refusal of a section. */
export const tooLong = (bytes: number, frameBytes: number): CometError =>
  new CometError(
    'E_LIMIT',
    `the dealer's part of one layer of a step would have ${bytes} bytes, and a frame may have ${frameBytes}: announce steps of fewer rows or a shorter text, or raise limits.frameBytes in all configurations`,
  );
