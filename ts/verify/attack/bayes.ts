/** Naive Bayes over the bits "this output was opened", layer by layer. */
import type { OpenedSets, ViewShape } from './view.js';

/** Counts that the rate over all tokens lends to the rate of every class. */
const LENT = 2;

/** Which outputs are known by name: for each layer a byte an output. */
export type Known = readonly Uint8Array[];

export class BitBayes {
  private constructor(
    readonly shape: ViewShape,
    readonly classes: number,
    /** For each output and class, the logarithm of the chance not to be opened, and of the odds to be. */
    private readonly silent: Float32Array,
    private readonly odds: Float32Array,
  ) {}

  static train(shape: ViewShape, tokens: readonly OpenedSets[], labels: Uint16Array, classes: number): BitBayes {
    const outputs = shape.neurons + shape.heads;
    const counts = new Float32Array(shape.layers * outputs * classes);
    const sizes = new Float64Array(classes);
    for (const [t, sets] of tokens.entries()) {
      sizes[labels[t]]++;
      for (const [layer, set] of sets.entries())
        for (const index of set) counts[(layer * outputs + index) * classes + labels[t]]++;
    }
    const silent = new Float32Array(counts.length);
    const odds = new Float32Array(counts.length);
    for (let at = 0; at < counts.length; at += classes) {
      let total = 0;
      for (let c = 0; c < classes; c++) total += counts[at + c];
      const rate = (total + 0.5) / (tokens.length + 1);
      for (let c = 0; c < classes; c++) {
        const chance = (counts[at + c] + LENT * rate) / (sizes[c] + LENT);
        silent[at + c] = Math.log(1 - chance);
        odds[at + c] = Math.log(chance) - silent[at + c];
      }
    }
    return new BitBayes(shape, classes, silent, odds);
  }

  /** The scores of a token of which nothing is opened, where some outputs or all are known. */
  nothing(known?: Known): Float32Array {
    const { layers, neurons, heads } = this.shape;
    const { classes, silent } = this;
    const base = new Float32Array(layers * classes);
    for (let layer = 0; layer < layers; layer++) {
      for (let index = 0; index < neurons + heads; index++) {
        if (known && !known[layer][index]) continue;
        const at = (layer * (neurons + heads) + index) * classes;
        for (let c = 0; c < classes; c++) base[layer * classes + c] += silent[at + c];
      }
    }
    return base;
  }

  /** Logarithms of the likelihood of a token's sets, `layers x classes`. `nothing` is of the outputs that the sets can have. */
  scores(sets: OpenedSets, nothing: Float32Array): Float32Array {
    const { classes, odds } = this;
    const outputs = this.shape.neurons + this.shape.heads;
    const scores = nothing.slice();
    for (const [layer, set] of sets.entries()) {
      const sums = scores.subarray(layer * classes, (layer + 1) * classes);
      const row = (i: number): number => (layer * outputs + set[i]) * classes;
      let i = 0;
      // Four at a time, because most of the time goes into the sums' way to memory and back.
      for (; i + 4 <= set.length; i += 4) {
        const [p, q, r, s] = [row(i), row(i + 1), row(i + 2), row(i + 3)];
        for (let c = 0; c < classes; c++) sums[c] += odds[p + c] + odds[q + c] + (odds[r + c] + odds[s + c]);
      }
      for (; i < set.length; i++) for (let c = 0, at = row(i); c < classes; c++) sums[c] += odds[at + c];
    }
    return scores;
  }
}
