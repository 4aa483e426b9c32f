/**
 * `predictors.safetensors`: for each layer `layers.L.down` (`width x rank`) and `layers.L.up` (`rank x outputs`: its neurons, then the
 * heads of the next layer) in halves; in f32 `layers.L.thresholds`, `layers.L.prices` (of neurons, of heads), `layers.L.peaks` (hidden,
 * margin) and, if known, `layers.L.most` (neurons and heads computed for one token). The metadata names the format's version, the SHA-256 of the model's weights, and in `from` the layer whose input each predictor
 * reads, with commas between.
 */
import * as v from 'valibot';
import { type FileSource, pathOf } from '../checkpoint/source.js';
import { TensorFile } from '../checkpoint/tensors.js';
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import { halves } from './half.js';
import { type LayerPredictor, outputsOf, type Predictors, type PredictorShape } from './predictor.js';
import { safetensors, type TensorToWrite } from './tensors.js';

/** Where predictors lie beside their model. */
export const PREDICTORS = 'predictors.safetensors';
export const PREDICTOR_FORMAT = 2;

/** The file's bytes. */
export function encodePredictors({ shape, layers }: Predictors, weights: string): Uint8Array {
  const { width } = shape;
  const tensors: Record<string, TensorToWrite> = {};
  for (const [i, { rank, down, up, thresholds, prices, peaks, most }] of layers.entries()) {
    tensors[`layers.${i}.down`] = { dtype: 'F16', shape: [width, rank], values: down };
    tensors[`layers.${i}.up`] = { dtype: 'F16', shape: [rank, thresholds.length], values: up };
    tensors[`layers.${i}.thresholds`] = { dtype: 'F32', shape: [thresholds.length], values: thresholds };
    tensors[`layers.${i}.prices`] = { dtype: 'F32', shape: [2], values: Float32Array.of(prices.neurons, prices.heads) };
    tensors[`layers.${i}.peaks`] = { dtype: 'F32', shape: [2], values: Float32Array.of(peaks.hidden, peaks.margin) };
    if (most)
      tensors[`layers.${i}.most`] = { dtype: 'F32', shape: [2], values: Float32Array.of(most.neurons, most.heads) };
  }
  const from = layers.map((layer) => layer.from).join();
  return safetensors(tensors, { format: String(PREDICTOR_FORMAT), weights, from });
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
  const { format, weights, from } = v.parse(metadata, tensors.metadata);
  if (format !== String(PREDICTOR_FORMAT)) {
    const message = `${path} has format ${format}, this program reads ${PREDICTOR_FORMAT}; train again with "comet predictor train"`;
    throw new CometError('E_VERSION', message);
  }
  if (weights !== model.weights) {
    throw new CometError('E_CHECKPOINT', `${path} belongs to other weights; train again with "comet predictor train"`);
  }
  const inputs = from.split(',').map(Number);
  if (
    inputs.length !== layers ||
    !inputs.every((input, layer) => Number.isInteger(input) && input >= 0 && input <= layer)
  ) {
    throw new CometError('E_CHECKPOINT', `${path} does not say which layer's input each of ${layers} predictors reads`);
  }
  const shape = { width, ffn, heads };
  const read = async (layer: number): Promise<LayerPredictor> => {
    const name = `layers.${layer}.down`;
    const rank = tensors.shape(name)?.[1] ?? 0;
    const outputs = outputsOf(shape, layer, layers);
    const [neurons, ofHeads] = await tensors.read(`layers.${layer}.prices`, [2]);
    const [hidden, margin] = await tensors.read(`layers.${layer}.peaks`, [2]);
    const counts = `layers.${layer}.most`;
    const most = tensors.shape(counts) && (await tensors.read(counts, [2]));
    return {
      from: inputs[layer],
      rank,
      down: await tensors.read(name, [width, rank]),
      up: await tensors.read(`layers.${layer}.up`, [rank, outputs]),
      thresholds: await tensors.read(`layers.${layer}.thresholds`, [outputs]),
      prices: { neurons, heads: ofHeads },
      peaks: { hidden, margin },
      ...(most && { most: { neurons: count(most[0], ffn), heads: count(most[1], heads) } }),
    };
  };
  const count = (value: number, limit: number): number => {
    if (Number.isInteger(value) && value >= 0 && value <= limit) return value;
    throw new CometError('E_CHECKPOINT', `${path} has counts that no token can have; run "comet predictor tune"`);
  };
  const all: LayerPredictor[] = [];
  for (let layer = 0; layer < layers; layer++) all.push(await read(layer));
  return { shape, layers: all };
}

/** The ranks of a file's predictors, from its header alone. @throws CometError `E_CHECKPOINT` when it is missing or damaged. */
export async function readRanks(
  kernels: Kernels,
  source: FileSource,
  layers: number,
  file = PREDICTORS,
): Promise<number[]> {
  const tensors = await TensorFile.open(kernels, source, file);
  return Array.from({ length: layers }, (_, layer) => tensors.shape(`layers.${layer}.down`)?.[1] ?? 0);
}

const absent = v.optional(v.string(), '');
const metadata = v.fallback(v.object({ format: absent, weights: absent, from: absent }), {
  format: '',
  weights: '',
  from: '',
});
