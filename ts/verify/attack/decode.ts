/** The likeliest sequence of classes, from the chances of each token and the frequencies of pairs: Viterbi's algorithm in a beam. */
import type { Classes } from './classes.js';

const BEAM = 24;

/** @param chances for each token the logarithms of the classes' chances, which already contain the prior */
export function likeliest(classes: Classes, chances: readonly Float64Array[]): Uint16Array {
  const { size, prior } = classes;
  const ends: { states: Uint16Array; from: Uint16Array }[] = [];
  let beam: { state: number; score: number }[] = [];
  for (const row of chances) {
    const scores = new Float64Array(size).fill(-Infinity);
    const from = new Uint16Array(size);
    if (beam.length === 0) scores.set(row);
    for (const [b, { state, score }] of beam.entries()) {
      const after = classes.after(state);
      for (let c = 0; c < size; c++) {
        const total = score + after[c];
        if (total > scores[c]) [scores[c], from[c]] = [total, b];
      }
    }
    if (beam.length > 0) for (let c = 0; c < size; c++) scores[c] += row[c] - prior[c];
    const kept = best(scores, BEAM);
    beam = kept.map((state) => ({ state, score: scores[state] }));
    ends.push({ states: Uint16Array.from(kept), from: Uint16Array.from(kept, (state) => from[state]) });
  }
  const path = new Uint16Array(chances.length);
  for (let t = chances.length - 1, at = 0; t >= 0; at = ends[t].from[at], t--) path[t] = ends[t].states[at];
  return path;
}

/** Positions of the largest values, from the largest down. */
export function best(values: ArrayLike<number>, count: number): number[] {
  const order = Array.from({ length: values.length }, (_, i) => i);
  return order.sort((a, b) => values[b] - values[a] || a - b).slice(0, count);
}
