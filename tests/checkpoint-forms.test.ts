/** Other forms of the same checkpoint: what transformers makes of them is in fixtures/forms.json (scripts/train/make_forms.py). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCheckpoint } from '../ts/checkpoint/checkpoint.js';
import { bytesSource } from '../ts/checkpoint/source.js';
import { loadTokenizer } from '../ts/checkpoint/tokenizer.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { FloatModel } from '../ts/plain/float.js';
import { edited, tensorBytes, withTensor } from './support/safetensors.js';

interface Form {
  readonly edit?: string;
  readonly set?: Readonly<Record<string, unknown>>;
  readonly drop?: readonly string[];
  readonly raw?: readonly [string, string];
  /** Place among the values; null where transformers does not load it. */
  readonly logits: number | null;
}

const FIXTURES = fileURLToPath(new URL('fixtures', import.meta.url));
const { ids, values, forms } = JSON.parse(readFileSync(join(FIXTURES, 'forms.json'), 'utf8')) as {
  ids: number[];
  values: number[][];
  forms: Form[];
};
const bytes = (file: string) => new Uint8Array(readFileSync(join(FIXTURES, 'tiny-opt', file)));
const utf8 = (value: unknown): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const CONFIG = new TextDecoder().decode(bytes('config.json'));
const WEIGHTS = bytes('model.safetensors');

const EMBEDDING = 'model.decoder.embed_tokens.weight';
const HEAD = 'lm_head.weight';
const [ROWS, WIDTH] = [264, 32];

const withHead = (rows: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  withTensor(WEIGHTS, HEAD, { dtype: 'F32', shape: [ROWS, WIDTH] }, rows);
const renamed = (from: string, to?: string): Uint8Array<ArrayBuffer> =>
  edited(WEIGHTS, (header) => {
    for (const name of Object.keys(header).filter((each) => each.startsWith(from))) {
      if (to !== undefined) header[name.replace(from, to)] = header[name];
      delete header[name];
    }
  });

/** Those of make_forms.py. */
const EDITS: Readonly<Record<string, () => Uint8Array<ArrayBuffer>>> = {
  none: () => WEIGHTS,
  'other head': () => {
    const table = new Float32Array(tensorBytes(WEIGHTS, EMBEDDING).buffer);
    const row = (at: number) => [...table.subarray(at * WIDTH, (at + 1) * WIDTH)];
    const flipped = Float32Array.from(Array.from({ length: ROWS }, (_, i) => row(ROWS - 1 - i)).flat());
    return withHead(new Uint8Array(flipped.buffer));
  },
  'same head': () => withHead(tensorBytes(WEIGHTS, EMBEDDING)),
  'head only': () => renamed(EMBEDDING, HEAD),
  neither: () => renamed(EMBEDDING),
  'decoder version': () =>
    withTensor(WEIGHTS, 'model.decoder.version', { dtype: 'F32', shape: [1] }, utf8('\0\0\u0040\u0040')),
  'no model.': () => renamed('model.', ''),
  'model.model.': () => renamed('model.', 'model.model.'),
};

function filesOf({ edit = 'none', set, drop = [], raw }: Form): Record<string, Uint8Array> {
  const config = { ...(JSON.parse(CONFIG) as Record<string, unknown>), ...set };
  for (const field of drop) delete config[field];
  const text = JSON.stringify(config, undefined, 2);
  // Python writes 0.0.
  const asWritten = raw ? text.replace('"dropout": 0', '"dropout": 0.0').replace(...raw) : text;
  return {
    'config.json': utf8(asWritten),
    'model.safetensors': EDITS[edit](),
    'tokenizer.json': bytes('tokenizer.json'),
  };
}

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** The logits of the last token. */
async function logitsOf(files: Record<string, Uint8Array>): Promise<Float32Array> {
  const source = bytesSource('tiny', files);
  await loadTokenizer(source);
  const model = new FloatModel(kernels, await loadCheckpoint(kernels, source));
  const logits = model.logits(model.forward(ids)).slice(-ROWS);
  model.free();
  return logits;
}

const named = forms.map((form) => [JSON.stringify({ ...form, logits: undefined }), form] as const);

test.each(named.filter(([, { logits }]) => logits !== null))('as transformers: %s', async (_, form) => {
  const logits = await logitsOf(filesOf(form));
  const wanted = values[form.logits!];
  expect(Math.max(...wanted.map((value, i) => Math.abs(value - logits[i])))).toBeLessThan(1e-4);
});

test.each(named.filter(([, { logits }]) => logits === null))('refused, as by transformers: %s', async (_, form) => {
  const error: unknown = await logitsOf(filesOf(form)).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ name: 'CometError', code: expect.stringMatching(/^E_(CHECKPOINT|UNSUPPORTED)$/) });
  const [field] = [...Object.keys(form.set ?? {}), ...(form.drop ?? [])];
  if (form.edit === undefined && form.set) expect((error as Error).message).toContain(field);
});

