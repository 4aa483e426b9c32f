/**
 * `config.json` of models of Llama's form: Llama, Mistral, Qwen2 and Qwen3. Absent fields mean what the configuration class of each in
 * `transformers` takes them to mean. A model whose layers see a window of positions has a context of that window: within it nothing is
 * left out, so the model is the same.
 */
import * as v from 'valibot';
import { finite, integer } from '../core/schema.js';
import type { Activation } from '../plan/activation.js';
import type { CheckpointConfig, LinearBiases } from './architecture.js';
import type { ConfigFields } from './config-fields.js';
import { parseRope } from './config-rope.js';

const size = integer(1, 1e6);
const schema = v.object({
  hidden_size: v.optional(size, 4096),
  num_hidden_layers: v.optional(size, 32),
  num_attention_heads: v.optional(size, 32),
  num_key_value_heads: v.optional(v.nullable(size)),
  head_dim: v.optional(v.nullable(size)),
  intermediate_size: v.optional(size),
  max_position_embeddings: v.optional(integer(1, 1e9)),
  vocab_size: v.optional(size),
  rms_norm_eps: v.optional(v.pipe(finite, v.minValue(0)), 1e-6),
  tie_word_embeddings: v.optional(v.boolean(), false),
});
type Config = v.InferOutput<typeof schema>;

/** What the families differ in. */
interface Family {
  readonly ffn: number;
  readonly vocab: number;
  readonly context: number;
  /** Where the field is absent; as many as heads unless given. */
  readonly kvHeads?: number;
  /** Where the field is absent; the width through the heads unless given. */
  readonly headDim?: number;
  /** A width that is no multiple of the heads has heads of its whole part. */
  readonly uneven: boolean;
  readonly qkNorm: boolean;
  readonly biases: (fields: ConfigFields) => LinearBiases;
  /** Most positions that every layer sees. */
  readonly window: (fields: ConfigFields, layers: number) => number;
}

const flag = v.optional(v.boolean(), false);
const attentionBias = (fields: ConfigFields): boolean => fields.read(v.object({ attention_bias: flag })).attention_bias;

const LLAMA: Family = {
  ffn: 11008,
  vocab: 32000,
  context: 2048,
  uneven: false,
  qkNorm: false,
  biases: (fields) => {
    const qkv = attentionBias(fields);
    return { qkv, o: qkv, mlp: fields.read(v.object({ mlp_bias: flag })).mlp_bias };
  },
  window: () => Infinity,
};

const MISTRAL: Family = {
  ffn: 14336,
  vocab: 32000,
  context: 131072,
  kvHeads: 8,
  uneven: true,
  qkNorm: false,
  biases: () => ({ qkv: false, o: false, mlp: false }),
  window: (fields) =>
    fields.read(v.object({ sliding_window: v.optional(v.nullable(size), 4096) })).sliding_window ?? Infinity,
};

const QWEN2: Family = {
  ffn: 22016,
  vocab: 151936,
  context: 32768,
  kvHeads: 32,
  uneven: true,
  qkNorm: false,
  biases: () => ({ qkv: true, o: false, mlp: false }),
  window: qwenWindow,
};

const QWEN3: Family = {
  ...QWEN2,
  headDim: 128,
  qkNorm: true,
  biases: (fields) => {
    const qkv = attentionBias(fields);
    return { qkv, o: qkv, mlp: false };
  },
};

/** Readers by `model_type`. */
export const LLAMA_FAMILIES = {
  llama: (fields: ConfigFields) => parse(fields, LLAMA),
  mistral: (fields: ConfigFields) => parse(fields, MISTRAL),
  qwen2: (fields: ConfigFields) => parse(fields, QWEN2),
  qwen3: (fields: ConfigFields) => parse(fields, QWEN3),
};

