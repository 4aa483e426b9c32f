/** Runs predictors, in floats or as a protocol would in fixed point. */
import type { FloatMatrix, Kernels } from '../kernels/load.js';
import type { LayerPredictor, Predictors } from './predictor.js';
import { type PredictorScales, rounded } from './scales.js';

/** Row-major, of normalised inputs. */
export interface Scores {
  /** Between the two products, `rows x rank`. */
  readonly hidden: Float32Array;
  /** Scores less thresholds, `rows x outputs`; an output is computed where it is positive. */
  readonly margins: Float32Array;
  /** Largest magnitude of a score. */
  readonly peak: number;
}

/** Computes scores; holds memory of the kernels until {@link Scorer.free}. */
export class Scorer {
  readonly #layers: readonly {
    down: FloatMatrix;
    up: FloatMatrix;
    thresholds: Float32Array;
    scales?: PredictorScales;
  }[];

  constructor(
    kernels: Kernels,
    { shape: { width }, layers }: Predictors,
    scalesOf?: (layer: LayerPredictor) => PredictorScales,
  ) {
    this.#layers = layers.map((layer) => {
      const { rank, down, up, thresholds } = layer;
      const scales = scalesOf?.(layer);
      return {
        down: kernels.FloatMatrix.fromRows(width, rank, scales ? rounded(down, scales.down) : down),
        up: kernels.FloatMatrix.fromRows(rank, thresholds.length, scales ? rounded(up, scales.up) : up),
        thresholds: scales ? rounded(thresholds, scales.hidden + scales.up) : thresholds,
        scales,
      };
    });
  }

  /** Of the predictor of `layer`, from the normalised input that it reads, `rows x width`. */
  run(layer: number, x: Float32Array): Scores {
    const { down, up, thresholds, scales } = this.#layers[layer];
    const rows = x.length / down.rows;
    const exact = down.mul(scales ? rounded(x, scales.input) : x, rows);
    const hidden = scales ? rounded(exact, scales.hidden) : exact;
    const scores = up.mul(hidden, rows);
    const margins = scores.map((score, i) => score - thresholds[i % thresholds.length]);
    return { hidden, margins: scales ? wrapped(margins, scales) : margins, peak: peakOf(scores) };
  }

  /** Gives the kernels' memory back. */
  free(): void {
    for (const { down, up } of this.#layers) {
      down.free();
      up.free();
    }
  }
}

/** The largest magnitude. */
export function peakOf(values: Float32Array): number {
  let peak = 0;
  for (const value of values) {
    if (value > peak) peak = value;
    else if (-value > peak) peak = -value;
  }
  return peak;
}

/**
 * What is left in a word of `1 + range + margin` bits after the finer bits are dropped, to the nearest: a truncation of masked words is the
 * floor or one more, right on average. Half a unit more, so that zero, which a protocol counts as reached, is positive.
 */
function wrapped(margins: Float32Array, { margin, range }: PredictorScales): Float32Array {
  const { floor } = Math;
  const unit = 2 ** -margin;
  const [half, whole] = [2 ** range, 2 ** (range + 1)];
  return margins.map((value) => {
    if (!Number.isFinite(value)) return value; // without a threshold everything is reached
    const moved = floor(value / unit + 0.5) * unit + half;
    return moved - floor(moved / whole) * whole - half + unit / 2;
  });
}
