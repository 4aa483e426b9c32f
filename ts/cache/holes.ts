/**
 * What a layer's cache of keys and values has, and what it lacks (Comet section 5, KV-cache refilling; docs/protocol.md section 5). A token
 * computes the keys and values of its active heads only. When a later token needs what is missing, it is computed from the masked input
 * of the position, which is kept for as long as the position has a hole. Bookkeeping only: the same on every party.
 */
import { CometError } from '../core/errors.js';
import type { Jobs } from '../gates/attention.js';
import type { ActiveHeads } from '../gates/sets.js';

/** What keys and values are made of: one row of the input of the products, and the norm's `r` of it. */
export interface CachedInput<W> {
  readonly xs: W;
  readonly r: W;
}

export class Holes<W> {
  /** One bit a position and head. */
  readonly #filled: Uint8Array;
  readonly #inputs = new Map<number, CachedInput<W>>();
  /** No position before this one has a hole: a long text is not searched again for every token. */
  #whole = 0;

  constructor(
    private readonly heads: number,
    private readonly context: number,
  ) {
    this.#filled = new Uint8Array(heads * context);
  }

  /** Takes all positions before `position` as filled; for ledgers. */
  assume(position: number): void {
    this.#filled.fill(1, 0, position * this.heads);
    this.#whole = position;
  }

  /** Forgets positions from `position` on. */
  rewind(position: number): void {
    this.#filled.fill(0, position * this.heads);
    this.#whole = Math.min(this.#whole, position);
    for (const kept of this.#inputs.keys()) if (kept >= position) this.#inputs.delete(kept);
  }

  /**
   * What a step must compute before its scores: for every active head all that is missing up to the last row where it is active. All
   * misses, of whatever position and head, are one batch with the step's own keys and values.
   */
  jobs({ rows, heads }: ActiveHeads, position: number): Jobs {
    const lengths = new Uint32Array(this.heads);
    for (const [i, head] of heads.entries()) lengths[head] = Math.max(lengths[head], position + rows[i] + 1);
    const positions: number[] = [];
    const missing: number[] = [];
    const end = Math.max(0, ...lengths);
    for (let at = this.#whole; at < end; at++) {
      for (let head = 0; head < this.heads; head++) {
        if (at >= lengths[head] || this.#filled[at * this.heads + head]) continue;
        positions.push(at);
        missing.push(head);
      }
    }
    return { positions: Uint32Array.from(positions), heads: Uint32Array.from(missing) };
  }

  /** The jobs are done: their positions need no input any more, where no head lacks them. */
  fill({ positions, heads }: Jobs): void {
    for (const [i, at] of positions.entries()) this.#filled[at * this.heads + heads[i]] = 1;
    while (this.#whole < this.context && !this.hasHole(this.#whole)) this.#whole++;
    for (const at of this.#inputs.keys()) if (!this.hasHole(at)) this.#inputs.delete(at);
  }

  /** Whether some head lacks a position. */
  hasHole(position: number): boolean {
    return this.#filled.subarray(position * this.heads, (position + 1) * this.heads).includes(0);
  }

  /** Keeps the input of a position that has holes. */
  keep(position: number, input: CachedInput<W>): void {
    this.#inputs.set(position, input);
  }

  /** The kept input of a position with a hole. @throws CometError E_INTERNAL where none was kept. */
  input(position: number): CachedInput<W> {
    const input = this.#inputs.get(position);
    if (!input) throw new CometError('E_INTERNAL', `the input of position ${position}, which has a hole, was not kept`);
    return input;
  }

  /** Positions whose inputs are kept. */
  get kept(): number {
    return this.#inputs.size;
  }

  /** Pairs of positions below `length` and heads that are missing. */
  missing(length: number): number {
    const seen = this.#filled.subarray(0, Math.min(length, this.context) * this.heads);
    return seen.length - seen.reduce((sum, bit) => sum + bit, 0);
  }
}