/** @throws CometError `E_CHECKPOINT` for a wrong field, `E_UNSUPPORTED` for one that is not implemented. */
function parse(fields: ConfigFields, family: Family): CheckpointConfig {
  const config = fields.read(schema);
  if (!isEmpty(fields.get('per_layer_config')))
    throw fields.unsupported('per_layer_config', 'only layers of one form are supported');
  const { heads, kvHeads, headDim } = headsOf(fields, config, family);
  const { rope, context } = parseRope(fields, headDim, config.max_position_embeddings ?? family.context);
  const { hidden_size: width, num_hidden_layers: layers } = config;
  const shape = {
    ...{ layers, width, heads, kvHeads, headDim },
    ffn: config.intermediate_size ?? family.ffn,
    context: Math.min(context, family.window(fields, layers)),
    vocab: config.vocab_size ?? family.vocab,
    positionOffset: 0,
  };
  const variant = {
    norm: 'rms',
    eps: config.rms_norm_eps,
    affine: true,
    normBefore: true,
    finalNorm: true,
    qkNorm: family.qkNorm,
    biases: family.biases(fields),
    feedForward: { activation: activationOf(fields), gated: true },
    rope,
    tied: config.tie_word_embeddings,
    embedWidth: width,
  } as const;
  return { family: 'llama', shape, variant };
}

function headsOf(fields: ConfigFields, config: Config, family: Family) {
  const { hidden_size: width, num_attention_heads: heads } = config;
  const given = config.head_dim ?? family.headDim;
  if (given === undefined && !family.uneven && width % heads !== 0)
    throw fields.invalid('num_attention_heads', `hidden_size ${width} is not a multiple of ${heads}`);
  const headDim = given ?? Math.floor(width / heads);
  if (headDim < 2 || headDim % 2 !== 0)
    throw fields.invalid(given === undefined ? 'num_attention_heads' : 'head_dim', `values of a head are rotated in pairs, and ${headDim} is odd`); // prettier-ignore
  const { num_key_value_heads: own } = config;
  const kvHeads = (own === undefined ? family.kvHeads : own) ?? heads;
  if (heads % kvHeads !== 0)
    throw fields.invalid('num_key_value_heads', `num_attention_heads ${heads} is not a multiple of ${kvHeads}`);
  return { heads, kvHeads, headDim };
}

/** Of Qwen: the last layers see a window, where it is in use. */
function qwenWindow(fields: ConfigFields, layers: number): number {
  const config = fields.read(
    v.object({
      use_sliding_window: flag,
      sliding_window: v.optional(v.nullable(size), 4096),
      max_window_layers: v.optional(integer(0), 28),
      layer_types: v.nullish(v.array(v.picklist(['full_attention', 'sliding_attention']))),
    }),
  );
  const types = config.layer_types;
  if (types && types.length !== layers)
    throw fields.invalid('layer_types', `expected ${layers} of them, one for each layer`);
  const windowed = types ? types.includes('sliding_attention') : layers > config.max_window_layers;
  if (config.use_sliding_window) return windowed ? (config.sliding_window ?? Infinity) : Infinity;
  if (types && windowed) throw fields.unsupported('layer_types', 'sliding_attention needs use_sliding_window');
  return Infinity;
}

/** The names of `hidden_act`; those that compute one function by several formulas are one. */
const ACTIVATIONS: Readonly<Record<string, Exclude<Activation['kind'], 'fatrelu'>>> = {
  relu: 'relu',
  relu2: 'relu2',
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu_tanh',
  gelu_fast: 'gelu_tanh',
  gelu_accurate: 'gelu_tanh',
  gelu_pytorch_tanh: 'gelu_tanh',
  gelu_python_tanh: 'gelu_tanh',
};

function activationOf(fields: ConfigFields): Activation {
  const name = fields.get('hidden_act') ?? 'silu';
  if (name === 'fatrelu') {
    const threshold = v.object({ hidden_act_param: v.pipe(finite, v.minValue(0)) });
    return { kind: 'fatrelu', threshold: fields.read(threshold).hidden_act_param };
  }
  if (typeof name === 'string' && Object.hasOwn(ACTIVATIONS, name)) return { kind: ACTIVATIONS[name] };
  throw fields.unsupported('hidden_act', `supported are ${[...Object.keys(ACTIVATIONS), 'fatrelu'].join(', ')}`);
}

const isEmpty = (value: unknown): boolean => value === undefined || value === null || Object.keys(value).length === 0;
