/**
 * Which neurons and heads sparse steps computed, in the model's own order, from the bits that the parties opened; and which of them floats
 * would compute. Written from docs/protocol.md section 5, without the gates.
 */
import { OP } from '../../ts/core/address.js';
import { FIXED, type Plan } from '../../ts/plan/formats.js';
import type { Shape } from '../../ts/plan/shape.js';
import type { Predictors } from '../../ts/predict/predictor.js';
import type { LayerOrder } from '../../ts/provision/owned.js';
import type { Only } from './random-model.js';

/** Bits of one layer in one step, as they were opened: a row for each row of the step; a predictor's, or the signs of an exact layer. */
export interface Opened {
  readonly layer: number;
  readonly op: number;
  readonly bits: ArrayLike<number | bigint>;
}

/** Sets by layer and position. Rows of a step replace what there was from its position on. */
export class Sets implements Only {
  readonly #neurons: boolean[][][];
  readonly #heads: boolean[][][];
  readonly #signs: (readonly boolean[])[][];

  constructor(
    private readonly shape: Shape,
    private readonly orders: readonly LayerOrder[],
  ) {
    this.#neurons = Array.from({ length: shape.layers }, () => []);
    this.#heads = Array.from({ length: shape.layers }, () => []);
    this.#signs = Array.from({ length: shape.layers }, () => []);
  }

  #add(position: number, rows: number, { layer, op, bits }: Opened, padded?: Plan): void {
    const { ffn, heads, layers } = this.shape;
    const predicted = op === OP.predBit;
    const budget = predicted ? padded?.layers[layer].predictor!.budget : undefined;
    const outputs = predicted && budget === undefined && layer + 1 < layers ? ffn + heads : ffn;
    if (bits.length !== rows * outputs) throw new Error(`${bits.length} bits for ${rows} rows of ${outputs}`);
    for (let row = 0; row < rows; row++) {
      const ones = Array.from({ length: outputs }, (_, i) => Number(bits[row * outputs + i]) === 1);
      if (budget !== undefined) level(ones, budget);
      const own = (from: number, order: Uint32Array): boolean[] => {
        const set: boolean[] = [];
        order.forEach((original, i) => (set[original] = ones[from + i]));
        return set;
      };
      (predicted ? this.#neurons : this.#signs)[layer][position + row] = own(0, this.orders[layer].neurons);
      if (outputs > ffn) this.#heads[layer + 1][position + row] = own(ffn, this.orders[layer + 1].heads);
    }
  }

  /**
   * Takes a step in which these layers revealed something, in order. The others, and those that revealed signs, computed everything.
   * @param padded of a step with a constant budget: the plan, which says how many neurons each row computes
   */
  add(position: number, rows: number, opened: readonly Opened[], padded?: Plan): void {
    for (let at = position; at < position + rows; at++) {
      for (const sets of this.#neurons) sets[at] = Array<boolean>(this.shape.ffn).fill(true);
      for (const sets of this.#heads) sets[at] = Array<boolean>(this.shape.heads).fill(true);
      for (const sets of this.#signs) delete sets[at];
    }
    for (const each of opened) this.#add(position, rows, each, padded);
  }

  /** Which neurons of an exact layer were not negative; undefined for other layers. */
  sign = (layer: number, position: number, neuron: number): boolean | undefined =>
    this.#signs[layer][position]?.[neuron];

  neuron = (layer: number, position: number, neuron: number): boolean => this.#neurons[layer][position][neuron];
  /** The heads of the first layer are all computed. */
  head = (layer: number, position: number, head: number): boolean => layer === 0 || this.#heads[layer][position][head];

  /** How many neurons, and how many heads after the first layer, some positions compute. */
  count(): { neurons: number; heads: number } {
    const sum = (sets: readonly (readonly (readonly boolean[])[])[]): number => sets.flat(2).filter(Boolean).length;
    return { neurons: sum(this.#neurons), heads: sum(this.#heads.slice(1)) };
  }
}

/** Section 5.1: as many ones as everybody knows, by filling up from the front or dropping from the end. */
function level(ones: boolean[], budget: number): void {
  const cols = ones.length;
  const wanted = Math.min(cols, budget + Math.ceil(4 * Math.sqrt(Math.max(0, budget * (1 - budget / cols)))));
  const count = (): number => ones.filter(Boolean).length;
  while (count() < wanted) ones[ones.indexOf(false)] = true;
  while (count() > wanted) ones[ones.lastIndexOf(true)] = false;
}

/** How many keys of earlier positions each step had to compute: what a head had missed until it was active again. */
export function refills(
  { layers, heads }: Shape,
  only: Only,
  steps: readonly { readonly position: number; readonly rows: number }[],
): number[] {
  const counts = steps.map(() => 0);
  for (let layer = 0; layer < layers; layer++)
    for (let head = 0; head < heads; head++) {
      const filled: boolean[] = [];
      for (const [i, { position, rows }] of steps.entries()) {
        filled.length = Math.min(filled.length, position);
        let end = -1;
        for (let at = position; at < position + rows; at++) if (only.head(layer, at, head)) end = at;
        for (let at = 0; at <= end; at++) {
          if (at < position && !filled[at]) counts[i]++;
          filled[at] = true;
        }
      }
    }
  return counts;
}

/** What floats choose, beside how far each score is from its threshold. */
export interface Choice {
  readonly neurons: boolean;
  readonly layer: number;
  readonly position: number;
  readonly index: number;
  readonly margin: number;
}

/** Scores of the inputs of a layer's attention, normalised: every output of every position. */
export function choices({ shape, layers }: Predictors, inputs: readonly (readonly (readonly number[])[])[]): Choice[] {
  return layers.flatMap(({ rank, down, up, thresholds }, layer) =>
    inputs[layer].flatMap((x, position) => {
      const inner = Array.from({ length: rank }, (_, k) => x.reduce((sum, v, i) => sum + v * down[i * rank + k], 0));
      return Array.from(thresholds, (threshold, j): Choice => {
        const score = inner.reduce((sum, v, k) => sum + v * up[k * thresholds.length + j], 0);
        const neurons = j < shape.ffn;
        const place = neurons ? { layer, index: j } : { layer: layer + 1, index: j - shape.ffn };
        return { ...place, neurons, position, margin: score - threshold };
      });
    }),
  );
}

/** How far a score may be from its threshold on the wrong side: rounding of what it is made of, and a unit of the comparison or two. */
export const toleranceOf = ({ layers }: Plan): number =>
  0.1 +
  2 * Math.max(...layers.flatMap(({ predictor }) => {
    if (!predictor) return [];
    const { kScore, fHidden, swUp } = predictor;
    return 2 ** (kScore - FIXED.predicted.width - (28 - fHidden + swUp));
  })); // prettier-ignore

/** Choices that are not those of `sets`, although the score is further from its threshold than `tolerance`. */
export const wrongChoices = (all: readonly Choice[], sets: Only, tolerance: number): Choice[] =>
  all.filter(
    ({ neurons, layer, position, index, margin }) =>
      Math.abs(margin) > tolerance && (neurons ? sets.neuron : sets.head)(layer, position, index) !== margin > 0,
  );