test.each([
  ['model.decoder.layers.0.self_attn.rotary_emb.inv_freq', true],
  ['model.layers.3.attn.masked_bias', true],
  ['model.decoder.layers.0.fc1.bias', false],
  ['model.decoder.layers.2.fc1.weight', false],
  ['score.weight', false],
  ['lm_head.bias', false],
])('a tensor %s: harmless is %p', async (name, harmless) => {
  const file = withTensor(WEIGHTS, name, { dtype: 'F32', shape: [1] }, new Uint8Array(4));
  const loaded = logitsOf({ ...filesOf({ logits: 0 }), 'model.safetensors': file });
  if (harmless) expect((await loaded).length).toBe(ROWS);
  else await expect(loaded).rejects.toMatchObject({ code: 'E_CHECKPOINT', message: expect.stringContaining(name) });
});

test('a tensor that lies in a shard and not in the index is used', async () => {
  const { 'model.safetensors': file, ...others } = filesOf({ edit: 'other head', logits: 1 });
  const names = Object.keys((JSON.parse(kernels.safetensorsHeader(file)) as { tensors: object }).tensors);
  const entries = names.filter((name) => name !== HEAD).map((name) => [name, 'a.safetensors']);
  const index = utf8({ weight_map: Object.fromEntries(entries) as object });
  const logits = await logitsOf({ ...others, 'a.safetensors': file, 'model.safetensors.index.json': index });
  expect(Math.abs(logits[3] - values[1][3])).toBeLessThan(1e-4);
});

test.each([
  ['architectures', ['LlamaForCausalLM']],
  ['architectures', 'OPTForCausalLM'],
  ['activation_function', 'gelu'],
  ['quantization_config', { bits: 4 }],
])('%s %j is refused by its name', async (field, value) => {
  await expect(logitsOf(filesOf({ set: { [field]: value }, logits: null }))).rejects.toMatchObject({
    code: 'E_UNSUPPORTED',
    message: expect.stringContaining(`${field} is ${JSON.stringify(value)}`),
  });
});

test.each(['<!DOCTYPE html>\n<p>\n', '{"a":\n}\n', '\n'])(
  'what is not JSON is refused in one line: %j',
  async (text) => {
    const error: unknown = await logitsOf({ ...filesOf({ logits: 0 }), 'config.json': utf8(text) }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ code: 'E_CHECKPOINT' });
    expect((error as Error).message).toMatch(/^tiny\/config\.json is not JSON: [^\n]+$/);
  },
);

test('a number that is infinite is none where a field is read', async () => {
  const config = CONFIG.replace('"ffn_dim": 64', '"ffn_dim": Infinity');
  await expect(logitsOf({ ...filesOf({ logits: 0 }), 'config.json': utf8(config) })).rejects.toMatchObject({
    code: 'E_CHECKPOINT',
    message: expect.stringContaining('ffn_dim'),
  });
});
