/**
 * What a layer's cache of keys and values has, and what it lacks (Comet section 5, KV-cache refilling; docs/protocol.md section 5). A token
 * computes the keys and values of its active heads only, and of those all that is missing up to itself: so what a head has are the
 * positions before some position. What it lacks is computed from the masked inputs of the positions, which are kept for as long as some head
 * lacks them. Bookkeeping only: the same on every party.
 */
import { CometError } from '../core/errors.js';
import type { Jobs } from '../gates/attention.js';
import type { ActiveHeads } from '../gates/sets.js';

/** What keys and values are made of: one row of the input of the products, and the norm's `r` of it. */
export interface CachedInput<W> {
  readonly xs: W;
  readonly r: W;
}

/** How a step refills; public. */
export interface RefillRules {
  /** Most positions before a step whose inputs are kept: what heads lack of older ones is computed while it still can be. All unless given. */
  readonly keep?: number;
  /** Most vectors of a layer that are computed before any head needs them; none unless given. */
  readonly prefetch?: number;
}

/** A head that was active in one of so many latest positions will be soon again (docs/costs.md has how often that is right). */
export const PREFETCH_WINDOW = 8;

/** What was computed, in vectors: a key and a value count once. */
export interface CacheCounts {
  /** Of positions of the step that computed them. */
  readonly own: number;
  /** Of earlier positions, for a head that needs them now. */
  readonly refilled: number;
  /** Of earlier positions, before a head needs them: because it was active a moment ago, or because their inputs are dropped. */
  readonly prefetched: number;
  /** Of those, how many a head has needed since. */
  readonly used: number;
  /** Vectors that attention has read. */
  readonly read: number;
  /** Most inputs that were kept. */
  readonly mostKept: number;
}

export class Holes<W> {
  /** Of each head, how many positions it has. */
  readonly #filled: Uint32Array;
  /** Of each head, how many of the last it has before it needed them. */
  readonly #early: Uint32Array;
  /** Of each head, the position after the latest one where it was active. */
  readonly #active: Uint32Array;
  readonly #inputs = new Map<number, CachedInput<W>>();
  readonly #counts = { own: 0, refilled: 0, prefetched: 0, used: 0, read: 0, mostKept: 0 };

  /** @param prefix positions that are cached from the first on, and always stay */
  constructor(
    private readonly heads: number,
    private readonly context: number,
    prefix = 0,
  ) {
    this.#filled = new Uint32Array(heads).fill(prefix);
    this.#early = new Uint32Array(heads);
    this.#active = new Uint32Array(heads);
  }

  /** Takes all positions before `position` as filled; for ledgers. */
  assume(position: number): void {
    this.#filled.fill(position);
  }

  /** Forgets positions from `position` on. */
  rewind(position: number): void {
    for (let head = 0; head < this.heads; head++) {
      const gone = Math.max(0, this.#filled[head] - position);
      this.#early[head] -= Math.min(this.#early[head], gone);
      this.#filled[head] -= gone;
      this.#active[head] = Math.min(this.#active[head], position);
    }
    for (const kept of this.#inputs.keys()) if (kept >= position) this.#inputs.delete(kept);
  }

  /**
   * What a step must compute before its scores: for every active head all that is missing up to the last row where it is active, and what
   * other heads lack of positions whose inputs are dropped. All misses, of whatever position and head, are one batch with the step's own.
   */
  jobs(active: ActiveHeads, position: number, { keep }: RefillRules = {}): Jobs {
    return this.#missing(this.#dropping(this.#needed(active, position), position, keep));
  }

  /**
   * What of that is known before the step comes to the layer: positions before the step; and, within the budget, what will probably be
   * needed soon: of the heads that are not active now but were within the last {@link PREFETCH_WINDOW} positions, the latest first.
   */
  ahead(active: ActiveHeads, position: number, { keep, prefetch = 0 }: RefillRules = {}): Jobs {
    const needed = this.#needed(active, position);
    const until = this.#dropping(needed, position, keep).map((end) => Math.min(end, position));
    const soon = [...until.keys()]
      .filter((head) => needed[head] === 0 && this.#active[head] > 0 && this.#active[head] + PREFETCH_WINDOW > position)
      .sort((a, b) => this.#active[b] - this.#active[a] || a - b);
    let left = prefetch;
    for (const head of soon) {
      const from = Math.max(until[head], this.#filled[head]);
      until[head] = Math.min(position, from + left);
      left -= until[head] - from;
    }
    return this.#missing(until);
  }

  /** The jobs are done, of some heads because they are active, of others before: their positions need no input any more, where no head lacks them. */
  fill({ positions, heads }: Jobs, active: ActiveHeads, position: number): void {
    const needs = new Set(active.heads);
    for (const [i, head] of heads.entries()) {
      const at = positions[i];
      if (at !== this.#filled[head]) throw new CometError('E_INTERNAL', `position ${at} of a head came out of turn`);
      this.#filled[head]++;
      if (!needs.has(head)) this.#early[head]++;
      this.#counts[at >= position ? 'own' : needs.has(head) ? 'refilled' : 'prefetched']++;
    }
    const whole = Math.min(...this.#filled);
    for (const at of this.#inputs.keys()) {
      if (at >= whole) break; // they are kept in the order of their positions
      this.#inputs.delete(at);
    }
  }

  /** The step's heads have read what they needed. */
  read(active: ActiveHeads, position: number): void {
    for (const [i, head] of active.heads.entries()) {
      this.#active[head] = Math.max(this.#active[head], position + active.rows[i] + 1);
      this.#counts.read += position + active.rows[i] + 1;
      this.#counts.used += this.#early[head];
      this.#early[head] = 0;
    }
  }

  /** Whether some head lacks a position. */
  hasHole(position: number): boolean {
    return this.#filled.some((filled) => filled <= position);
  }

  /** Keeps the input of a position that has holes: positions ascend. */
  keep(position: number, input: CachedInput<W>): void {
    this.#inputs.set(position, input);
    this.#counts.mostKept = Math.max(this.#counts.mostKept, this.#inputs.size);
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

  get counts(): CacheCounts {
    return { ...this.#counts };
  }

  /** Pairs of positions below `length` and heads that are missing. */
  missing(length: number): number {
    const end = Math.min(length, this.context);
    return this.#filled.reduce((sum, filled) => sum + Math.max(0, end - filled), 0);
  }

  /** Of each head, how many positions its rows attend to. */
  #needed({ rows, heads }: ActiveHeads, position: number): Uint32Array {
    const until = new Uint32Array(this.heads);
    for (const [i, head] of heads.entries()) until[head] = Math.max(until[head], position + rows[i] + 1);
    return until;
  }

  /** The same, but no head lacks a position whose input is dropped. */
  #dropping(until: Uint32Array, position: number, keep = Infinity): Uint32Array {
    return until.map((end) => Math.max(end, position - keep));
  }

  /** What heads lack of so many positions, by position, then head. */
  #missing(until: Uint32Array): Jobs {
    const all: number[][] = [];
    for (const [head, end] of until.entries()) for (let at = this.#filled[head]; at < end; at++) all.push([at, head]);
    all.sort(([a, i], [b, j]) => a - b || i - j);
    return { positions: Uint32Array.from(all, ([at]) => at), heads: Uint32Array.from(all, ([, head]) => head) };
  }
}
