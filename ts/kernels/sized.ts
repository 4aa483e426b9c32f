/** Weights in words of one of two sizes. */

/** What matrices and vectors have in common. */
interface Sized<S> {
  low32(): S;
  free(): void;
}

/** The weights in words of 64 or 32 bits; in the second case they take the place of what they are made from. */
export function inWords<S extends Sized<S>>(weights: S, bits: number): S {
  if (bits === 64) return weights;
  const low = weights.low32();
  weights.free();
  return low;
}
