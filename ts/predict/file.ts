/**
 * `predictors.safetensors`: for each layer `layers.L.down` (`width x rank`) and `layers.L.up` (`rank x (ffn + heads)`) in halves,
 * `layers.L.thresholds` and `layers.L.prices` (of neurons, of heads) in f32. The metadata names the format's version and the SHA-256 of the model's weights.
 */
import { z } from 'zod';
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import { type FileSource, pathOf } from '../model/source.js';
import { TensorFile } from '../model/tensors.js';
import { halves } from './half.js';
import type { LayerPredictor, Predictors, PredictorShape } from './predictor.js';
import { safetensors, type TensorToWrite } from './tensors.js';

/** Where predictors lie beside their model. */
export const PREDICTORS = 'predictors.safetensors';
const FORMAT = '1';

/** The file's bytes. */
export function encodePredictors({ shape, layers }: Predictors, weights: string): Uint8Array {
  const { width, ffn, heads } = shape;
  const tensors: Record<string, TensorToWrite> = {};
  for (const [i, { rank, down, up, thresholds, prices }] of layers.entries()) {
    tensors[`layers.${i}.down`] = { dtype: 'F16', shape: [width, rank], values: down };
    tensors[`layers.${i}.up`] = { dtype: 'F16', shape: [rank, ffn + heads], values: up };
    tensors[`layers.${i}.thresholds`] = { dtype: 'F32', shape: [ffn + heads], values: thresholds };
    tensors[`layers.${i}.prices`] = { dtype: 'F32', shape: [2], values: Float32Array.of(prices.neurons, prices.heads) };
  }
  return safetensors(tensors, { format: FORMAT, weights });
}

/** As they will be read: every number of the products is a half. */
export function asStored(kernels: Kernels, predictors: Predictors): Predictors {
  const stored = (values: Float32Array): Float32Array => kernels.decodeTensor(halves(values), 'F16');
  const layers = predictors.layers.map((layer): LayerPredictor => ({
    ...layer,
    down: stored(layer.down),
    up: stored(layer.up),
  }));
  return { ...predictors, layers };
}

/**
 * Reads predictors and checks that they are those of a model of this shape with these `weights` (SHA-256).
 * @throws CometError `E_CHECKPOINT` when the file is missing, damaged, or of another model, `E_VERSION` for another format.
 */
export async function readPredictors(
  kernels: Kernels,
  source: FileSource,
  model: { shape: PredictorShape & { readonly layers: number }; weights: string },
  file = PREDICTORS,
): Promise<Predictors> {
  const { layers, width, ffn, heads } = model.shape;
  const tensors = await TensorFile.open(kernels, source, file);
  const path = pathOf(source, file);
  const { format, weights } = metadata.parse(tensors.metadata);
  if (format !== FORMAT)
    throw new CometError('E_VERSION', `${path} has format ${format}; this program reads ${FORMAT}`);
  if (weights !== model.weights) {
    throw new CometError('E_CHECKPOINT', `${path} belongs to other weights; train again with "comet predictor train"`);
  }
  const read = async (layer: number): Promise<LayerPredictor> => {
    const name = `layers.${layer}.down`;
    const rank = tensors.shape(name)?.[1] ?? 0;
    const [neurons, ofHeads] = await tensors.read(`layers.${layer}.prices`, [2]);
    return {
      rank,
      down: await tensors.read(name, [width, rank]),
      up: await tensors.read(`layers.${layer}.up`, [rank, ffn + heads]),
      thresholds: await tensors.read(`layers.${layer}.thresholds`, [ffn + heads]),
      prices: { neurons, heads: ofHeads },
    };
  };
  const all: LayerPredictor[] = [];
  for (let layer = 0; layer < layers; layer++) all.push(await read(layer));
  return { shape: { width, ffn, heads }, layers: all };
}

const metadata = z
  .object({ format: z.string().default(''), weights: z.string().default('') })
  .catch({ format: '', weights: '' });
