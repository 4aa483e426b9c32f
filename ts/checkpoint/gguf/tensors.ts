/** The tensors of a GGUF file by their names in a Hugging Face checkpoint. */
import { CometError } from '../../core/errors.js';
import type { Dimensions, GgufModel } from './config.js';
import type { Gguf, GgufTensor } from './parse.js';

/** Factors of frequencies, which `config.json` describes: no tensor of the checkpoint. */
export const ROPE_FACTORS = 'rope_freqs.weight';

/** A tensor to write. */
export interface TensorToImport {
  readonly from: GgufTensor;
  readonly name: string;
  /** Rows of a head whose halves llama.cpp has interleaved: those of q and k of `llama`. */
  readonly interleaved?: number;
}

type Shape = readonly number[];

/** Names and shapes of a layer's tensors: GGUF's name after `blk.L.`, ours after `model.layers.L.`. */
function layerTensors({ architecture, dimensions, optional }: GgufModel): [gguf: string, ours: string, Shape][] {
  const { width, ffn, heads, kvHeads, headDim } = dimensions;
  const linear = (gguf: string, ours: string, [outputs, inputs]: Shape, bias: boolean) => [
    [`${gguf}.weight`, `${ours}.weight`, [outputs, inputs]],
    ...(bias ? [[`${gguf}.bias`, `${ours}.bias`, [outputs]]] : []),
  ];
  const { qkvBias, outputBias, mlpBias } = optional;
  const norms = [
    ['attn_norm.weight', 'input_layernorm.weight', [width]],
    ['ffn_norm.weight', 'post_attention_layernorm.weight', [width]],
    ...(architecture === 'qwen3'
      ? [
          ['attn_q_norm.weight', 'self_attn.q_norm.weight', [headDim]],
          ['attn_k_norm.weight', 'self_attn.k_norm.weight', [headDim]],
        ]
      : []),
  ];
  return [
    ...norms,
    ...linear('attn_q', 'self_attn.q_proj', [heads * headDim, width], qkvBias),
    ...linear('attn_k', 'self_attn.k_proj', [kvHeads * headDim, width], qkvBias),
    ...linear('attn_v', 'self_attn.v_proj', [kvHeads * headDim, width], qkvBias),
    ...linear('attn_output', 'self_attn.o_proj', [width, heads * headDim], outputBias),
    ...linear('ffn_gate', 'mlp.gate_proj', [ffn, width], mlpBias),
    ...linear('ffn_up', 'mlp.up_proj', [ffn, width], mlpBias),
    ...linear('ffn_down', 'mlp.down_proj', [width, ffn], mlpBias),
  ] as [string, string, Shape][];
}

const isInterleaved = (name: string): boolean => /^blk\.\d+\.attn_[qk]\./.test(name);

/**
 * All tensors of a model, in the file's order.
 * @throws CometError `E_UNSUPPORTED` for a tensor that such a model does not have, `E_CHECKPOINT` for missing ones and other shapes.
 */
export function tensorsOf({ path, tensors }: Gguf, model: GgufModel): TensorToImport[] {
  const expected = expectedTensors(model);
  const found = tensors.filter(({ name }) => name !== ROPE_FACTORS);
  const result = found.map((from): TensorToImport => {
    const wanted = expected.get(from.name);
    if (!wanted)
      throw new CometError('E_UNSUPPORTED', `${path} has a tensor ${from.name}, which no ${model.architecture} has`);
    if (String(wanted.shape) !== String(from.shape)) {
      const shapes = `shape [${from.shape.join(', ')}]; expected [${wanted.shape.join(', ')}]`;
      throw new CometError('E_CHECKPOINT', `${path}: ${from.name} has ${shapes}`);
    }
    const interleaved = model.architecture === 'llama' && isInterleaved(from.name);
    return { from, name: wanted.name, ...(interleaved && { interleaved: model.dimensions.headDim }) };
  });
  const names = new Set(found.map(({ name }) => name));
  const missing = [...expected.keys()].find((name) => !names.has(name));
  if (missing) throw new CometError('E_CHECKPOINT', `${path} has no tensor ${missing}`);
  if (names.size < found.length) throw new CometError('E_CHECKPOINT', `${path} has two tensors of one name`);
  return result;
}

function expectedTensors(model: GgufModel): Map<string, { name: string; shape: Shape }> {
  const { vocab, width, layers }: Dimensions = model.dimensions;
  const expected = new Map([
    ['token_embd.weight', { name: 'model.embed_tokens.weight', shape: [vocab, width] as Shape }],
    ['output_norm.weight', { name: 'model.norm.weight', shape: [width] }],
  ]);
  if (model.optional.head) expected.set('output.weight', { name: 'lm_head.weight', shape: [vocab, width] });
  for (let layer = 0; layer < layers; layer++)
    for (const [gguf, ours, shape] of layerTensors(model))
      expected.set(`blk.${layer}.${gguf}`, { name: `model.layers.${layer}.${ours}`, shape });
  return expected;
}

/**
 * Puts the rows of heads back into Hugging Face's order: `reshape(heads, d / 2, 2, columns).swapaxes(1, 2)`.
 * @param values whole heads of `headDim` rows
 * @param columns values of a row; 1 in a bias
 */
export function deinterleave(values: Float32Array, headDim: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row * columns < values.length; row++) {
    const within = row % headDim;
    const to = row - within + (within % 2) * (headDim / 2) + Math.floor(within / 2);
    result.set(values.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return result;
}
