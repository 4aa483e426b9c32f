/**
 * Variants of a layer's program that trade rounds, bytes between the servers, bytes from the dealer and error against each other
 * (docs/protocol.md section 3.2). A plan is made for one of them; what it chose is in the plan, so all parties run the same.
 */

/** What a variant changes of the program of section 3. */
export interface Variant {
  /** A neuron's bit, `r` and its lifted pre-activation are multiplied at once; not where `r` comes before the sign (biases). */
  readonly fused: boolean;
  /** Signs are looked up in one table instead of compared digit by digit. */
  readonly signTable: boolean;
  /** Cells of exp are twice as large, so its tables have half as many entries. */
  readonly largeCells: boolean;
}

/** By name; `digits` is the program of section 3. */
export const VARIANTS = {
  digits: { fused: false, signTable: false, largeCells: false },
  fused: { fused: true, signTable: false, largeCells: false },
  tables: { fused: true, signTable: true, largeCells: false },
  thin: { fused: false, signTable: false, largeCells: true },
  'tables-thin': { fused: true, signTable: true, largeCells: true },
} as const satisfies Record<string, Variant>;

export type VariantName = keyof typeof VARIANTS;
export const VARIANT_NAMES = Object.keys(VARIANTS) as [VariantName, ...VariantName[]];
