/** What `comet cost` measures: its options, and how much of a model is run for them. */
import { CometError } from '../core/errors.js';
import type { Shape } from '../plan/shape.js';
import { type LayerShape, shapeOf, withActivation } from '../plan/shapes.js';
import type { VariantName } from '../plan/variants.js';
import { type Extras, INSTANCE_BYTES, instancesOf } from '../provision/memory.js';

export interface CostOptions {
  /** A known one, or the name of `sizes`. */
  readonly shape: string;
  readonly sizes?: LayerShape;
  readonly step: 'decode' | 'prefill';
  /** Decode: positions attended to, the new one included; at most 2048. */
  readonly context?: number;
  /** Prefill: rows of the step, at most 64. */
  readonly tokens?: number;
  /** Measured steps, at most 4096. */
  readonly repeat?: number;
  /** Activation of a gated layer, for shapes of the Llama family; `silu` unless given. */
  readonly act?: 'relu' | 'silu';
  /** A layer with biases. */
  readonly bias?: boolean;
  /** A layer of a post-norm model. */
  readonly postNorm?: boolean;
  /** Of the program; `digits` unless given. */
  readonly variant?: VariantName;
  /** Without masks of weights; false unless given. */
  readonly publicWeights?: boolean;
  /** Computes only what a predictor says. */
  readonly sparse?: boolean;
  /** Part of the neurons that the predictor's thresholds let through; 0.1 unless given. */
  readonly density?: number;
  /** Heads that they let through, of all; seven in twelve unless given. */
  readonly heads?: number;
  /** Rank of the predictor; a sixth of the width unless given. */
  readonly rank?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** What is run. */
export interface CostSizes extends CostLayout {
  readonly rows: number;
  readonly context: number;
  readonly repeat: number;
  readonly rank: number;
  readonly shape: Shape & Pick<LayerShape, 'llama'>;
}

/** What of a model is run. */
export interface CostLayout {
  /** The layer that is measured. */
  readonly measured: number;
  /** WebAssembly memories that the weights of each party are spread over. */
  readonly instances: number;
}

/**
 * Checks the options and says what is run for them, where one WebAssembly memory takes so many bytes.
 * @throws CometError `E_ARGUMENT` for what does not fit together.
 */
export function sizesOf(options: CostOptions, instanceBytes = INSTANCE_BYTES): CostSizes {
  const refuse = (message: string): never => {
    throw new CometError('E_ARGUMENT', message);
  };
  if (options.step === 'prefill' ? options.context !== undefined : options.tokens !== undefined)
    refuse('a decode step has a context, a prefill step has tokens; not the other way round');
  const known: LayerShape = options.sizes ?? shapeOf(options.shape);
  const { act } = options;
  const { width, heads: allHeads, kvHeads, headDim, ffn, llama } = act ? withActivation(known, act) : known;
  if (llama && options.postNorm) refuse('no model of the Llama family is post-norm');
  const { sparse, density, heads, rank } = options;
  if (sparse && options.postNorm) refuse('post-norm models have no predictors: their layers are dense');
  if (!sparse && (density ?? heads ?? rank) !== undefined)
    refuse('a density, heads and a rank belong to sparse layers');
  if (density !== undefined && !(density >= 0 && density <= 1)) refuse('the density is a part, between 0 and 1');
  if (heads !== undefined && !(heads <= allHeads)) refuse(`this shape has ${allHeads} heads`);
  const rows = options.step === 'prefill' ? (options.tokens ?? 32) : 1;
  const context = options.step === 'prefill' ? rows : (options.context ?? 33);
  const of = { width, heads: allHeads, kvHeads, headDim, ffn, context: Math.max(context, rows), vocab: 64 };
  const used = rank ?? Math.ceil(width / 6);
  const kind = { postNorm: options.postNorm ?? false, gated: llama !== undefined };
  const { layers, ...layout } = layoutOf(of, sparse ? used : 0, kind, instanceBytes);
  return {
    ...{ ...layout, rows, context },
    // As many tokens as give the densities that were asked for.
    repeat: options.repeat ?? (options.step === 'prefill' ? 3 : sparse ? 64 : 16),
    rank: used,
    shape: { ...of, layers, ...(llama && { llama }) },
  };
}

/**
 * An inner layer of three is measured: its heads are predicted by the layer before, and it predicts those of the next. Where three are more
 * than a WebAssembly memory takes, a dense layer is as good alone, and a sparse one follows the layer that predicts its heads.
 */
function layoutOf(
  shape: Omit<Shape, 'layers'>,
  rank: number,
  kind: Pick<Extras, 'postNorm' | 'gated'>,
  instanceBytes: number,
): CostLayout & { layers: number } {
  const instances = (layers: number): number =>
    instancesOf({ ...shape, layers }, { ranks: Array<number>(layers).fill(rank), ...kind }, instanceBytes);
  if (instances(3) === 1) return { layers: 3, measured: 1, instances: 1 };
  const layers = rank > 0 ? 2 : 1;
  return { layers, measured: layers - 1, instances: instances(layers) };
}
