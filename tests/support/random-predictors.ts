/** Random predictors for a random model: thresholds let through a part of the outputs, whatever the input is. */
import type { LayerPredictor, Predictors } from '../../ts/predict/predictor.js';
import { lcg, type TinyShape } from './random-model.js';

/** How much is computed: a part of the neurons and of the heads, between 0 (nothing ever) and 1 (everything always). */
export interface Density {
  readonly neurons: number;
  readonly heads: number;
  /** What is computed whatever the input is: that part of the neurons, or of both, is chosen once. */
  readonly fixed?: 'neurons' | 'both';
  /** Densities of layers that have their own. */
  readonly layers?: Readonly<Record<number, Density>>;
}

const RANK = 8;

/** Scores of a normalised input are nearly gaussian with variance one. */
export function randomPredictors(
  seed: number,
  shape: TinyShape,
  density: Density = { neurons: 0.3, heads: 0.6 },
): Predictors {
  const { layers, width, ffn, heads } = shape;
  const uniform = lcg(seed);
  const gauss = (): number => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
  const random = (count: number, std: number): Float32Array =>
    Float32Array.from({ length: count }, () => std * gauss());
  const layer = (_: unknown, i: number): LayerPredictor => {
    const outputs = i + 1 < layers ? ffn + heads : ffn;
    const own = density.layers?.[i] ?? density;
    const threshold = (j: number): number => {
      const [part, isFixed] = j < ffn ? [own.neurons, own.fixed !== undefined] : [own.heads, own.fixed === 'both'];
      return quantile(isFixed ? Number(uniform() < part) : part);
    };
    return {
      from: i,
      rank: RANK,
      down: random(width * RANK, 1 / Math.sqrt(width)),
      up: random(RANK * outputs, 1 / Math.sqrt(RANK)),
      thresholds: Float32Array.from({ length: outputs }, (_v, j) => threshold(j)),
      prices: { neurons: 1, heads: 1 },
      peaks: { hidden: 6, margin: 20 },
      most: { neurons: 20, heads: i + 1 < layers ? 2 : 0 },
    };
  };
  return { shape: { width, ffn, heads }, layers: Array.from({ length: layers }, layer) };
}

/** What about this part of gaussian variates exceeds. */
function quantile(part: number): number {
  if (part <= 0) return 15;
  if (part >= 1) return -15;
  return 0.63 * Math.log(1 / part - 1); // a logistic curve, close enough
}
