import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCheckpoint } from '../ts/checkpoint/checkpoint.js';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { bytesSource } from '../ts/checkpoint/source.js';
import { loadTokenizer, type Tokenizer } from '../ts/checkpoint/tokenizer.js';
import { CometError } from '../ts/core/errors.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { edited, type Header } from './support/safetensors.js';

const folder = fileURLToPath(new URL('fixtures/tiny-opt', import.meta.url));
const bytes = (file: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(join(folder, file)));
const utf8 = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

const FILES = {
  'config.json': bytes('config.json'),
  'model.safetensors': bytes('model.safetensors'),
  'tokenizer.json': bytes('tokenizer.json'),
  'tokenizer_config.json': bytes('tokenizer_config.json'),
};
const CONFIG = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;

/** The tiny safetensors file with another header or other data. */
const weights = (change: (header: Header, data: Uint8Array) => void): Uint8Array<ArrayBuffer> =>
  edited(bytes('model.safetensors'), change);

const FC1 = 'model.decoder.layers.0.fc1.weight';
const Q1 = 'model.decoder.layers.1.self_attn.q_proj.weight';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** What loading the tiny model fails with when some of its files are others; `undefined` takes one away. */
async function failing(files: Record<string, Uint8Array<ArrayBuffer> | undefined>, load = loadBoth): Promise<string> {
  const present = Object.entries({ ...FILES, ...files }).filter(
    (entry): entry is [string, Uint8Array<ArrayBuffer>] => !!entry[1],
  );
  try {
    await load(Object.fromEntries(present));
  } catch (error) {
    if (error instanceof CometError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'nothing';
}
async function loadBoth(files: Record<string, Uint8Array>): Promise<void> {
  await loadCheckpoint(kernels, bytesSource('tiny', files));
  await loadTokenizer(bytesSource('tiny', files));
}

describe('checkpoints', () => {
  test('are the same from a folder and from bytes', async () => {
    const model = await loadCheckpoint(kernels, folderSource(folder));
    expect(model.name).toBe('tiny-opt');
    expect(model.shape).toEqual({
      layers: 2, width: 32, heads: 4, kvHeads: 4, headDim: 8, ffn: 64, context: 64, vocab: 264, positionOffset: 2,
    }); // prettier-ignore
    expect(model.positions!.length).toBe(66 * 32);
    expect(await loadCheckpoint(kernels, bytesSource('somewhere/tiny-opt/', FILES))).toEqual(model);
  });

  test('have their matrices transposed, q, k and v side by side', async () => {
    const model = await loadCheckpoint(kernels, folderSource(folder));
    const file = FILES['model.safetensors'];
    const header = JSON.parse(kernels.safetensorsHeader(file)) as {
      tensors: Record<string, { start: number; end: number }>;
    };
    const values = (name: string): Float32Array => {
      const { start, end } = header.tensors[name];
      return kernels.decodeTensor(file.subarray(start, end), 'F32');
    };
    const [q, k, up] = [values(Q1), values(Q1.replace('q_proj', 'k_proj')), values(FC1)];
    expect(model.layers[1].qkv[5 * 96 + 7]).toBe(q[7 * 32 + 5]);
    expect(model.layers[1].qkv[5 * 96 + 32 + 7]).toBe(k[7 * 32 + 5]);
    expect(model.layers[0].up[3 * 64 + 60]).toBe(up[60 * 32 + 3]);
  });

  test('may have names without the prefix', async () => {
    const bare = weights((header) => {
      for (const name of Object.keys(header).filter((key) => key.startsWith('model.'))) {
        header[name.slice('model.'.length)] = header[name];
        delete header[name];
      }
    });
    const files = { ...FILES, 'model.safetensors': bare };
    const [a, b] = [FILES, files].map((each) => loadCheckpoint(kernels, bytesSource('tiny', each)));
    expect(await b).toEqual(await a);
  });
});

describe('damaged checkpoints', () => {
  test.each(['config.json', 'model.safetensors', 'tokenizer.json'])('%s is missing', async (file) => {
    expect(await failing({ [file]: undefined })).toMatch(
      new RegExp(`^E_CHECKPOINT: tiny/${file.replace('.', '\\.')} is missing`),
    );
  });

  test('a folder that is not there', async () => {
    const load = loadCheckpoint(kernels, folderSource(join(folder, 'nowhere')));
    await expect(load).rejects.toMatchObject({
      code: 'E_CHECKPOINT',
      message: expect.stringContaining('nowhere/config.json'),
    });
  });

  test.each([1, 1000, 50_000])('weights truncated by %i bytes', async (count) => {
    const file = FILES['model.safetensors'];
    const message = await failing({ 'model.safetensors': file.subarray(0, file.length - count) });
    expect(message).toMatch(/^E_CHECKPOINT: tiny\/model\.safetensors is truncated/);
    expect(message).toContain(String(file.length));
  });

  test.each([0, 7, 100])('weights of %i bytes', async (length) => {
    const message = await failing({ 'model.safetensors': FILES['model.safetensors'].subarray(0, length) });
    expect(message).toMatch(/^E_CHECKPOINT: tiny\/model\.safetensors/);
  });

  test('weights that are too long, or another kind of file', async () => {
    const longer = new Uint8Array([...FILES['model.safetensors'], 0]);
    expect(await failing({ 'model.safetensors': longer })).toMatch(/^E_CHECKPOINT: .*too long/);
    expect(await failing({ 'model.safetensors': utf8('PK\u0003\u0004 and so on, for a while') })).toMatch(
      /^E_CHECKPOINT/,
    );
  });

  test('a file that ends while it is read', async () => {
    const source = bytesSource('tiny', FILES);
    const read: typeof source.read = (file, from, to) => source.read(file, from, from > 10_000 ? to - 1 : to);
    await expect(loadCheckpoint(kernels, { ...source, read })).rejects.toMatchObject({ code: 'E_CHECKPOINT' });
  });

  test('a tensor is missing', async () => {
    const file = weights((header) => {
      header['model.decoder.version'] = header[FC1];
      delete header[FC1];
    });
    const message = await failing({ 'model.safetensors': file });
    expect(message).toMatch(/^E_CHECKPOINT: .* no tensor model\.decoder\.layers\.0\.fc1\.weight; .*\[64, 32\]/);
  });

  test('a tensor too many', async () => {
    const file = weights((header, data) => {
      header['model.decoder.layers.0.fc1.bias'] = {
        dtype: 'F32',
        shape: [0],
        data_offsets: [data.length, data.length],
      };
    });
    expect(await failing({ 'model.safetensors': file })).toMatch(/^E_CHECKPOINT: .*fc1\.bias/);
  });

  test('a tensor of another shape', async () => {
    const file = weights((header) => (header[FC1].shape = [32, 64]));
    expect(await failing({ 'model.safetensors': file })).toMatch(
      /^E_CHECKPOINT: .*0\.fc1\.weight has shape \[32, 64\]; .*\[64, 32\]/,
    );
    const fewer = utf8({ ...CONFIG, vocab_size: 300 });
    expect(await failing({ 'config.json': fewer })).toMatch(
      /^E_CHECKPOINT: .*embed_tokens.*\[264, 32\]; .*\[300, 32\]/,
    );
  });

  test('a tensor of another type', async () => {
    const file = weights((header) => (header[FC1].dtype = 'I32'));
    expect(await failing({ 'model.safetensors': file })).toMatch(
      /^E_CHECKPOINT: .*0\.fc1\.weight has type I32; expected F32/,
    );
  });

  test.each([
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['-Infinity', -Infinity],
  ])('a weight is %s', async (name, value) => {
    const file = weights((header, data) => {
      new DataView(data.buffer).setFloat32(header[Q1].data_offsets[0] + 4 * 11, value, true);
    });
    const expected = new RegExp(`^E_CHECKPOINT: .*layers\\.1\\.self_attn\\.q_proj\\.weight holds ${name} at index 11`);
    expect(await failing({ 'model.safetensors': file })).toMatch(expected);
  });

  test.each([
    ['not JSON', '{"hidden_size":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a size that is none', { ...CONFIG, ffn_dim: -64 }, 'ffn_dim'],
    ['a size of the wrong type', { ...CONFIG, num_hidden_layers: '2' }, 'num_hidden_layers'],
    ['a size that is null', { ...CONFIG, hidden_size: null }, 'hidden_size'],
    ['heads that do not divide the width', { ...CONFIG, num_attention_heads: 5 }, 'num_attention_heads'],
  ])('a configuration with %s', async (_, config, field = 'config.json') => {
    const message = await failing({ 'config.json': utf8(config) });
    expect(message).toMatch(/^E_CHECKPOINT: tiny\/config\.json/);
    expect(message).toContain(field);
  });

  test('cannot be read', async () => {
    const place = mkdtempSync(join(tmpdir(), 'comet-'));
    try {
      mkdirSync(join(place, 'config.json'));
      await expect(loadCheckpoint(kernels, folderSource(place))).rejects.toMatchObject({ code: 'E_CHECKPOINT' });
      if (process.getuid?.() === 0) return; // root reads everything
      chmodSync(place, 0);
      await expect(loadCheckpoint(kernels, folderSource(place))).rejects.toMatchObject({ code: 'E_IO' });
    } finally {
      chmodSync(place, 0o700);
      rmSync(place, { recursive: true });
    }
  });
});

describe('other architectures', () => {
  test.each([
    ['architectures', ['LlamaForCausalLM']],
    ['model_type', 'gpt2'],
    ['activation_function', 'gelu'],
    ['quantization_config', { bits: 4 }],
  ])('%s %j', async (field, value) => {
    const message = await failing({ 'config.json': utf8({ ...CONFIG, [field]: value }) });
    expect(message).toMatch(/^E_UNSUPPORTED: tiny\/config\.json/);
    expect(message).toContain(`${field} is ${JSON.stringify(value)}`);
  });

  test('model_type is absent', async () => {
    const message = await failing({ 'config.json': utf8({ ...CONFIG, model_type: undefined }) });
    expect(message).toMatch(/^E_UNSUPPORTED: .*model_type is absent/);
  });

  test.each([
    ['enable_bias', 'self_attn.q_proj.bias'],
    ['layer_norm_elementwise_affine', 'self_attn_layer_norm.weight'],
  ])('%s is on where it is absent, as in transformers', async (field, tensor) => {
    for (const value of [true, undefined])
      expect(await failing({ 'config.json': utf8({ ...CONFIG, [field]: value }) })).toMatch(
        new RegExp(`^E_CHECKPOINT: .* no tensor .*${tensor.replace('.', '\\.')}`),
      );
  });

  test.each([
    ['tie_word_embeddings', false, 'lm_head.weight'],
    ['word_embed_proj_dim', 16, 'embed_tokens.weight has shape'],
    ['enable_bias', 'yes', 'enable_bias is not valid'],
  ])('weights that do not have what %s %j says', async (field, value, named) => {
    const message = await failing({ 'config.json': utf8({ ...CONFIG, [field]: value }) });
    expect(message).toMatch(/^E_CHECKPOINT/);
    expect(message).toContain(named);
  });

  test.each(['pytorch_model.bin', 'pytorch_model.bin.index.json'])('weights in %s', async (file) => {
    const message = await failing({ 'model.safetensors': undefined, [file]: utf8('{}') });
    expect(message).toMatch(/^E_UNSUPPORTED/);
    expect(message).toContain(file);
  });
});

describe('tokenisers', () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(bytesSource('tiny', FILES));
  });

  const text = "  The rain\n\nhad  stopped . 'Café?' 🙂 日本 \ufffd\ufeff \t";

  test('give back what they took', () => {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    expect(tokenizer.encode('')).toEqual([]);
    expect(tokenizer.decode([])).toBe('');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (any) => tokenizer.decode(tokenizer.encode(any)) === any));
  });

  test('know the end of a text, and leave it out', () => {
    expect([...tokenizer.ends]).toEqual([0]);
    expect(tokenizer.encode('a<|endoftext|>b')[1]).toBe(0);
    expect(tokenizer.decode(tokenizer.encode('a<|endoftext|>b'))).toBe('ab');
  });

  test('add the first token where their definition says so', async () => {
    const definition = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as Record<string, unknown>;
    definition.post_processor = {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<|endoftext|>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<|endoftext|>': { id: '<|endoftext|>', ids: [0], tokens: ['<|endoftext|>'] } },
    };
    const other = await loadTokenizer(bytesSource('tiny', { 'tokenizer.json': utf8(definition) }));
    expect(other.encode('a')).toEqual([0, ...tokenizer.encode('a')]);
  });

  test.each([
    [{ add_bos_token: true, bos_token: '<|endoftext|>' }, [0], []],
    [
      { add_bos_token: true, bos_token: { content: '<|endoftext|>' }, add_eos_token: true, eos_token: '<|endoftext|>' },
      [0],
      [0],
    ],
    [{ add_bos_token: false, bos_token: '<|endoftext|>' }, [], []],
    [{ add_bos_token: true, bos_token: null }, [], []],
    [{ bos_token: '<|endoftext|>' }, [], []],
  ])('put around a text what tokenizer_config.json says: %j', async (config, before, after) => {
    const files = { 'tokenizer.json': FILES['tokenizer.json'], 'tokenizer_config.json': utf8(config) };
    const other = await loadTokenizer(bytesSource('tiny', files));
    expect(other.encode('a')).toEqual([...before, ...tokenizer.encode('a'), ...after]);
    expect(other.first).toEqual(before);
  });

  test('put a prefix before a text, and not twice', async () => {
    const config = utf8({ add_bos_token: true, bos_token: '<|endoftext|>' });
    const other = await loadTokenizer(
      bytesSource('tiny', { 'tokenizer.json': FILES['tokenizer.json'], 'tokenizer_config.json': config }),
    );
    const [a] = tokenizer.encode('a');
    expect(other.encodeBehind([0], 'a')).toEqual([0, a]);
    expect(other.encodeBehind([0, 9], 'a')).toEqual([0, 9, a]);
    expect(other.encodeBehind([], 'a')).toEqual([0, a]);
    expect(other.encodeBehind([0], '')).toEqual([0]);
    expect(tokenizer.encodeBehind([0], 'a')).toEqual([0, a]);
    expect(tokenizer.encodeBehind([0], '<|endoftext|>a')).toEqual([0, a]);
    expect(tokenizer.encodeBehind([9], 'a')).toEqual([9, a]);
  });

  test('stream whole characters', () => {
    const stream = tokenizer.stream();
    const pieces = tokenizer.encode('é🙂').map((id) => stream.push(id));
    expect(pieces).toEqual(['', 'é', '', '', '', '🙂']);
    expect(stream.end()).toBe('');
  });

  test('stream together what they decode at once, whatever the tokens', () => {
    const tokens = fc.array(fc.nat(263), { maxLength: 40 });
    fc.assert(
      fc.property(
        fc.oneof(
          tokens,
          fc.string({ unit: 'binary' }).map((any) => tokenizer.encode(any)),
        ),
        (ids) => {
          const stream = tokenizer.stream();
          const pieces = ids.map((id) => stream.push(id));
          return pieces.join('') + stream.end() === tokenizer.decode(ids);
        },
      ),
    );
  });

  test.each([
    ['not JSON', '{'],
    ['null', 'null'],
    ['no tokeniser', '{}'],
    ['no vocabulary', { model: { type: 'BPE' }, decoder: null }],
  ])('damaged: %s', async (_, definition) => {
    expect(await failing({ 'tokenizer.json': utf8(definition) })).toMatch(
      /^E_CHECKPOINT: tiny\/tokenizer\.json is not/,
    );
  });

  test('of a larger model', async () => {
    const definition = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as {
      model: { vocab: Record<string, number> };
    };
    definition.model.vocab.more = 264;
    expect(await failing({ 'tokenizer.json': utf8(definition) })).toMatch(/^E_CHECKPOINT: .*265 tokens, the model 264/);
  });

  test('with an added token that the model has not', async () => {
    const definition = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as { added_tokens: object[] };
    definition.added_tokens.push({ ...definition.added_tokens[0], id: 264, content: '<more>' });
    const other = await loadTokenizer(bytesSource('tiny', { ...FILES, 'tokenizer.json': utf8(definition) }));
    expect(other.encode('the more')).toEqual(tokenizer.encode('the more'));
    expect(() => other.encode('the <more>')).toThrow(expect.objectContaining({ code: 'E_PROMPT' }));
  });
});
