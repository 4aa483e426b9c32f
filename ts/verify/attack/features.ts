/** What no order of names changes: how many outputs were opened, and how many of them by the tokens before as well. */
import { members, shared } from './overlap.js';
import { groups, type OpenedSets, type OpenedView } from './view.js';

/** Tokens back to which overlaps are counted. */
const LAGS = [1, 2, 3, 4] as const;

/** For each layer the number of neurons and that of heads: what the lengths of messages show. */
export const counts = (sets: OpenedSets, neurons: number): number[] =>
  groups(sets, neurons).map((group) => group.length);

/** The counts of every token. */
export const countsOf = ({ shape, tokens }: OpenedView): Float64Array[] =>
  tokens.map((sets) => Float64Array.from(counts(sets, shape.neurons)));

/** Counts, and overlaps with earlier tokens of the same epoch; NaN where there is none. */
export function invariants({ shape, tokens }: OpenedView, epochTokens: number): Float64Array[] {
  const earlier: Uint8Array[][] = [];
  return tokens.map((sets, t) => {
    const features = counts(sets, shape.neurons);
    for (const lag of LAGS) {
      const before = t % epochTokens >= lag ? earlier[earlier.length - lag] : undefined;
      for (const [layer, set] of sets.entries()) features.push(before ? shared(set, before[layer]) : NaN);
    }
    earlier.push(sets.map(members));
    if (earlier.length > LAGS.length) earlier.shift();
    return Float64Array.from(features);
  });
}
