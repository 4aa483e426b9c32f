/** Formats of a layer's feed-forward half: pre-activations, their signs and activations. */
import { bitsFor, evenDigits, HEADROOM, LIFTED } from './bits.js';
import { FIXED, type LayerPlan, signWidth } from './formats.js';
import type { LayerBuilder } from './layer-builder.js';
import { type BareNorm, leastRms, productScale } from './norm-formats.js';

/**
 * A sign's table reads the top bits of a wire that is two bits narrower than one for a lift: one bit of headroom less.
 * With 10 bits, half a cell is between 2^-9 and 2^-8 of the calibrated maximum.
 */
export const SIGN_TABLE = { bits: 10, narrower: 2 };

/** Bits below a typical pre-activation of the smallest row that its sign is told from: one in a hundred is nearer to zero. */
const SIGN_BITS = 5;

/** The feed-forward fields of a layer's plan. */
export type FeedForwardPlan = Pick<
  LayerPlan,
  'kU' | 'fLiftU' | 'sLiftU' | 'fUh' | 'kUh' | 'bias' | 'fused' | 'signDigits' | 'signTable' | 'gate'
>;

/**
 * The formats of a layer's feed-forward half.
 * @param lifts whether a norm's output is lifted beside it: one product with signs by table leaves no round for that
 */
export function feedForwardPlan(b: LayerBuilder, norm: BareNorm, lifts: boolean): FeedForwardPlan {
  const { range, scales, stream, biased, variant } = b;
  const sLiftU = norm.sxs;
  const scale = productScale(norm);
  const kU = norm.sxs + scales.up + bitsFor(range.rawUpMax) + LIFTED;
  const fUh = scale - (stream.sx - scales.down);
  // A lift needs two bits above its shift.
  const kUh = Math.max(FIXED.sign.width, fUh + 2, scale + bitsFor(range.uhMax) + LIFTED);
  const compared = biased ? kUh : kU;
  const digits = digitsOfSign(b, compared, biased ? scale : norm.sxs + scales.up, biased);
  const fused = variant.fused && !biased && stream.wx + fUh <= 64;
  const table = variant.signTable && !digits && (biased || (fused && !lifts));
  const plan: FeedForwardPlan = {
    kU,
    fLiftU: norm.sxs + scales.up - sLiftU,
    sLiftU,
    fUh,
    kUh,
    ...(biased && { bias: true }),
    ...(fused && { fused: true }),
    ...(digits && { signDigits: digits }),
    ...(table && { signTable: { width: compared - SIGN_TABLE.narrower, bits: SIGN_TABLE.bits } }),
  };
  checkFeedForward(b, norm, plan);
  return plan;
}

/**
 * Digits of the sign of a wire of `width` bits whose values have this scale, where its top 16 bits show too little of the smallest row's.
 * As many digits as there are of 16 bits, so that no more is opened. `normed`: `r` has been multiplied.
 */
export function digitsOfSign(
  { range, weights, shape }: Pick<LayerBuilder, 'range' | 'weights' | 'shape'>,
  width: number,
  scale: number,
  normed: boolean,
): readonly number[] | undefined {
  const rms = weights.gate ?? weights.up;
  const typical = rms * Math.sqrt(shape.width) * (normed ? 1 : leastRms(range.normB, shape.width));
  const seen = Math.min(width, width - scale - Math.floor(Math.log2(typical)) + SIGN_BITS);
  return seen > FIXED.sign.width ? evenDigits(seen - 1, FIXED.sign.digits.length) : undefined;
}

function checkFeedForward(b: LayerBuilder, norm: BareNorm, plan: FeedForwardPlan): void {
  const { name, range, scales, stream, budget } = b;
  const { kU, fLiftU, fUh, kUh, bias, signTable } = plan;
  budget.add(`${name}.up`, norm.sxs + scales.up, kU, range.rawUpMax, HEADROOM + LIFTED - 1);
  if (signTable) {
    const [scale, max] = bias ? [productScale(norm), range.uhMax] : [norm.sxs + scales.up, range.rawUpMax];
    budget.add(`${name}.sign`, scale, signTable.width, max, HEADROOM);
  }
  budget.add(`${name}.uh`, productScale(norm), kUh, range.uhMax, HEADROOM + LIFTED - 1);
  budget.add(`${name}.a`, stream.sx - scales.down, stream.wx, range.uhMax, HEADROOM);
  budget.require(kU <= stream.wx - norm.fx, `${name}: pre-activations need ${kU} bits`);
  budget.require(Math.min(fLiftU, fUh, stream.sx - scales.down) >= 0, `${name}: a scale of feed-forward would grow`);
  budget.require(kU >= signWidth(plan), `${name}: pre-activations need ${signWidth(plan)} bits for their sign`);
}
