/**
 * Products that depend on masks only - `half F` of a server, `mask L` of the dealer - can be computed as soon as their step is announced. So a
 * product takes its rows of the next steps into the same call, which reads the weights once for all of them (docs/design.md). Every result is
 * what it would be alone: no frame shows how many were computed when.
 */
import type { Address } from '../core/address.js';
import type { StepShape } from '../plan/step.js';
import type { Words } from '../wires/wire.js';

/** Steps of one call, its own included: beyond these, each costs nearly as much as the one before. */
export const MOST_STEPS = 4;
/** Rows of one call: with many, no step gains by those of others. */
const MOST_ROWS = 8;

/** What was computed of one product. */
interface Results {
  readonly weights: object;
  readonly bySteps: Map<number, Words>;
}

/** A session's results that wait for their steps, at one party. */
export class Ahead {
  /** By layer and operation. */
  readonly #results = new Map<number, Results>();
  #step?: StepShape;

  /** @param coming steps that were announced, after the one that runs, in their order */
  constructor(private readonly coming: () => readonly StepShape[]) {}

  /** A step begins. */
  begin(step: StepShape): void {
    this.#step = step;
  }

  /** Rows of the step that runs. */
  get rows(): number {
    return this.#step?.rows ?? 0;
  }

  /** Whether it computes all of a layer. */
  get dense(): boolean {
    return this.#step !== undefined && !this.#step.sparse;
  }

  /** This step's result, if it was computed with these weights; it is given once, and what steps before left is forgotten. */
  take(at: Address, weights: object): Words | undefined {
    const results = this.#results.get(placeOf(at));
    if (!results) return undefined;
    const found = results.weights === weights ? results.bySteps.get(at.step) : undefined;
    for (const step of results.bySteps.keys()) if (step <= at.step) results.bySteps.delete(step);
    return found;
  }

  /** The steps that follow in the same shape, as many as go into a call of this product. */
  following(at: Address): number[] {
    const step = this.#step;
    if (step?.step !== at.step) return [];
    const place = placeOf(at);
    let most = Math.min(MOST_STEPS, Math.floor(MOST_ROWS / step.rows));
    // Products begin their first calls with different numbers of steps: else each step that computes ahead would do so for all of them.
    if (!this.#results.has(place)) most = 1 + (this.#results.size % Math.max(most, 1));
    const following: number[] = [];
    for (const next of this.coming()) {
      if (following.length + 1 >= most || !alike(step, next)) break;
      following.push(next.step);
    }
    return following;
  }

  /** Keeps the results of later steps. */
  keep(at: Address, weights: object, steps: readonly number[], words: readonly Words[]): void {
    this.#results.set(placeOf(at), { weights, bySteps: new Map(steps.map((step, i) => [step, words[i]])) });
  }
}

const placeOf = ({ layer, op }: Address): number => layer * 0x100 + op;

/** Whether two steps run the same program with the same weights, as far as that is known before they run. */
const alike = (a: StepShape, b: StepShape): boolean =>
  a.rows === b.rows &&
  a.sparse === b.sparse &&
  a.modes === b.modes &&
  a.constant === b.constant &&
  a.epoch?.number === b.epoch?.number;
