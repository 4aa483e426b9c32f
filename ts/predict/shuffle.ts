/** Orders from a seed, the same in every runtime. */
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Kernels } from '../kernels/load.js';

/** Orders drawn from the kernels' random stream, each by its number. */
export class Shuffler {
  readonly #key: Uint8Array;

  constructor(
    private readonly kernels: Kernels,
    seed: string,
  ) {
    this.#key = sha256(utf8ToBytes(seed));
  }

  /** Fisher-Yates, in place. */
  shuffle(items: unknown[], number: number): void {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setUint32(0, number, true);
    const words = this.kernels.prgWords(this.#key, nonce, 0, items.length, 32);
    for (let i = items.length - 1; i > 0; i--) {
      const j = Math.floor((Number(words[i]) / 2 ** 32) * (i + 1));
      [items[i], items[j]] = [items[j], items[i]];
    }
  }
}
