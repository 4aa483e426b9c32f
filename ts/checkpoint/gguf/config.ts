/** `config.json` of a Hugging Face checkpoint from the metadata of a GGUF file. */
import { CometError } from '../../core/errors.js';
import type { Gguf } from './parse.js';
import { type Rope, ropeOf } from './rope.js';

/** Architectures by the names in GGUF files. */
const ARCHITECTURES = { llama: 'LlamaForCausalLM', qwen2: 'Qwen2ForCausalLM', qwen3: 'Qwen3ForCausalLM' } as const;
export type Architecture = keyof typeof ARCHITECTURES;

/** Dimensions that the tensors must have. */
export interface Dimensions {
  readonly layers: number;
  readonly width: number;
  readonly ffn: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocab: number;
}

/** Which optional tensors there are. */
export interface Optional {
  /** Biases of q, k and v; of the output; of the three matrices of the feed-forward layer. */
  readonly qkvBias: boolean;
  readonly outputBias: boolean;
  readonly mlpBias: boolean;
  /** The head is a matrix of its own. */
  readonly head: boolean;
}

/** A model as its metadata describe it. */
export interface GgufModel {
  readonly architecture: Architecture;
  readonly dimensions: Dimensions;
  readonly optional: Optional;
  /** The fields of `config.json` but for the type of the tensors. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** Keys of an architecture that are read, or that change nothing. Any other may mean another computation. */
const KNOWN = [
  'block_count', 'context_length', 'embedding_length', 'feed_forward_length', 'vocab_size',
  'attention.head_count', 'attention.head_count_kv', 'attention.key_length', 'attention.value_length',
  'attention.layer_norm_rms_epsilon', 'rope.freq_base', 'rope.dimension_count', 'rope.scaling.type',
  'rope.scaling.factor', 'rope.scaling.original_context_length', 'rope.scaling.finetuned',
]; // prettier-ignore

/** What ends the name of a layer's bias. */
const BIASES = {
  qkvBias: ['attn_q', 'attn_k', 'attn_v'],
  outputBias: ['attn_output'],
  mlpBias: ['ffn_gate', 'ffn_up', 'ffn_down'],
};

/**
 * @param factors the tensor `rope_freqs.weight`, where there is one
 * @throws CometError `E_UNSUPPORTED` naming the key of what cannot be run, `E_CHECKPOINT` for missing and contradicting ones.
 */
export function modelOf(gguf: Gguf, factors?: Float32Array): GgufModel {
  const architecture = architectureOf(gguf);
  const dimensions = dimensionsOf(gguf, architecture);
  const optional = optionalOf(gguf, architecture, dimensions.layers);
  const rope = ropeOf(gguf.metadata, architecture, dimensions.headDim, factors);
  return { architecture, dimensions, optional, config: configOf(gguf, architecture, { dimensions, optional, rope }) };
}

function architectureOf({ metadata }: Gguf): Architecture {
  const name = metadata.string('general.architecture');
  if (!Object.hasOwn(ARCHITECTURES, name))
    throw metadata.unsupported('general.architecture', `supported are ${Object.keys(ARCHITECTURES).join(', ')}`);
  const foreign = metadata.keys.find(
    (key) => key.startsWith(`${name}.`) && !KNOWN.includes(key.slice(name.length + 1)),
  );
  if (foreign) throw metadata.unsupported(foreign, 'models with this key are not supported');
  return name as Architecture;
}

function dimensionsOf({ path, metadata, tensors }: Gguf, architecture: Architecture): Dimensions {
  const size = (name: string, fallback?: number): number => {
    const value = metadata.integer(`${architecture}.${name}`, fallback);
    if (value >= 1 && value <= 1e6) return value;
    throw new CometError('E_CHECKPOINT', `${path}: ${architecture}.${name} is ${value}`);
  };
  const width = size('embedding_length');
  const heads = size('attention.head_count');
  const headDim = size('attention.key_length', width / heads);
  if (size('attention.value_length', headDim) !== headDim)
    throw metadata.unsupported(`${architecture}.attention.value_length`, 'keys and values must be equally long');
  const kvHeads = size('attention.head_count_kv', heads);
  if (heads % kvHeads !== 0)
    throw new CometError('E_CHECKPOINT', `${path}: ${heads} heads are no multiple of ${kvHeads} heads of keys`);
  const vocab = tensors.find(({ name }) => name === 'token_embd.weight')?.shape[0];
  if (vocab === undefined) throw new CometError('E_CHECKPOINT', `${path} has no tensor token_embd.weight`);
  const layers = size('block_count');
  if (layers > tensors.length)
    throw new CometError('E_CHECKPOINT', `${path} has ${tensors.length} tensors, too few for ${layers} layers`);
  return { layers, width, ffn: size('feed_forward_length'), heads, kvHeads, headDim, vocab };
}

function optionalOf({ path, tensors }: Gguf, architecture: Architecture, layers: number): Optional {
  const names = new Set(tensors.map(({ name }) => name));
  const biased = (what: keyof typeof BIASES): boolean => {
    const all = BIASES[what].flatMap((name) => Array.from({ length: layers }, (_, i) => `blk.${i}.${name}.bias`));
    const missing = all.filter((name) => !names.has(name));
    if (missing.length > 0 && missing.length < all.length)
      throw new CometError('E_CHECKPOINT', `${path} has no tensor ${missing[0]}, but others of its kind`);
    return missing.length === 0;
  };
  const found = { qkvBias: biased('qkvBias'), outputBias: biased('outputBias'), mlpBias: biased('mlpBias') };
  const same = architecture === 'qwen2' ? found.qkvBias && !found.outputBias : found.qkvBias === found.outputBias;
  if (!same) throw new CometError('E_UNSUPPORTED', `${path}: no model of ${architecture} has such biases of attention`);
  if (found.mlpBias && architecture !== 'llama')
    throw new CometError('E_UNSUPPORTED', `${path}: no model of ${architecture} has biases of the feed-forward layer`);
  return { ...found, head: names.has('output.weight') };
}

interface Parts {
  readonly dimensions: Dimensions;
  readonly optional: Optional;
  readonly rope: Rope;
}

function configOf({ metadata }: Gguf, architecture: Architecture, { dimensions, optional, rope }: Parts) {
  const { width, heads, headDim } = dimensions;
  if (architecture === 'qwen2' && headDim * heads !== width)
    throw metadata.unsupported('qwen2.attention.key_length', `only ${width / heads} is supported`);
  return {
    architectures: [ARCHITECTURES[architecture]],
    model_type: architecture,
    hidden_size: width,
    intermediate_size: dimensions.ffn,
    num_hidden_layers: dimensions.layers,
    num_attention_heads: heads,
    num_key_value_heads: dimensions.kvHeads,
    ...(architecture !== 'qwen2' && { head_dim: headDim, attention_bias: optional.qkvBias }),
    ...(architecture === 'llama' && { mlp_bias: optional.mlpBias }),
    ...(architecture !== 'llama' && { use_sliding_window: false }),
    hidden_act: 'silu',
    max_position_embeddings: metadata.integer(`${architecture}.context_length`),
    vocab_size: dimensions.vocab,
    rms_norm_eps: metadata.float(`${architecture}.attention.layer_norm_rms_epsilon`),
    ...rope,
    tie_word_embeddings: !optional.head,
  };
}
