/** What a model loses and saves when only predicted neurons and heads are computed. */
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import { FloatModel, type FloatWeights } from '../plain/float.js';
import { windows as windowsOf, type WorkOptions } from '../plain/windows.js';
import { Ruler } from './loss.js';
import type { LayerPredictor, Predictors } from './predictor.js';
import type { PredictorScales } from './scales.js';
import { type LayerSparsity, PredictedOnly, type Sparsity } from './sparse-run.js';

/** What {@link evaluatePredictors} finds. Fractions are of 1. */
export interface Evaluation extends Sparsity {
  readonly tokens: number;
  /** Of the whole model, nats a token. */
  readonly crossEntropy: number;
  /** Relative increase of `crossEntropy`. */
  readonly crossEntropyChange: number;
  /** Mean Kullback-Leibler divergence from the whole model's predictions, nats a token. */
  readonly divergence: number;
  readonly perLayer: readonly LayerSparsity[];
}

/** How to evaluate. */
export interface EvaluateOptions extends WorkOptions {
  /** Scores in fixed point of these scales. */
  readonly scalesOf?: (layer: LayerPredictor) => PredictorScales;
}

/**
 * Runs a model whole and with predicted neurons and heads only, over non-overlapping windows of its full context.
 * @throws CometError `E_ARGUMENT` for fewer than two tokens, `E_ABORTED` by the signal.
 */
export async function evaluatePredictors(
  kernels: Kernels,
  weights: FloatWeights,
  predictors: Predictors,
  ids: readonly number[],
  { scalesOf, onProgress, signal }: EvaluateOptions = {},
): Promise<Evaluation> {
  if (ids.length < 2) throw new CometError('E_ARGUMENT', 'an evaluation needs a text of at least two tokens');
  const model = new FloatModel(kernels, weights);
  const sparse = new PredictedOnly(kernels, weights, predictors, scalesOf);
  const sums = { predicted: 0, whole: 0, sparse: 0, divergence: 0 };
  let done = 0;
  try {
    for (const window of windowsOf(ids, model.shape.context, 2)) {
      const ruler = await Ruler.on(kernels, model, [window], signal);
      const loss = await ruler.measure(sparse, { signal });
      const predicted = window.length - 1;
      sums.predicted += predicted;
      sums.whole += predicted * ruler.crossEntropy;
      sums.sparse += predicted * loss.crossEntropy;
      sums.divergence += predicted * loss.divergence;
      onProgress?.((done += window.length), ids.length);
    }
    return {
      tokens: ids.length,
      crossEntropy: sums.whole / sums.predicted,
      ...sparse.total(),
      crossEntropyChange: sums.sparse / sums.whole - 1,
      divergence: sums.divergence / sums.predicted,
      perLayer: sparse.perLayer(),
    };
  } finally {
    sparse.free();
    model.free();
  }
}
