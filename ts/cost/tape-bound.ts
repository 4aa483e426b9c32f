/** Which steps have a tape that frames can carry: a section of it is one frame. Told from announced steps, before anything is dealt. */
import { CometError } from '../core/errors.js';
import type { Plan } from '../plan/formats.js';
import { MODES, type StepShape } from '../plan/step.js';
import { longestLayer, sectionBytes } from './prefill.js';

export class TapeBound {
  /** By rows, and whether steps are exact, the last position where a step fits: sections grow with the position. */
  readonly #last = new Map<string, number>();
  #longest?: number;

  constructor(
    private readonly plan: Plan,
    private readonly frameBytes: number,
  ) {}

  /**
   * Takes predicted layers as dense: their sections are shorter, but for keys and values that earlier positions lack, of
   * which nobody knows yet.
   * @throws CometError E_LIMIT for a step with a section that is too long
   */
  check({ rows, position, sparse, modes }: Pick<StepShape, 'rows' | 'position' | 'sparse' | 'modes'>): void {
    const exact = sparse === true && modes?.includes(MODES.exact) === true;
    const key = `${rows} ${exact}`;
    const last = this.#last.get(key) ?? this.#lastFitting(rows, exact);
    this.#last.set(key, last);
    if (position > last) throw tooLong(this.#bytes(rows, position, exact), this.frameBytes);
  }

  /** -1 where none fits. */
  #lastFitting(rows: number, exact: boolean): number {
    let [fits, fails] = [-1, this.plan.shape.context - rows + 1];
    // The very last one first: mostly that is all.
    for (let position = fails - 1; fails - fits > 1; position = (fits + fails) >> 1) {
      if (this.#bytes(rows, position, exact) <= this.frameBytes) fits = position;
      else fails = position;
    }
    return fits;
  }

  #bytes(rows: number, position: number, exact: boolean): number {
    this.#longest ??= longestLayer(this.plan);
    return sectionBytes(this.plan, rows, position, this.#longest, exact);
  }
}

/** The refusal of a section. */
export const tooLong = (bytes: number, frameBytes: number): CometError =>
  new CometError(
    'E_LIMIT',
    `the dealer's part of one layer of a step would have ${bytes} bytes, and a frame may have ${frameBytes}: announce steps of fewer rows or a shorter text, or raise limits.frameBytes in all configurations`,
  );
