/**
 * The fixed point in which a protocol can score: `x` and `down` rounded to their units, `r·(x down)` opened in units of `hidden`, `up`
 * rounded to its unit, and a score less its threshold compared with zero in units of `margin`, of a width that has room for its peak.
 */
import { FIXED } from '../plan/formats.js';
import type { LayerPredictor } from './predictor.js';

/** Fractional bits of a layer's predictor. */
export interface PredictorScales {
  readonly input: number;
  readonly down: number;
  /** Of the values between the two products, after the norm's factor. */
  readonly hidden: number;
  readonly up: number;
  /** Of a score less its threshold, at most `hidden + up`. */
  readonly margin: number;
  /** Integer bits of a score less its threshold, without the sign: it lies within `±2^range`. */
  readonly range: number;
}

const INPUT = 11;
/** Magnitude bits of the rms of a matrix, and of the largest hidden value. */
const MATRIX = 7;
const HIDDEN = 8;
/** Most fractional bits of the second product. */
const PRODUCT = 11;
/** Bits of what is compared, without the sign. */
const COMPARED = FIXED.predicted.width - 1;
/** Room for values beyond those that were seen. */
const HEADROOM = 1.25;

/** Scales for a layer from its weights and its peaks. */
export function predictorScales({ down, up, peaks }: LayerPredictor): PredictorScales {
  const hidden = HIDDEN - magnitude(peaks.hidden);
  const range = magnitude(HEADROOM * peaks.margin);
  const inner = Math.min(MATRIX - magnitude(rms(up)), PRODUCT - hidden);
  return {
    input: INPUT,
    down: MATRIX - magnitude(rms(down)),
    hidden,
    up: inner,
    margin: Math.min(COMPARED - range, hidden + inner),
    range,
  };
}

/** Values as whole multiples of `2^-scale`. */
export function rounded(values: Float32Array, scale: number): Float32Array {
  const { round } = Math;
  const units = 2 ** scale;
  return values.map((value) => round(value * units) / units);
}

/** The least `n` with `value < 2^n`; exact, unlike the host's logarithm. */
function magnitude(value: number): number {
  let n = -32;
  while (value >= 2 ** n) n++;
  return n;
}

function rms(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
