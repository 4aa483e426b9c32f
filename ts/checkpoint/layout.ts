/** Names and shapes of the tensors of a checkpoint, as `transformers` writes them, without what comes before the decoder's. */
import type { CheckpointConfig } from './architecture.js';

/** The token embedding. */
export const EMBEDDING = 'embed_tokens.weight';

/** The table of positions. */
export const POSITIONS = 'embed_positions.weight';

/** The head; its name has no prefix. */
export const HEAD = 'lm_head.weight';

/** Modules of one layer; those of one linear layer stand side by side. */
export interface LayerModules {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly o: string;
  readonly gate: string;
  readonly up: string;
  readonly down: string;
  readonly normA: string;
  readonly normB: string;
  readonly normQ: string;
  readonly normK: string;
}

/** How the tensors of a family are named. */
interface Names {
  /** What comes before the names of the decoder: the causal model's, the bare model's, and that of a model within a model. */
  readonly prefixes: readonly string[];
  /** A tensor that all have, which tells the prefixes apart. */
  readonly common: string;
  readonly finalNorm: string;
  /** Modules by their names within a layer; a family may not have all of them. */
  readonly modules: LayerModules;
}

const ATTENTION = { q: 'self_attn.q_proj', k: 'self_attn.k_proj', v: 'self_attn.v_proj' };
const NAMES: Readonly<Record<CheckpointConfig['family'], Names>> = {
  opt: {
    prefixes: ['model.decoder.', 'decoder.', 'model.model.decoder.'],
    common: POSITIONS,
    finalNorm: 'final_layer_norm',
    modules: {
      ...ATTENTION, o: 'self_attn.out_proj', gate: '', up: 'fc1', down: 'fc2',
      normA: 'self_attn_layer_norm', normB: 'final_layer_norm', normQ: '', normK: '',
    }, // prettier-ignore
  },
  llama: {
    prefixes: ['model.', '', 'model.model.'],
    common: 'norm.weight',
    finalNorm: 'norm',
    modules: {
      ...ATTENTION, o: 'self_attn.o_proj', gate: 'mlp.gate_proj', up: 'mlp.up_proj', down: 'mlp.down_proj',
      normA: 'input_layernorm', normB: 'post_attention_layernorm', normQ: 'self_attn.q_norm', normK: 'self_attn.k_norm',
    }, // prettier-ignore
  },
};

/** The prefix of a checkpoint's names. */
export function prefixOf({ family }: CheckpointConfig, names: readonly string[]): string {
  const { prefixes, common } = NAMES[family];
  return prefixes.find((prefix) => names.includes(`${prefix}${common}`)) ?? prefixes[0];
}

/** The last norm. */
export const finalNormOf = ({ family }: CheckpointConfig): string => NAMES[family].finalNorm;

/** Modules of one layer, by their whole names. */
export function layerModules({ family }: CheckpointConfig, layer: number): LayerModules {
  const entries = Object.entries(NAMES[family].modules).map(([key, module]) => [key, `layers.${layer}.${module}`]);
  return Object.fromEntries(entries) as LayerModules;
}

/** Tensors that no model computes with: buffers that are made anew, and the version of fairseq's decoder. */
const HARMLESS = [
  /(^|\.)decoder\.version$/,
  /(^|\.)rotary_emb\.(inv_freq|cos_cached|sin_cached)$/,
  /(^|\.)(self_)?attn\.(masked_)?bias$/,
  /(^|\.)position_ids$/,
];

/** Whether a tensor may be left out without a word. */
export const isHarmless = (name: string): boolean => HARMLESS.some((pattern) => pattern.test(name));

/** Every tensor that such a model may have, with its shape; matrices are outputs by inputs. A tied head may be missing. */
export function tensorShapes(config: CheckpointConfig): Map<string, readonly number[]> {
  const { shape, variant } = config;
  const { width, vocab, context, positionOffset } = shape;
  const { embedWidth } = variant;
  const shapes = new Map<string, readonly number[]>();
  shapes.set(EMBEDDING, [vocab, embedWidth]);
  if (!variant.rope) shapes.set(POSITIONS, [positionOffset + context, width]);
  if (embedWidth !== width) {
    shapes.set('project_in.weight', [width, embedWidth]);
    shapes.set('project_out.weight', [embedWidth, width]);
  }
  const norm = normShapes(config, shapes);
  for (let layer = 0; layer < shape.layers; layer++) addLayer(config, layer, shapes, norm);
  if (variant.finalNorm && variant.affine) norm(finalNormOf(config), width);
  shapes.set(HEAD, [vocab, embedWidth]);
  return shapes;
}

type AddNorm = (module: string, width: number) => void;

/** Adds the weights of a norm. */
function normShapes({ variant }: CheckpointConfig, shapes: Map<string, readonly number[]>): AddNorm {
  return (module, width) => {
    shapes.set(`${module}.weight`, [width]);
    if (variant.norm === 'layer') shapes.set(`${module}.bias`, [width]);
  };
}

function addLayer(
  config: CheckpointConfig,
  layer: number,
  shapes: Map<string, readonly number[]>,
  norm: AddNorm,
): void {
  const { shape, variant } = config;
  const { width, heads, kvHeads, headDim, ffn } = shape;
  const { biases } = variant;
  const { q, k, v, o, gate, up, down, normA, normB, normQ, normK } = layerModules(config, layer);
  const linear = (module: string, outputs: number, inputs: number, biased: boolean): void => {
    shapes.set(`${module}.weight`, [outputs, inputs]);
    if (biased) shapes.set(`${module}.bias`, [outputs]);
  };
  linear(q, heads * headDim, width, biases.qkv);
  for (const module of [k, v]) linear(module, kvHeads * headDim, width, biases.qkv);
  linear(o, width, heads * headDim, biases.o);
  for (const module of variant.feedForward.gated ? [gate, up] : [up]) linear(module, ffn, width, biases.mlp);
  linear(down, width, ffn, biases.mlp);
  if (variant.affine) for (const module of [normA, normB]) norm(module, width);
  if (variant.qkNorm) for (const module of [normQ, normK]) norm(module, headDim);
}
