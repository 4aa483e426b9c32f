/** Words of steps to come that are needed before: made once, because no key stream is read twice, and kept until their step asks for them. */
import type { Address } from '../core/address.js';
import type { Words } from './wire.js';

export class Early {
  readonly #words = new Map<string, Words>();

  /** What was made for this address, or is made now and kept where it can be. */
  see(at: Address, part: number, make: () => Words | undefined): Words | undefined {
    const name = nameOf(at, part);
    const known = this.#words.get(name);
    if (known) return known;
    const words = make();
    if (words) this.#words.set(name, words);
    return words;
  }

  /** What was made for this address, once; else what is made now. */
  take(at: Address, part: number, make: () => Words): Words {
    if (this.#words.size === 0) return make();
    const name = nameOf(at, part);
    const known = this.#words.get(name);
    this.#words.delete(name);
    return known ?? make();
  }
}

const nameOf = ({ step, layer, op }: Address, part: number): string => `${step}.${layer}.${op}.${part}`;
