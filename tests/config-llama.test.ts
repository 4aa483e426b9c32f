/** What `config.json` of Llama's form says, and what is refused by the name of its field. */
import { parseConfig } from '../ts/checkpoint/config.js';
import type { CometError } from '../ts/core/errors.js';
import { longropeFactor, ropeOf, yarnFactor } from '../ts/plan/rope.js';

const parse = (fields: Record<string, unknown>) =>
  parseConfig(JSON.stringify({ model_type: 'llama', ...fields }), 'config.json');
const failure = (fields: Record<string, unknown>): CometError | undefined => {
  try {
    parse(fields);
  } catch (error) {
    return error as CometError;
  }
  return undefined;
};
const SMALL = { hidden_size: 32, num_attention_heads: 4 };

describe('absent fields mean what the classes of transformers take them to mean', () => {
  test.each([
    ['llama', { ffn: 11008, context: 2048, vocab: 32000, heads: 32, kvHeads: 32, headDim: 128 }],
    ['mistral', { ffn: 14336, context: 4096, vocab: 32000, heads: 32, kvHeads: 8, headDim: 128 }],
    ['qwen2', { ffn: 22016, context: 32768, vocab: 151936, heads: 32, kvHeads: 32, headDim: 128 }],
    ['qwen3', { ffn: 22016, context: 32768, vocab: 151936, heads: 32, kvHeads: 32, headDim: 128 }],
  ])('%s', (model_type, shape) => {
    const { shape: own, variant } = parse({ model_type });
    expect(own).toEqual({ layers: 32, width: 4096, positionOffset: 0, ...shape });
    expect(variant).toMatchObject({ norm: 'rms', eps: 1e-6, tied: false, feedForward: { gated: true } });
    expect(variant.rope).toEqual({ ...ropeOf(10_000, 128), factor: 1 });
    expect(variant.qkNorm).toBe(model_type === 'qwen3');
    expect(variant.biases).toEqual({ qkv: model_type === 'qwen2', o: false, mlp: false });
  });

  test('of keys and of a head', () => {
    expect(parse({ ...SMALL, num_key_value_heads: 2 }).shape).toMatchObject({ kvHeads: 2, headDim: 8 });
    expect(parse({ ...SMALL, model_type: 'mistral', num_key_value_heads: null }).shape.kvHeads).toBe(4);
    expect(parse({ ...SMALL, model_type: 'qwen3', num_key_value_heads: 4 }).shape.headDim).toBe(128);
    expect(parse({ ...SMALL, head_dim: null }).shape.headDim).toBe(8);
    expect(parse({ ...SMALL, head_dim: 6 }).shape.headDim).toBe(6);
    const uneven = { hidden_size: 50, num_attention_heads: 3, num_key_value_heads: 1 };
    expect(parse({ ...uneven, model_type: 'qwen2' }).shape.headDim).toBe(16);
  });
});

test('biases are those of the family', () => {
  const biases = (fields: Record<string, unknown>) => parse(fields).variant.biases;
  expect(biases({ attention_bias: true })).toEqual({ qkv: true, o: true, mlp: false });
  expect(biases({ mlp_bias: true })).toEqual({ qkv: false, o: false, mlp: true });
  expect(biases({ model_type: 'qwen3', attention_bias: true })).toEqual({ qkv: true, o: true, mlp: false });
});

test('activations have several names', () => {
  const activation = (fields: Record<string, unknown>) => parse(fields).variant.feedForward.activation;
  expect(activation({ hidden_act: 'swish' })).toEqual({ kind: 'silu' });
  expect(activation({ hidden_act: 'gelu_pytorch_tanh' })).toEqual({ kind: 'gelu_tanh' });
  expect(activation({ hidden_act: 'gelu_new' })).toEqual({ kind: 'gelu_tanh' });
  expect(activation({ hidden_act: 'gelu' })).toEqual({ kind: 'gelu' });
  const fatrelu = { hidden_act: 'fatrelu', hidden_act_param: 0.01, architectures: ['SparseLlamaForCausalLM'] };
  expect(activation(fatrelu)).toEqual({ kind: 'fatrelu', threshold: 0.01 });
  expect(activation({ ...fatrelu, model_type: 'sparsellama' })).toEqual({ kind: 'fatrelu', threshold: 0.01 });
});

describe('a window of positions is the context', () => {
  const context = (fields: Record<string, unknown>) =>
    parse({ max_position_embeddings: 1000, ...fields }).shape.context;
  test.each([
    [{ model_type: 'llama', sliding_window: 100 }, 1000],
    [{ model_type: 'mistral', sliding_window: 100 }, 100],
    [{ model_type: 'mistral', sliding_window: null }, 1000],
    [{ model_type: 'qwen2', sliding_window: 100 }, 1000],
    [{ model_type: 'qwen2', sliding_window: 100, use_sliding_window: true }, 100],
    [{ model_type: 'qwen2', sliding_window: 100, use_sliding_window: true, max_window_layers: 32 }, 1000],
    [{ model_type: 'qwen3', sliding_window: 100, use_sliding_window: true, num_hidden_layers: 1, layer_types: ['full_attention'] }, 1000],
    [{ model_type: 'qwen3', sliding_window: 100, use_sliding_window: true, num_hidden_layers: 1, layer_types: ['sliding_attention'] }, 100],
  ])('%j', (fields, expected) => expect(context(fields)).toBe(expected)); // prettier-ignore
});

