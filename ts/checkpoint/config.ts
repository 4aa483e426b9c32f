/**
 * `config.json` of a Hugging Face OPT checkpoint. Absent fields mean what `transformers` takes them to mean. Every OPT decoder with ReLU
 * can be loaded; what cannot be run privately is refused by {@link requirePrivate}.
 */
import * as v from 'valibot';
import { CometError } from '../core/errors.js';
import { integer, read } from '../core/schema.js';
import type { Shape } from '../plan/shape.js';

/** Rows of OPT's position table before that of position 0. */
export const POSITION_OFFSET = 2;

/** Dimensions of a checkpoint, and where its position table begins. */
export interface CheckpointShape extends Shape {
  /** Row of the position table that belongs to position 0. */
  readonly positionOffset: number;
}

/** What OPT models differ in besides their dimensions. */
export interface Variant {
  /** Linear layers have biases: `enable_bias`. */
  readonly bias: boolean;
  /** Norms have a gain and a bias: `layer_norm_elementwise_affine`. */
  readonly affine: boolean;
  /** Norms come before attention and feed-forward, not after: `do_layer_norm_before`. */
  readonly normBefore: boolean;
  /** There is a norm after the last layer: `normBefore` and not `_remove_final_layer_norm`. */
  readonly finalNorm: boolean;
  /** The head is the token embedding: `tie_word_embeddings`. */
  readonly tied: boolean;
  /** Width of the token embedding: `word_embed_proj_dim`. Another than the stream's has projections into it and out of it. */
  readonly embedWidth: number;
}

/** Fields that have one supported value: the value, and what `transformers` assumes where the field is absent. */
const FIXED: readonly (readonly [field: string, supported: unknown, absent: unknown])[] = [
  ['architectures', ['OPTForCausalLM'], undefined],
  ['model_type', 'opt', undefined],
  ['activation_function', 'relu', 'relu'],
  ['quantization_config', undefined, undefined],
];

const size = integer(1, 1e6);
const schema = v.object({
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  ffn_dim: size,
  max_position_embeddings: size,
  vocab_size: size,
  word_embed_proj_dim: v.nullish(size),
  eos_token_id: v.nullish(integer(0)),
  enable_bias: v.optional(v.boolean(), true),
  layer_norm_elementwise_affine: v.optional(v.boolean(), true),
  do_layer_norm_before: v.optional(v.boolean(), true),
  tie_word_embeddings: v.optional(v.boolean(), true),
  _remove_final_layer_norm: v.optional(v.boolean(), false),
});

/** What a checkpoint's `config.json` says. */
export interface CheckpointConfig {
  readonly shape: CheckpointShape;
  readonly variant: Variant;
  /** Token that ends a text, where the configuration names one. */
  readonly eos?: number;
}

/**
 * Reads a `config.json`; `path` is for messages.
 * @throws CometError `E_CHECKPOINT` when it is damaged, `E_UNSUPPORTED` naming the field and its value when the architecture is another.
 */
export function parseConfig(text: string, path: string): CheckpointConfig {
  const raw = parseObject(text, path);
  for (const [field, supported, absent] of FIXED) check(raw, field, supported, absent, path);
  const result = read(schema, raw);
  if (!result.success) {
    const [issue] = result.issues;
    throw new CometError('E_CHECKPOINT', `${path}: the field ${v.getDotPath(issue)} is not valid: ${issue.message}`);
  }
  const config = result.output;
  const { hidden_size: width, num_attention_heads: heads } = config;
  if (width % heads !== 0) {
    const message = `${path}: hidden_size ${width} is not a multiple of num_attention_heads ${heads}`;
    throw new CometError('E_CHECKPOINT', message);
  }
  const shape = {
    layers: config.num_hidden_layers,
    width,
    heads,
    headDim: width / heads,
    ffn: config.ffn_dim,
    context: config.max_position_embeddings,
    vocab: config.vocab_size,
    positionOffset: POSITION_OFFSET,
  };
  const variant = {
    bias: config.enable_bias,
    affine: config.layer_norm_elementwise_affine,
    normBefore: config.do_layer_norm_before,
    finalNorm: config.do_layer_norm_before && !config._remove_final_layer_norm,
    tied: config.tie_word_embeddings,
    embedWidth: config.word_embed_proj_dim ?? width,
  };
  return { shape, variant, eos: config.eos_token_id ?? undefined };
}

/** Refuses what the private protocol has no program for. @throws CometError `E_UNSUPPORTED` naming the field. */
export function requirePrivate({ normBefore, finalNorm }: Variant, name: string): void {
  const refuse = (field: string) =>
    new CometError('E_UNSUPPORTED', `${name}: ${field}; such a model runs in plaintext only, not privately`);
  // A post-norm model has none at its end: that of the last layer is there.
  if (normBefore && !finalNorm) throw refuse('_remove_final_layer_norm is true');
}

function check(raw: object, field: string, supported: unknown, absent: unknown, path: string): void {
  const given = (raw as Record<string, unknown>)[field];
  const value = given === undefined ? absent : given;
  // As JSON: one of them is a list.
  if (JSON.stringify(value) === JSON.stringify(supported)) return;
  const how = given === undefined ? 'is absent' : `is ${JSON.stringify(given)}`;
  const wanted =
    supported === undefined ? 'only models without it are supported' : `only ${JSON.stringify(supported)} is supported`;
  throw new CometError('E_UNSUPPORTED', `${path}: ${field} ${how}; ${wanted}`);
}

function parseObject(text: string, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CometError('E_CHECKPOINT', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new CometError('E_CHECKPOINT', `${path} is not a JSON object`);
  }
  return value as Record<string, unknown>;
}
