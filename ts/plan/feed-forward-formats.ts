/** Formats of a layer's feed-forward half: pre-activations, their signs and activations. */
import { bitsFor, HEADROOM, LIFTED } from './bits.js';
import { FIXED, type LayerPlan } from './formats.js';
import type { LayerBuilder } from './layer-builder.js';
import { type BareNorm, productScale } from './norm-formats.js';

/**
 * A sign's table reads the top bits of a wire that is two bits narrower than one for a lift: one bit of headroom less.
 * With 10 bits, half a cell is between 2^-9 and 2^-8 of the calibrated maximum.
 */
const SIGN_TABLE = { bits: 10, narrower: 2 };

/** The feed-forward fields of a layer's plan. */
export type FeedForwardPlan = Pick<
  LayerPlan,
  'kU' | 'fLiftU' | 'sLiftU' | 'fUh' | 'kUh' | 'bias' | 'fused' | 'signTable'
>;

/** The formats of a layer's feed-forward half. */
export function feedForwardPlan(b: LayerBuilder, norm: BareNorm): FeedForwardPlan {
  const { range, scales, stream, biased, variant } = b;
  const sLiftU = norm.sxs;
  const scale = productScale(norm);
  const kU = norm.sxs + scales.up + bitsFor(range.rawUpMax) + LIFTED;
  const fUh = scale - (stream.sx - scales.down);
  // A lift needs two bits above its shift.
  const kUh = Math.max(FIXED.sign.width, fUh + 2, scale + bitsFor(range.uhMax) + LIFTED);
  const signWidth = (biased ? kUh : kU) - SIGN_TABLE.narrower;
  const plan: FeedForwardPlan = {
    kU,
    fLiftU: norm.sxs + scales.up - sLiftU,
    sLiftU,
    fUh,
    kUh,
    ...(biased && { bias: true }),
    ...(variant.fused && !biased && stream.wx + fUh <= 64 && { fused: true }),
    ...(variant.signTable && { signTable: { width: signWidth, bits: SIGN_TABLE.bits } }),
  };
  checkFeedForward(b, norm, plan);
  return plan;
}

function checkFeedForward(
  b: LayerBuilder,
  norm: BareNorm,
  { kU, fLiftU, fUh, kUh, bias, signTable }: FeedForwardPlan,
): void {
  const { name, range, scales, stream, budget } = b;
  budget.add(`${name}.up`, norm.sxs + scales.up, kU, range.rawUpMax, HEADROOM + LIFTED - 1);
  if (signTable) {
    const [scale, max] = bias ? [productScale(norm), range.uhMax] : [norm.sxs + scales.up, range.rawUpMax];
    budget.add(`${name}.sign`, scale, signTable.width, max, HEADROOM);
  }
  budget.add(`${name}.uh`, productScale(norm), kUh, range.uhMax, HEADROOM + LIFTED - 1);
  budget.add(`${name}.a`, stream.sx - scales.down, stream.wx, range.uhMax, HEADROOM);
  budget.require(kU <= stream.wx - norm.fx, `${name}: pre-activations need ${kU} bits`);
  budget.require(Math.min(fLiftU, fUh, stream.sx - scales.down) >= 0, `${name}: a scale of feed-forward would grow`);
  budget.require(kU >= FIXED.sign.width, `${name}: pre-activations need ${FIXED.sign.width} bits for their sign`);
}
