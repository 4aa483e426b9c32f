/**
 * Rotary position embeddings: queries and keys of a position are rotated, pair by pair, before they are multiplied. Values `i` and
 * `i + dims / 2` of a head are a pair; values from `dims` on are not rotated. Kinds and formulas are those of `transformers`.
 */

/** By what a model rotates. */
export interface Rope {
  /** Radians a position, one for each rotated pair; each is an f32. */
  readonly frequencies: readonly number[];
}

/** How the frequencies of a model follow from its base. */
export type RopeScaling =
  | { readonly kind: 'default' }
  | { readonly kind: 'linear'; readonly factor: number }
  | Llama3
  | Yarn
  | { readonly kind: 'longrope'; readonly factors: readonly number[] };

/** Long wavelengths are divided by `factor`, short ones are not, those between in part. */
export interface Llama3 {
  readonly kind: 'llama3';
  readonly factor: number;
  readonly lowFrequency: number;
  readonly highFrequency: number;
  /** Of the first training, in tokens. */
  readonly context: number;
}

/** The same by the number of turns within a context; the bounds are whole pairs where `truncate` is true. */
export interface Yarn {
  readonly kind: 'yarn';
  readonly factor: number;
  readonly betaFast: number;
  readonly betaSlow: number;
  readonly truncate: boolean;
  readonly context: number;
}

/**
 * The frequencies of `dims / 2` pairs.
 * @param theta the base
 * @param dims rotated values of a head, an even number
 */
export function ropeOf(theta: number, dims: number, scaling: RopeScaling = { kind: 'default' }): Rope {
  const bare = Array.from({ length: dims / 2 }, (_, i) => theta ** ((-2 * i) / dims));
  return { frequencies: scaled(bare, theta, scaling).map(Math.fround) };
}

function scaled(bare: readonly number[], theta: number, scaling: RopeScaling): number[] {
  switch (scaling.kind) {
    case 'default':
      return [...bare];
    case 'linear':
      return bare.map((frequency) => frequency / scaling.factor);
    case 'llama3':
      return bare.map((frequency) => llama3(frequency, scaling));
    case 'yarn':
      return yarn(bare, theta, scaling);
    case 'longrope':
      return bare.map((frequency, i) => frequency / scaling.factors[i]);
  }
}

function llama3(frequency: number, { factor, lowFrequency, highFrequency, context }: Llama3): number {
  const turns = (context * frequency) / (2 * Math.PI);
  if (turns > highFrequency) return frequency;
  if (turns < lowFrequency) return frequency / factor;
  const smooth = (turns - lowFrequency) / (highFrequency - lowFrequency);
  return (1 - smooth) * (frequency / factor) + smooth * frequency;
}

function yarn(bare: readonly number[], theta: number, scaling: Yarn): number[] {
  const { factor, betaFast, betaSlow, truncate, context } = scaling;
  const dims = 2 * bare.length;
  const pairOf = (turns: number): number => (dims * Math.log(context / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = [pairOf(betaFast), pairOf(betaSlow)];
  const low = Math.max(truncate ? Math.floor(first) : first, 0);
  const high = Math.min(truncate ? Math.ceil(last) : last, dims - 1);
  const width = high === low ? 0.001 : high - low;
  return bare.map((frequency, i) => {
    const slowed = Math.min(1, Math.max(0, (i - low) / width));
    return (frequency / factor) * slowed + frequency * (1 - slowed);
  });
}

/** By what `yarn` multiplies rotated queries and keys unless told otherwise. */
export const yarnFactor = (factor: number, scale = 1): number => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);

/** By what `longrope` does, for a context of `factor` times the one of the first training. */
export const longropeFactor = (factor: number, context: number): number =>
  factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(context));
