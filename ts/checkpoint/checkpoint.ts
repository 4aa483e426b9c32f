/**
 * Hugging Face checkpoints: `config.json` and safetensors in one file or several. Matrices are turned into the layout that everything
 * here multiplies by: `y = x W`, inputs by outputs, row-major, with q, k and v side by side.
 */
import { CometError } from '../core/errors.js';
import type { Kernels } from '../kernels/load.js';
import type { CheckpointConfig, CheckpointShape, Variant } from './architecture.js';
import { parseConfig } from './config.js';
import { EMBEDDING, finalNormOf, HEAD, isHarmless, layerModules, POSITIONS, prefixOf, tensorShapes } from './layout.js'; // prettier-ignore
import { openTensors, type Tensors } from './shards.js';
import { type FileSource, pathOf, readText } from './source.js';

/** Gain and, where it centres, bias of a norm: as many values as it reads. */
export interface Affine {
  readonly gain: Float32Array;
  readonly bias?: Float32Array;
}

/** Biases of those linear layers of one layer that have some. */
export interface LayerBiases {
  /** `(heads + 2 kvHeads) * headDim`. */
  readonly qkv?: Float32Array;
  /** `d`. */
  readonly o?: Float32Array;
  /** `ffn`. */
  readonly gate?: Float32Array;
  /** `ffn`. */
  readonly up?: Float32Array;
  /** `d`. */
  readonly down?: Float32Array;
}

/** Weights of one decoder layer; matrices inputs by outputs, row-major. */
export interface LayerWeights {
  /** `d x (heads + 2 kvHeads) * headDim`: q of all heads, k and v of all key heads. */
  readonly qkv: Float32Array;
  /** `heads * headDim x d`. */
  readonly o: Float32Array;
  /** `d x ffn`, where the feed-forward layer is gated. */
  readonly gate?: Float32Array;
  /** `d x ffn`. */
  readonly up: Float32Array;
  /** `ffn x d`. */
  readonly down: Float32Array;
  readonly bias?: LayerBiases;
  /** The norms of attention and of the feed-forward layer, where they have weights. */
  readonly norms?: { readonly attention: Affine; readonly feedForward: Affine };
  /** The norms of each head's queries and keys, `headDim` values, where there are such. */
  readonly headNorms?: { readonly q: Affine; readonly k: Affine };
}

/** A checkpoint in memory, as it was trained. `e` is the width of the token embedding, most often `d`. */
export interface Checkpoint {
  /** Name of the folder. */
  readonly name: string;
  readonly shape: CheckpointShape;
  readonly variant: Variant;
  /** `vocab x e`. */
  readonly embedding: Float32Array;
  /** `e x d`, where `e` is not `d`. */
  readonly projectIn?: Float32Array;
  /** `(positionOffset + context) x d`, where positions are not rotations. */
  readonly positions?: Float32Array;
  readonly layers: readonly LayerWeights[];
  /** The last norm, where there is one and it has weights. */
  readonly finalNorm?: Affine;
  /** `d x e`, where `e` is not `d`. */
  readonly projectOut?: Float32Array;
  /** `vocab x e`; the embedding itself where they are tied. */
  readonly head: Float32Array;
}

/**
 * Loads a checkpoint. `file` is its weights, where they are not in `model.safetensors` or the files of its index.
 * @throws CometError `E_CHECKPOINT` for a file or tensor that is missing, cut off, of the wrong shape or type, or not finite;
 * `E_UNSUPPORTED` for another architecture, naming the field; `E_IO` when a file cannot be read.
 */
export async function loadCheckpoint(kernels: Kernels, source: FileSource, file?: string): Promise<Checkpoint> {
  const config = await readConfig(source);
  const { shape, variant } = config;
  const weights = new Reader(await openTensors(kernels, source, file), config);
  const { embedding, head } = await readEnds(weights, variant);
  const projected = variant.embedWidth !== shape.width;
  const projectIn = projected ? await weights.linear(['project_in']) : undefined;
  const positions = variant.rope ? undefined : await weights.read(POSITIONS);
  const layers: LayerWeights[] = [];
  for (let layer = 0; layer < shape.layers; layer++) layers.push(await readLayer(weights, layer, config));
  const finalNorm = variant.finalNorm && variant.affine ? await weights.norm(finalNormOf(config)) : undefined;
  const projectOut = projected ? await weights.linear(['project_out']) : undefined;
  const name = source.name.split(/[\\/]/).filter(Boolean).at(-1) ?? source.name;
  return { name, shape, variant, embedding, projectIn, positions, layers, finalNorm, projectOut, head };
}

