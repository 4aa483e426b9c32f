/** How often an attack is right, and how much of that an adversary without any view would be. */

/** The frequencies that every attack has to beat. */
export interface Tokens {
  readonly prior: Float64Array;
  readonly other: number;
}

/** What an attack reached. Fractions are of 1. */
export interface Outcome {
  /** Tokens that were attacked. */
  readonly tokens: number;
  /** Tokens named exactly; "one of the rare ones" never counts. */
  readonly accuracy: number;
  /** The same for whoever always names the most frequent token of the training text. */
  readonly baselineAccuracy: number;
  readonly advantage: number;
  /** Whether the advantage is more than two standard errors of the baseline. */
  readonly beatsBaseline: boolean;
  /** Bits that the view tells of a token's class beyond its frequency; negative where the adversary is misled. Probabilistic attacks only. */
  readonly bitsPerToken?: number;
}

/** What was guessed of a token, and what it is; `logChance` is of the latter. */
export interface Answer {
  readonly guess: number;
  readonly label: number;
  readonly logChance?: number;
}

/** Guesses the likeliest token that has a class of its own. */
export function answer({ other }: Tokens, logChances: Float64Array, label: number): Answer {
  let guess = 0;
  for (let c = 1; c < other; c++) if (logChances[c] > logChances[guess]) guess = c;
  return { guess, label, logChance: logChances[label] };
}

/** Of guessed classes. */
export function outcome({ prior, other }: Tokens, answers: readonly Answer[]): Outcome {
  let right = 0;
  let frequent = 0;
  let nats: number | undefined = 0;
  for (const { guess, label, logChance } of answers) {
    if (guess === label && label !== other) right++;
    if (label === 0) frequent++;
    nats = logChance === undefined || nats === undefined ? undefined : nats + logChance - prior[label];
  }
  return {
    ...rates(right, frequent, answers.length),
    ...(nats !== undefined && { bitsPerToken: nats / Math.LN2 / Math.max(answers.length, 1) }),
  };
}

/** From counts: right guesses, occurrences of the most frequent token, tokens. */
export function rates(right: number, frequent: number, tokens: number): Outcome {
  const of = (n: number): number => (tokens === 0 ? 0 : n / tokens);
  const [accuracy, baselineAccuracy] = [of(right), of(frequent)];
  // A baseline of 0 would have no error: as if one occurrence more had been seen.
  const error = Math.sqrt((frequent + 1) / (tokens + 1) / Math.max(tokens, 1));
  return {
    tokens,
    accuracy,
    baselineAccuracy,
    advantage: accuracy - baselineAccuracy,
    beatsBaseline: accuracy - baselineAccuracy > 2 * error,
  };
}
