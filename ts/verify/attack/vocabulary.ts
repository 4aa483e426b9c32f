/**
 * Greedy vocabulary matching with known weights: for each token of a session, the word of the vocabulary that would have opened sets like
 * those that were seen, after the words found before. With names (control) the sets are compared; without, only how many they are and how
 * many they share with earlier tokens of the epoch.
 */
import { pause } from '../../core/pause.js';
import { best } from './decode.js';
import type { Mitigation } from './mitigations.js';
import { Noise } from './noise.js';
import { members, shared } from './overlap.js';
import type { Guessing, PublicModel } from './public-model.js';
import { Random } from './random.js';
import { groups, type OpenedSets, type OpenedView } from './view.js';

/** Words that are run through the whole model, those with the likeliest first layer: few where there is much to compare. */
const SHORTLIST = 8;
/** At the start of an epoch, where nothing but counts can be compared. */
const LONG_SHORTLIST = 64;
/** Earlier tokens that are compared. */
const BACK = 16;
/** Training tokens from which the effect of padding is learned. */
const LEARNED = 256;

type Groups = readonly Uint16Array[];

/** A line through what the adversary computes and what is opened, with the spread around it. */
interface Line {
  readonly slope: number;
  readonly start: number;
  readonly spread: number;
}

/** What the adversary expects of padding, for every group. */
export interface Expected {
  readonly counts: readonly Line[];
  readonly overlaps: readonly Line[];
  readonly noise: readonly Noise[];
}

/** Learns what a mitigation does to counts and overlaps from text that the adversary has. */
export function expectations({ shape, tokens }: OpenedView, mitigation: Mitigation, seed: number): Expected {
  const coarse = mitigation.coarseShape(shape);
  const random = new Random(seed);
  const pairs = tokens.slice(0, LEARNED).map((sets) => {
    const plain = mitigation.coarse(sets);
    const opened = mitigation.pad(plain, coarse, random);
    return { plain: groups(plain, coarse.neurons), opened: groups(opened, coarse.neurons) };
  });
  const each = <T>(of: (group: number) => T): T[] => Array.from({ length: 2 * coarse.layers }, (_, g) => of(g));
  const sizes = (group: number) => pairs.map(({ plain, opened }) => [plain[group].length, opened[group].length]);
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  return {
    counts: each((group) => line(sizes(group))),
    overlaps: each((group) =>
      line(
        pairs.slice(1).map(({ plain, opened }, i) => {
          const before = pairs[i];
          return [
            shared(plain[group], members(before.plain[group])),
            shared(opened[group], members(before.opened[group])),
          ];
        }),
      ),
    ),
    noise: each((group) => {
      const names = group % 2 === 0 ? coarse.neurons : coarse.heads;
      return new Noise(names, mean(sizes(group).map(([plain]) => plain)), mean(sizes(group).map(([, seen]) => seen)));
    }),
  };
}

/** Least squares. The spread is at least 1: where floats and the protocol round differently, an index comes or goes. */
function line(points: readonly (readonly number[])[]): Line {
  const n = points.length;
  const mean = (of: (point: readonly number[]) => number): number => points.reduce((sum, p) => sum + of(p), 0) / n;
  const [x, y] = [mean((p) => p[0]), mean((p) => p[1])];
  const variance = mean((p) => (p[0] - x) ** 2);
  const slope = variance > 0 ? mean((p) => (p[0] - x) * (p[1] - y)) / variance : 0;
  const start = y - slope * x;
  return { slope, start, spread: Math.max(1, Math.sqrt(mean((p) => (p[1] - start - slope * p[0]) ** 2))) };
}

/** How to guess. */
export interface VocabularyOptions {
  readonly model: PublicModel;
  readonly mitigation: Mitigation;
  readonly expected: Expected;
  /** Whether the sets are opened under the outputs' own names. */
  readonly named: boolean;
  /** The session's own words, where the adversary always knows those before the one that is guessed. */
  readonly known?: readonly number[];
  /** Where the session begins in the text: epochs are counted from the text's start. */
  readonly start: number;
  readonly signal?: AbortSignal;
}

/** The words of a session, from its start on. @throws CometError `E_ABORTED`. */
export async function guessWords(opened: readonly OpenedSets[], options: VocabularyOptions): Promise<number[]> {
  const { model, mitigation, expected, named, known, start, signal } = options;
  const { neurons } = mitigation.coarseShape(model.shape);
  const guessing = model.begin();
  const words: number[] = [];
  const past: Past[] = [];
  for (const [position, sets] of opened.entries()) {
    await pause(signal);
    const seen = groups(sets, neurons);
    const sinceEpoch = (start + position) % mitigation.epochTokens;
    const before = past.slice(Math.max(0, position - Math.min(BACK, sinceEpoch)));
    const fit = named ? byName(expected, seen) : byProfile(expected, seen, before);
    const firsts = model.firstLayer(position).map((set) => fit(mitigation.coarse([set])));
    const shortlist = best(firsts, named || before.length > 0 ? SHORTLIST : LONG_SHORTLIST);
    const word = likeliestOf(shortlist, guessing, (sets) => fit(groups(mitigation.coarse(sets), neurons)));
    const accepted = known?.[position] ?? word;
    past.push({ seen, plain: groups(mitigation.coarse(guessing.sets(accepted)), neurons).map(members) });
    guessing.accept(accepted);
    words.push(word);
  }
  return words;
}

/** An earlier token: what was seen of it, and what its guess would open. */
interface Past {
  readonly seen: Groups;
  readonly plain: readonly Uint8Array[];
}

function likeliestOf(shortlist: readonly number[], guessing: Guessing, fit: (sets: OpenedSets) => number): number {
  const fits = shortlist.map((word) => fit(guessing.sets(word)));
  return shortlist[best(fits, 1)[0]];
}

/** How well the groups that a word would open fit those seen; of some groups, from the first on. */
type Fit = (plain: Groups) => number;

function byName({ noise }: Expected, seen: Groups): Fit {
  const bytes = seen.map(members);
  return (plain) =>
    plain.reduce(
      (sum, group, i) => sum + noise[i].logLikelihood(shared(group, bytes[i]), group.length, seen[i].length),
      0,
    );
}

function byProfile({ counts, overlaps }: Expected, seen: Groups, before: readonly Past[]): Fit {
  const miss = ({ slope, start, spread }: Line, plain: number, opened: number): number =>
    ((opened - start - slope * plain) / spread) ** 2;
  const overlapping = before.map((token) => seen.map((group, i) => shared(group, members(token.seen[i]))));
  return (plain) => {
    let misses = 0;
    for (const [i, group] of plain.entries()) {
      misses += miss(counts[i], group.length, seen[i].length);
      for (const [b, token] of before.entries())
        misses += miss(overlaps[i], shared(group, token.plain[i]), overlapping[b][i]);
    }
    return -misses;
  };
}
