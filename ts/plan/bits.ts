/** How many bits a magnitude and a weight need: the rules that all formats share (docs/errors.md). */
import { CELL_BITS, type CellBits } from './formats.js';
import type { WeightRms } from './ranges.js';

/** Bits of headroom over the calibrated maxima: activations twice as large as any seen still fit. */
export const HEADROOM = 1;

/** Bits above the magnitude of a wire that is lifted: two for the lift, one of headroom, because nothing checks it later. */
export const LIFTED = 3;

/** Bits below the point of attention's output, at least. */
export const LEAST_OUTPUT_BITS = 28;

/** Bits above the point for magnitudes up to `max`, headroom included, sign excluded. */
export const bitsFor = (max: number): number => Math.ceil(Math.log2(max * 2 ** HEADROOM));

/** So many digits that sum to a width, alike, the widest first. */
export const evenDigits = (width: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor((width + count - 1 - i) / count));

/** Scale of weights of this root mean square: such a weight gets 7 to 8 bits, 0.2 % of rounding error, far less in a sum. */
export const weightScale = (rms: number): number => Math.max(8, Math.min(13, 8 - Math.ceil(Math.log2(rms))));

/** Scales of the matrices that make a post-norm layer's residual. The first layer's may be finer: its centring must show. */
export const skipScales = (skip: WeightRms['skip'], first: boolean): { a: number; b: number } | undefined =>
  skip && {
    a: first ? Math.max(8, Math.min(17, 8 - Math.ceil(Math.log2(skip.a)))) : weightScale(skip.a),
    b: weightScale(skip.b),
  };

/** Scales of a layer's weights. */
export interface WeightScales {
  readonly qkv: number;
  readonly o: number;
  readonly up: number;
  readonly down: number;
  readonly gate?: number;
  readonly skip?: { readonly a: number; readonly b: number };
}

/** The scales of a layer's weights from their size. */
export const weightScales = (weights: WeightRms, first: boolean): WeightScales => ({
  qkv: weightScale(weights.qkv),
  o: weightScale(weights.o),
  up: weightScale(weights.up),
  down: weightScale(weights.down),
  ...(weights.gate !== undefined && { gate: weightScale(weights.gate) }),
  skip: skipScales(weights.skip, first),
});

/**
 * Hands the bits below the point of `p v` to the public factor of p, its table entries, and v, so that their rounding
 * errors (relative to p, absolute in p, relative to v) stay alike: docs/errors.md.
 */
export function productScales(bits: number, cellBits: CellBits): { exp2: { p: number; q: number }; sV: number } {
  // The factor and the entries of a cell twice as large need a bit more each.
  const large = 3 * (cellBits - CELL_BITS);
  const exp2 = { p: Math.floor((bits - 2 + large) / 3), q: Math.floor((bits + 8 + large) / 3) };
  return { exp2, sV: bits - exp2.p - exp2.q };
}
