/**
 * `config.json` of a Hugging Face OPT checkpoint. Absent fields mean what `transformers` takes them to mean. What this program can run
 * (protocol section 12) is pre-norm OPT with ReLU, without biases, without affine norms, with tied embeddings.
 */
import * as z from 'zod';
import { CometError } from '../core/errors.js';
import type { Shape } from './shape.js';

/** Rows of OPT's position table before that of position 0. */
export const POSITION_OFFSET = 2;

/** Dimensions of a checkpoint, and where its position table begins. */
export interface CheckpointShape extends Shape {
  /** Row of the position table that belongs to position 0. */
  readonly positionOffset: number;
}

/** Fields that have one supported value: the value, and what `transformers` assumes where the field is absent. */
const FIXED: readonly (readonly [field: string, supported: unknown, absent: unknown])[] = [
  ['architectures', ['OPTForCausalLM'], undefined],
  ['model_type', 'opt', undefined],
  ['enable_bias', false, true],
  ['layer_norm_elementwise_affine', false, true],
  ['do_layer_norm_before', true, true],
  ['activation_function', 'relu', 'relu'],
  ['tie_word_embeddings', true, true],
  ['_remove_final_layer_norm', false, false],
  ['quantization_config', undefined, undefined],
];

const size = z.number().int().min(1).max(1e6);
const schema = z.object({
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  ffn_dim: size,
  max_position_embeddings: size,
  vocab_size: size,
  word_embed_proj_dim: size.optional(),
  eos_token_id: z.number().int().nonnegative().nullish(),
});

/** What a checkpoint's `config.json` says. */
export interface CheckpointConfig {
  readonly shape: CheckpointShape;
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
  const result = schema.safeParse(raw);
  if (!result.success) {
    const { path: at, message } = result.error.issues[0];
    throw new CometError('E_CHECKPOINT', `${path}: the field ${at.join('.')} is not valid: ${message}`);
  }
  const config = result.data;
  const { hidden_size: width, num_attention_heads: heads } = config;
  check(config, 'word_embed_proj_dim', width, width, path);
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
  return { shape, eos: config.eos_token_id ?? undefined };
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
