/** Names and shapes of the tensors of an OPT checkpoint, as `transformers` writes them, without what comes before `OPTDecoder`'s. */
import type { CheckpointConfig } from './architecture.js';

/** The token embedding. */
export const EMBEDDING = 'embed_tokens.weight';

/** The head; its name has no prefix. */
export const HEAD = 'lm_head.weight';

/** What comes before the names of `OPTDecoder`: `OPTForCausalLM`'s, `OPTModel`'s, and that of a model within a model. */
const PREFIXES = ['model.decoder.', 'decoder.', 'model.model.decoder.'];

/** The prefix of a checkpoint's names. */
export const prefixOf = (names: readonly string[]): string =>
  PREFIXES.find((prefix) => names.includes(`${prefix}embed_positions.weight`)) ?? PREFIXES[0];

/** Tensors that no model computes with: buffers that are made anew, and the version of fairseq's decoder. */
const HARMLESS = [
  /(^|\.)decoder\.version$/,
  /(^|\.)rotary_emb\.(inv_freq|cos_cached|sin_cached)$/,
  /(^|\.)(self_)?attn\.(masked_)?bias$/,
  /(^|\.)position_ids$/,
];

/** Whether a tensor may be left out without a word. */
export const isHarmless = (name: string): boolean => HARMLESS.some((pattern) => pattern.test(name));

/** Modules of one layer; q, k and v are three of one kind. */
export function layerModules(layer: number) {
  const at = (module: string): string => `layers.${layer}.${module}`;
  return {
    qkv: [at('self_attn.q_proj'), at('self_attn.k_proj'), at('self_attn.v_proj')],
    o: [at('self_attn.out_proj')],
    up: [at('fc1')],
    down: [at('fc2')],
    normA: at('self_attn_layer_norm'),
    normB: at('final_layer_norm'),
  };
}

/** Every tensor that such a model may have, with its shape; matrices are outputs by inputs. A tied head may be missing. */
export function tensorShapes({ shape, variant }: CheckpointConfig): Map<string, readonly number[]> {
  const { width, ffn, vocab, context, positionOffset } = shape;
  const { bias, affine, embedWidth } = variant;
  const shapes = new Map<string, readonly number[]>();
  const linear = (modules: readonly string[], outputs: number, inputs: number, biased: boolean): void => {
    for (const module of modules) {
      shapes.set(`${module}.weight`, [outputs, inputs]);
      if (biased) shapes.set(`${module}.bias`, [outputs]);
    }
  };
  const norm = (module: string): void => {
    if (affine) for (const part of ['weight', 'bias']) shapes.set(`${module}.${part}`, [width]);
  };
  shapes.set(EMBEDDING, [vocab, embedWidth]);
  shapes.set('embed_positions.weight', [positionOffset + context, width]);
  if (embedWidth !== width) {
    linear(['project_in'], width, embedWidth, false);
    linear(['project_out'], embedWidth, width, false);
  }
  for (let layer = 0; layer < shape.layers; layer++) {
    const { qkv, o, up, down, normA, normB } = layerModules(layer);
    linear([...qkv, ...o], width, width, bias);
    linear(up, ffn, width, bias);
    linear(down, width, ffn, bias);
    norm(normA);
    norm(normB);
  }
  if (variant.finalNorm) norm('final_layer_norm');
  shapes.set(HEAD, [vocab, embedWidth]);
  return shapes;
}
