/** Merges of byte pair encoding, from a list or from the scores of a SentencePiece-like vocabulary. */
import { CometError } from '../../core/errors.js';

export type Merge = readonly [left: string, right: string];

/** Merges as GGUF files list them: two tokens with a space between; the first may begin with one. @throws CometError `E_CHECKPOINT`. */
export function parseMerges(list: readonly string[], vocab: ReadonlyMap<string, number>, path: string): Merge[] {
  return list.map((merge, i) => {
    const at = merge.indexOf(' ', 1);
    const [left, right] = [merge.slice(0, at), merge.slice(at + 1)];
    if (at < 0 || ![left, right, left + right].every((token) => vocab.has(token)))
      throw new CometError('E_CHECKPOINT', `${path}: merge ${i} of tokenizer.ggml.merges is not made of its tokens`);
    return [left, right];
  });
}

/** A token of two others. */
interface Way {
  readonly merge: Merge;
  readonly score: number;
  /** Characters of the two. */
  readonly lengths: readonly number[];
}

/**
 * All ways to make a token of two others, the token of the highest score first: the rule of `generate_merges` in transformers.
 * @param mergeable tokens that text may become, with their scores
 */
export function mergesByScore(mergeable: ReadonlyMap<string, number>, vocab: ReadonlyMap<string, number>): Merge[] {
  const found: Way[] = [];
  for (const [token, score] of mergeable) {
    const characters = [...token];
    const ways: Way[] = [];
    for (let at = 1; at < characters.length; at++) {
      const merge: Merge = [characters.slice(0, at).join(''), characters.slice(at).join('')];
      if (merge.every((part) => vocab.has(part))) ways.push({ merge, score, lengths: [at, characters.length - at] });
    }
    const ids = ({ merge }: Way): number[] => merge.map((part) => vocab.get(part)!);
    found.push(...ways.sort((a, b) => compare(ids(a), ids(b))));
  }
  // Sorting is stable: ways that differ in nothing here stay in the order of the vocabulary.
  return found.sort((a, b) => compare([b.score, ...b.lengths], [a.score, ...a.lengths])).map(({ merge }) => merge);
}

/** By the first numbers that differ. */
function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : a[at] - b[at];
}