describe('rotation', () => {
  const rope = (fields: Record<string, unknown>) => parse({ ...SMALL, ...fields }).variant.rope!;
  test('the same in old and new fields', () => {
    const scaling = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 };
    const expected = rope({ rope_parameters: { rope_theta: 300, rope_type: 'llama3', ...scaling } });
    expect(rope({ rope_theta: 300, rope_scaling: { rope_type: 'llama3', ...scaling } })).toEqual(expected);
    expect(rope({ rope_theta: 300, rope_scaling: { type: 'llama3', ...scaling } })).toEqual(expected);
    expect(expected.frequencies).not.toEqual(ropeOf(300, 8).frequencies);
    expect(rope({ rope_theta: 300, rope_scaling: {} })).toEqual({ ...ropeOf(300, 8), factor: 1 });
    expect(rope({ rope_theta: 300, rope_scaling: null })).toEqual({ ...ropeOf(300, 8), factor: 1 });
  });

  test('linear, and dynamic up to the trained length', () => {
    const plain = ropeOf(10_000, 8).frequencies;
    const { frequencies } = rope({ rope_scaling: { type: 'linear', factor: 4 } });
    frequencies.forEach((frequency, i) => expect(frequency).toBeCloseTo(plain[i] / 4, 10));
    expect(rope({ rope_scaling: { type: 'dynamic', factor: 4 } })).toEqual({ frequencies: plain, factor: 1 });
  });

  test('yarn and longrope multiply queries and keys', () => {
    const yarn = { type: 'yarn', factor: 4, original_max_position_embeddings: 16 };
    expect(rope({ rope_scaling: yarn }).factor).toBe(yarnFactor(4));
    expect(rope({ rope_scaling: { ...yarn, attention_factor: 1.5 } }).factor).toBe(1.5);
    expect(rope({ rope_scaling: { ...yarn, mscale: 2, mscale_all_dim: 1 } }).factor).toBe(
      yarnFactor(4, 2) / yarnFactor(4),
    );
    const fields = {
      max_position_embeddings: 64,
      rope_scaling: {
        type: 'longrope',
        short_factor: [1, 1, 2, 2],
        long_factor: [3, 3, 3, 3],
        original_max_position_embeddings: 16,
      },
    };
    const { shape, variant } = parse({ ...SMALL, ...fields });
    expect(shape.context).toBe(16);
    expect(variant.rope!.factor).toBe(longropeFactor(4, 16));
    expect(variant.rope!.frequencies[2]).toBeCloseTo(ropeOf(10_000, 8).frequencies[2] / 2, 10);
  });
});

describe('is refused by its field', () => {
  const longrope = { type: 'longrope', short_factor: [1, 1], long_factor: [1, 1] };
  test.each([
    ['hidden_act', { hidden_act: 'quick_gelu' }],
    ['rope_scaling.type', { rope_scaling: { type: 'ntk', factor: 2 } }],
    ['rope_parameters.rope_type', { rope_parameters: { rope_type: 'proportional' } }],
    ['rope_parameters', { rope_parameters: { full_attention: { rope_type: 'default' } } }],
    ['partial_rotary_factor', { partial_rotary_factor: 0.5, rope_scaling: { type: 'linear', factor: 2 } }],
    [
      'layer_types',
      { model_type: 'qwen2', num_key_value_heads: 4, num_hidden_layers: 1, layer_types: ['sliding_attention'] },
    ],
    ['per_layer_config', { per_layer_config: { 0: { intermediate_size: 8 } } }],
    ['model_type', { model_type: 'gemma' }],
    ['architectures', { architectures: ['MistralForCausalLM'] }],
    ['quantization_config', { quantization_config: { bits: 4 } }],
  ])('%s', (field, fields) => {
    const error = failure({ ...SMALL, ...fields });
    expect(error?.code).toBe('E_UNSUPPORTED');
    expect(error?.message).toMatch(new RegExp(`^config.json: ${field.replace('.', '\\.')} is `));
  });

  test.each([
    ['num_key_value_heads', { num_key_value_heads: 3 }],
    ['num_attention_heads', { hidden_size: 30 }],
    ['head_dim', { head_dim: 7 }],
    ['hidden_act_param', { hidden_act: 'fatrelu' }],
    ['rms_norm_eps', { rms_norm_eps: 'small' }],
    ['rope_theta', { rope_theta: 0 }],
    ['rope_scaling.factor', { rope_scaling: { type: 'linear' } }],
    ['rope_scaling.low_freq_factor', { rope_scaling: { type: 'llama3', factor: 8 } }],
    ['rope_scaling.short_factor', { rope_scaling: longrope }],
    ['rope_parameters', { rope_parameters: [1] }],
    ['layer_types', { model_type: 'qwen3', num_key_value_heads: 4, layer_types: ['full_attention'] }],
  ])('what is wrong in %s', (field, fields) => {
    const error = failure({ ...SMALL, ...fields });
    expect(error?.code).toBe('E_CHECKPOINT');
    expect(error?.message).toMatch(new RegExp(`the field ${field.replace('.', '\\.')} is not valid`));
  });
});
