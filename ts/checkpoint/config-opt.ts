/** `config.json` of the OPT family. Absent fields mean what `OPTConfig` of `transformers` takes them to mean. */
import * as v from 'valibot';
import { integer } from '../core/schema.js';
import { RELU } from '../plan/activation.js';
import type { CheckpointConfig } from './architecture.js';
import type { ConfigFields } from './config-fields.js';

/** Rows of OPT's position table before that of position 0. */
export const POSITION_OFFSET = 2;

const size = integer(1, 1e6);
const schema = v.object({
  hidden_size: v.optional(size, 768),
  num_hidden_layers: v.optional(size, 12),
  num_attention_heads: v.optional(size, 12),
  ffn_dim: v.optional(size, 3072),
  max_position_embeddings: v.optional(size, 2048),
  vocab_size: v.optional(size, 50272),
  word_embed_proj_dim: v.nullish(size),
  enable_bias: v.optional(v.boolean(), true),
  layer_norm_elementwise_affine: v.optional(v.boolean(), true),
  do_layer_norm_before: v.optional(v.boolean(), true),
  tie_word_embeddings: v.optional(v.boolean(), true),
  _remove_final_layer_norm: v.optional(v.boolean(), false),
});

/** Reads the fields of an OPT. @throws CometError `E_CHECKPOINT` for a wrong one, `E_UNSUPPORTED` for one that is not implemented. */
export function parseOpt(fields: ConfigFields): CheckpointConfig {
  if (!['relu', undefined].includes(fields.get('activation_function') as string | undefined))
    throw fields.unsupported('activation_function', 'only "relu" is supported');
  const config = fields.read(schema);
  const { hidden_size: width, num_attention_heads: heads } = config;
  if (width % heads !== 0)
    throw fields.invalid('num_attention_heads', `hidden_size ${width} is not a multiple of ${heads}`);
  const shape = {
    layers: config.num_hidden_layers,
    width,
    heads,
    kvHeads: heads,
    headDim: width / heads,
    ffn: config.ffn_dim,
    context: config.max_position_embeddings,
    vocab: config.vocab_size,
    positionOffset: POSITION_OFFSET,
  };
  const { enable_bias: bias } = config;
  const variant = {
    norm: 'layer',
    eps: 1e-5,
    qkNorm: false,
    biases: { qkv: bias, o: bias, mlp: bias },
    feedForward: RELU,
    affine: config.layer_norm_elementwise_affine,
    normBefore: config.do_layer_norm_before,
    finalNorm: config.do_layer_norm_before && !config._remove_final_layer_norm,
    tied: config.tie_word_embeddings,
    embedWidth: config.word_embed_proj_dim ?? width,
  } as const;
  return { family: 'opt', shape, variant };
}
