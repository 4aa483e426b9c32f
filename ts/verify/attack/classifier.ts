/** Tokens' classes from what is opened of each: trained on text that the adversary has, then fitted on a part kept apart. */
import { pause } from '../../core/pause.js';
import { BitBayes, type Known } from './bayes.js';
import type { Classes } from './classes.js';
import { likeliest } from './decode.js';
import { Gauss } from './gauss.js';
import { type Answer, answer, type Outcome, outcome } from './score.js';
import { Stack } from './stack.js';
import type { OpenedSets, OpenedView } from './view.js';

/** Text with labels that the adversary learns from. The part from `kept` on is for fitting. */
export interface Lesson {
  readonly classes: Classes;
  readonly labels: Uint16Array;
  readonly kept: number;
}

/** A tenth of the text is kept for fitting, up to so many tokens. */
const KEPT = 800;
/** Tokens between two looks at the signal. */
const CHUNK = 512;

/** @param ids the adversary's text */
export function lesson(classes: Classes, ids: readonly number[]): Lesson {
  return { classes, labels: classes.labels(ids), kept: ids.length - Math.min(KEPT, Math.ceil(ids.length / 10)) };
}

/** Logarithms of the chances of all classes, from one thing that is seen of a token. */
export type Classify<T> = (seen: T) => Float64Array;

/** Learns from the sets themselves. */
export class SetClassifier {
  readonly #nothing: Float32Array;

  private constructor(
    private readonly bayes: BitBayes,
    private readonly stack: Stack,
  ) {
    this.#nothing = bayes.nothing();
  }

  static train({ classes, labels, kept }: Lesson, { shape, tokens }: OpenedView): SetClassifier {
    const bayes = BitBayes.train(shape, tokens.slice(0, kept), labels, classes.size);
    const nothing = bayes.nothing();
    const samples = tokens.slice(kept).map((sets) => bayes.scores(sets, nothing));
    return new SetClassifier(bayes, Stack.fit(classes.prior, samples, labels.subarray(kept)));
  }

  readonly classify: Classify<OpenedSets> = (sets) => this.stack.logChances(this.bayes.scores(sets, this.#nothing));

  /** For sets that contain known outputs only. */
  among(known: Known): Classify<OpenedSets> {
    const nothing = this.bayes.nothing(known);
    return (sets) => this.stack.logChances(this.bayes.scores(sets, nothing));
  }
}

/** Learns from a few numbers of each token. */
export function numberClassifier({ classes, labels, kept }: Lesson, samples: readonly Float64Array[]) {
  const gauss = Gauss.train(samples.slice(0, kept), labels, classes.size);
  const scores = samples.slice(kept).map((sample) => gauss.scores(sample));
  const stack = Stack.fit(classes.prior, scores, labels.subarray(kept));
  return (sample: Float64Array): Float64Array => stack.logChances(gauss.scores(sample));
}

/** Token by token, and as a sequence with the frequencies of pairs. @throws CometError `E_ABORTED`. */
export async function test<T>(
  classes: Classes,
  classify: Classify<T>,
  seen: readonly T[],
  labels: Uint16Array,
  signal?: AbortSignal,
): Promise<{ each: Outcome; sequence: Outcome; answers: Answer[] }> {
  const chances: Float64Array[] = [];
  for (let from = 0; from < seen.length; from += CHUNK) {
    await pause(signal);
    for (const item of seen.slice(from, from + CHUNK)) chances.push(classify(item));
  }
  const answers = chances.map((row, t) => answer(classes, row, labels[t]));
  const path = likeliest(classes, chances);
  const sequence = answers.map(({ guess, label }, t) => ({
    label,
    guess: path[t] === classes.other ? guess : path[t],
  }));
  return {
    each: outcome(classes, answers),
    sequence: outcome(classes, sequence),
    answers,
  };
}