/** Reads `config.json` alone. @throws CometError as {@link loadCheckpoint}. */
export async function readConfig(source: FileSource): Promise<CheckpointConfig> {
  return parseConfig(await readText(source, 'config.json'), pathOf(source, 'config.json'));
}

/** Reads tensors by their names in the decoder. */
class Reader {
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly #prefix: string;

  /** @throws CometError `E_CHECKPOINT` when there is a tensor that a model of this configuration does not have, and that matters. */
  constructor(
    private readonly tensors: Tensors,
    private readonly config: CheckpointConfig,
  ) {
    this.#shapes = tensorShapes(config);
    this.#prefix = prefixOf(config, tensors.names);
    const known = new Set([...this.#shapes.keys()].map((name) => this.#fullName(name)));
    const foreign = tensors.names.find((name) => !known.has(name) && !isHarmless(name));
    if (foreign) {
      const message = `${tensors.path} has a tensor ${foreign} that a model of this config.json does not have`;
      throw new CometError('E_CHECKPOINT', message);
    }
  }

  has(name: string): boolean {
    return this.tensors.names.includes(this.#fullName(name));
  }

  /** A tensor as it is. */
  read(name: string): Promise<Float32Array> {
    return this.tensors.read(this.#fullName(name), this.#shapes.get(name)!);
  }

  /** The matrices of linear layers with the same inputs, side by side. */
  async linear(modules: readonly string[]): Promise<Float32Array> {
    const parts: Float32Array[] = [];
    for (const module of modules) parts.push(await this.read(`${module}.weight`));
    return inputMajor(parts, this.#shapes.get(`${modules[0]}.weight`)![1]);
  }

  /** Their biases, one after the other. */
  async biases(modules: readonly string[]): Promise<Float32Array> {
    const parts: Float32Array[] = [];
    for (const module of modules) parts.push(await this.read(`${module}.bias`));
    return Float32Array.from(parts.flatMap((part) => [...part]));
  }

  async norm(module: string): Promise<Affine> {
    const gain = await this.read(`${module}.weight`);
    return this.config.variant.norm === 'layer' ? { gain, bias: await this.read(`${module}.bias`) } : { gain };
  }

  #fullName = (name: string): string => (name === HEAD ? name : `${this.#prefix}${name}`);
}

/**
 * The token embedding and the head. Where they are tied the weights may have either one, which stands for both. A head of its own is used,
 * whatever the configuration says: so does `transformers`.
 */
async function readEnds(weights: Reader, { tied }: Variant): Promise<{ embedding: Float32Array; head: Float32Array }> {
  if (tied && !weights.has(EMBEDDING) && weights.has(HEAD)) {
    const head = await weights.read(HEAD);
    return { embedding: head, head };
  }
  const embedding = await weights.read(EMBEDDING);
  if (tied && !weights.has(HEAD)) return { embedding, head: embedding };
  const head = await weights.read(HEAD);
  return { embedding, head: tied && head.every((value, i) => value === embedding[i]) ? embedding : head };
}

async function readLayer(weights: Reader, layer: number, config: CheckpointConfig): Promise<LayerWeights> {
  const { biases, feedForward, affine, qkNorm } = config.variant;
  const { q, k, v, o, gate, up, down, normA, normB, normQ, normK } = layerModules(config, layer);
  const linear = async (name: keyof LayerBiases, isBiased: boolean, modules: readonly string[]) => ({
    matrix: { [name]: await weights.linear(modules) },
    bias: isBiased ? { [name]: await weights.biases(modules) } : {},
  });
  const all = [
    await linear('qkv', biases.qkv, [q, k, v]),
    await linear('o', biases.o, [o]),
    ...(feedForward.gated ? [await linear('gate', biases.mlp, [gate])] : []),
    await linear('up', biases.mlp, [up]),
    await linear('down', biases.mlp, [down]),
  ];
  const matrices = Object.assign({}, ...all.map(({ matrix }) => matrix)) as LayerWeights;
  const bias = Object.assign({}, ...all.map((each) => each.bias)) as LayerBiases;
  return {
    ...matrices,
    ...(Object.keys(bias).length > 0 && { bias }),
    ...(affine && { norms: { attention: await weights.norm(normA), feedForward: await weights.norm(normB) } }),
    ...(qkNorm && { headNorms: { q: await weights.norm(normQ), k: await weights.norm(normK) } }),
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
