/** Words of wires that end together. */
import { release } from '../core/release.js';
import type { Words } from '../wires/wire.js';

export class Region {
  #words = new Set<Words>();

  hold(...words: readonly (Words | undefined)[]): void {
    for (const each of words) if (each) this.#words.add(each);
  }

  /** They end now. */
  release(...words: readonly (Words | undefined)[]): void {
    this.keep(...words);
    release(...words);
  }

  /** They end with no region. */
  keep(...words: readonly (Words | undefined)[]): void {
    for (const each of words) if (each) this.#words.delete(each);
  }

  /** Releases all but these, which are held on. */
  end(except: readonly Words[]): void {
    for (const each of except) this.#words.delete(each);
    release(...this.#words);
    this.#words = new Set(except);
  }
}
