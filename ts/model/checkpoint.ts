/**
 * Hugging Face OPT checkpoints: `config.json` and one `model.safetensors`. Matrices are turned into the layout that everything here
 * multiplies by: `y = x W`, inputs by outputs, row-major, with q, k and v side by side.
 */
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import { type CheckpointConfig, type CheckpointShape, parseConfig } from './config-hf.js';
import { type FileSource, pathOf } from './source.js';
import { TensorFile } from './tensors.js';

/** Matrices of one decoder layer, inputs by outputs, row-major. */
export interface LayerWeights {
  /** `d x 3d`: q, k, v. */
  readonly qkv: Float32Array;
  /** `d x d`. */
  readonly o: Float32Array;
  /** `d x ffn`. */
  readonly up: Float32Array;
  /** `ffn x d`. */
  readonly down: Float32Array;
}

/** A checkpoint in memory, as it was trained. */
export interface Checkpoint {
  /** Name of the folder. */
  readonly name: string;
  readonly shape: CheckpointShape;
  /** Token that ends a text, where the configuration names one. */
  readonly eos?: number;
  /** `vocab x d`. */
  readonly embedding: Float32Array;
  /** `(positionOffset + context) x d`. */
  readonly positions: Float32Array;
  /** `vocab x d`: the tied embedding. */
  readonly head: Float32Array;
  readonly layers: readonly LayerWeights[];
}

const WEIGHTS = 'model.safetensors';
const MODULES = {
  q: 'self_attn.q_proj',
  k: 'self_attn.k_proj',
  v: 'self_attn.v_proj',
  o: 'self_attn.out_proj',
  up: 'fc1',
  down: 'fc2',
} as const;

/**
 * Loads a checkpoint. `file` is its weights, where they are not in `model.safetensors`.
 * @throws CometError `E_CHECKPOINT` for a file or tensor that is missing, cut off, of the wrong shape or type, or not finite;
 * `E_UNSUPPORTED` for another architecture, naming the field; `E_IO` when a file cannot be read.
 */
export async function loadCheckpoint(kernels: Kernels, source: FileSource, file = WEIGHTS): Promise<Checkpoint> {
  const config = await readConfig(source);
  if ((await source.size(file)) === undefined) throw await missingWeights(source, file);
  const tensors = await TensorFile.open(kernels, source, file);
  const read = reader(tensors, config.shape, pathOf(source, file));
  const { shape, eos } = config;
  const embedding = await read('embed_tokens', shape.vocab, shape.width);
  const positions = await read('embed_positions', shape.context + shape.positionOffset, shape.width);
  const layers: LayerWeights[] = [];
  for (let layer = 0; layer < shape.layers; layer++) layers.push(await readLayer(read, layer, shape));
  const name = source.name.split(/[\\/]/).filter(Boolean).at(-1) ?? source.name;
  return { name, shape, eos, embedding, positions, head: embedding, layers };
}

/** Reads `config.json` alone. @throws CometError as {@link loadCheckpoint}. */
export async function readConfig(source: FileSource): Promise<CheckpointConfig> {
  return parseConfig(await readText(source, 'config.json'), pathOf(source, 'config.json'));
}

/** The text of a file. @throws CometError `E_CHECKPOINT` when it is missing. */
export async function readText(source: FileSource, file: string): Promise<string> {
  const size = await source.size(file);
  if (size === undefined) throw new CometError('E_CHECKPOINT', `${pathOf(source, file)} is missing`);
  return new TextDecoder().decode(await source.read(file, 0, size));
}

type Read = (module: string, ...shape: readonly number[]) => Promise<Float32Array>;

/** Reads by the name of a module, with and without the prefix that `OPTForCausalLM` puts before those of `OPTModel`. */
function reader(tensors: TensorFile, { layers }: CheckpointShape, path: string): Read {
  const { names } = tensors;
  const prefix = names.some((name) => name.startsWith('model.')) ? 'model.decoder.' : 'decoder.';
  const perLayer = Array.from({ length: layers }, (_, i) => Object.values(MODULES).map((m) => `layers.${i}.${m}`));
  const known = ['embed_tokens', 'embed_positions', ...perLayer.flat()].map((m) => `${prefix}${m}.weight`);
  const expected = new Set([...known, 'lm_head.weight']);
  const foreign = names.find((name) => !expected.has(name));
  if (foreign) {
    throw new CometError(
      'E_CHECKPOINT',
      `${path} has a tensor ${foreign} that a model of this config.json does not have`,
    );
  }
  return (module, ...shape) => tensors.read(`${prefix}${module}.weight`, shape);
}

async function readLayer(read: Read, layer: number, { width, ffn }: CheckpointShape): Promise<LayerWeights> {
  const linear = (name: keyof typeof MODULES, outputs: number, inputs: number) =>
    read(`layers.${layer}.${MODULES[name]}`, outputs, inputs);
  const q = await linear('q', width, width);
  const k = await linear('k', width, width);
  const v = await linear('v', width, width);
  return {
    qkv: inputMajor([q, k, v], width),
    o: inputMajor([await linear('o', width, width)], width),
    up: inputMajor([await linear('up', ffn, width)], width),
    down: inputMajor([await linear('down', width, ffn)], ffn),
  };
}

/** `Linear` weights (outputs x inputs each), one after the other by outputs, transposed. */
function inputMajor(parts: readonly Float32Array[], inputs: number): Float32Array {
  const outputs = parts.reduce((sum, part) => sum + part.length / inputs, 0);
  const matrix = new Float32Array(inputs * outputs);
  let column = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += inputs, column++) {
      for (let i = 0; i < inputs; i++) matrix[i * outputs + column] = part[at + i];
    }
  }
  return matrix;
}

/** Why there are no weights: another format, several files, or none. */
async function missingWeights(source: FileSource, file: string): Promise<CometError> {
  for (const other of ['model.safetensors.index.json', 'pytorch_model.bin', 'pytorch_model.bin.index.json']) {
    if ((await source.size(other)) !== undefined) {
      const message = `${pathOf(source, other)}: only one ${WEIGHTS} is supported; save the model again as one safetensors file`;
      return new CometError('E_UNSUPPORTED', message);
    }
  }
  return new CometError('E_CHECKPOINT', `${pathOf(source, file)} is missing`);
}
