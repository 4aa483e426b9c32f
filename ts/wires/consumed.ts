/** Guards the one-time use of tape addresses: a mask used twice would reveal the difference of two secrets. */
import type { Address } from '../core/address.js';
import { CometError } from '../core/errors.js';

/**
 * Remembers which (layer, op, part) of the current step were consumed. Steps only grow, so earlier steps need no memory: whatever
 * names one is a reuse.
 */
export class Consumed {
  #step = -1;
  readonly #seen = new Set<number>();

  /** Marks an address as used. @throws CometError E_TAPE_REUSE when it was used before. */
  take({ step, layer, op }: Address, part: number): void {
    if (step > this.#step) {
      this.#step = step;
      this.#seen.clear();
    }
    const position = (layer * 0x100 + op) * 0x100 + part;
    if (step < this.#step || this.#seen.has(position)) {
      throw new CometError(
        'E_TAPE_REUSE',
        `mask (step ${step}, layer ${layer}, operation ${op}, part ${part}) would be used a second time; the session is closed`,
      );
    }
    this.#seen.add(position);
  }
}
