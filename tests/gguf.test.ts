/** GGUF files: dequantisation by the vectors of Python's `gguf`, imported folders by what tests/fixtures/gguf/make.py says they must be. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { modelOf } from '../ts/checkpoint/gguf/config.js';
import { importGguf } from '../ts/checkpoint/gguf/node/import.js';
import { parseGguf } from '../ts/checkpoint/gguf/parse.js';
import { tensorsOf } from '../ts/checkpoint/gguf/tensors.js';
import { tokenizerOf } from '../ts/checkpoint/gguf/tokenizer.js';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { bytesSource } from '../ts/checkpoint/source.js';
import { TensorFile } from '../ts/checkpoint/tensors.js';
import { Tokenizer } from '../ts/checkpoint/tokenizer.js';
import { CometError } from '../ts/core/errors.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { temporaryFolder } from './support/fixture-model.js';

interface Reference {
  readonly config: Record<string, unknown>;
  readonly tensors: Record<string, string>;
  readonly encodings: [text: string, ids: number[]][];
}

const here = fileURLToPath(new URL('fixtures/gguf/', import.meta.url));
const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const reference = read(join(here, 'reference.json')) as Record<string, Reference>;
const quants = read(fileURLToPath(new URL('vectors/quants.json', import.meta.url))) as Record<
  string,
  { bytes: string; values: string }
>;
const folder = temporaryFolder();
const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});
afterAll(() => folder.remove());

test.each(Object.entries(quants))('%s is dequantised bit for bit', (kind, { bytes, values }) => {
  const found = kernels.dequantize(hex(bytes), kind);
  expect(Buffer.from(found.buffer, found.byteOffset, found.byteLength).toString('hex')).toBe(values);
});

describe.each(Object.entries(reference))('%s', (name, { config, tensors, encodings }) => {
  const out = join(folder.dir, name);
  beforeAll(async () => {
    await importGguf(join(here, `${name}.gguf`), { out });
  });

  test('has the tensors of the model, exactly', async () => {
    const file = await TensorFile.open(kernels, folderSource(out), 'model.safetensors');
    expect(new Set(file.names)).toEqual(new Set(Object.keys(tensors)));
    for (const [tensor, sha256] of Object.entries(tensors)) {
      const values = await file.read(tensor, file.shape(tensor)!);
      const found = createHash('sha256').update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      expect({ [tensor]: found.digest('hex') }).toEqual({ [tensor]: sha256 });
    }
  });

  test('has its configuration', () => {
    expect(read(join(out, 'config.json'))).toMatchObject(config);
  });

  test('has its tokeniser and chat template', () => {
    const tokenizer = new Tokenizer(read(join(out, 'tokenizer.json')));
    for (const [text, ids] of encodings) expect([text, tokenizer.encode(text)]).toEqual([text, ids]);
    const settings = read(join(out, 'tokenizer_config.json')) as { chat_template: string };
    expect(settings.chat_template).toContain("m['role']");
  });

  test('says where it comes from', () => {
    const sha256 = createHash('sha256').update(readFileSync(join(here, `${name}.gguf`)));
    expect(read(join(out, 'comet.json'))).toMatchObject({
      weights: 'public',
      source: { format: 'gguf', file: `${name}.gguf`, sha256: sha256.digest('hex') },
      license: 'mit',
      roundedValues: 0,
    });
    expect(readdirSync(folder.dir).filter((file) => file.includes('partial'))).toEqual([]);
  });
});

test('the narrowest type that holds all values is written, or the one that is asked for', async () => {
  const dtypes = Object.keys(reference).map((name) => {
    const { torch_dtype: dtype } = read(join(folder.dir, name, 'config.json')) as { torch_dtype: string };
    return [name, dtype];
  });
  expect(Object.fromEntries(dtypes)).toEqual({
    'llama-mixed': 'float32',
    'llama-k': 'float32',
    'llama-biases': 'float16',
    qwen2: 'bfloat16',
    qwen3: 'float16',
  });
  const report = await importGguf(join(here, 'llama-mixed.gguf'), { out: join(folder.dir, 'rounded'), dtype: 'F16' });
  expect(report.dtype).toBe('F16');
  expect(report.roundedValues).toBeGreaterThan(report.parameters / 4);
  expect(read(join(folder.dir, 'rounded', 'comet.json'))).toMatchObject({ roundedValues: report.roundedValues });
});

/** A fixture's bytes. */
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(here, `${name}.gguf`)));

/** Where a text is in a file. */
function find(bytes: Uint8Array, text: string): number {
  const at = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(text);
  if (at < 0) throw new Error(`there is no ${text}`);
  return at;
}

/** A fixture with a text replaced by one of the same length, everywhere or once. */
function replaced(name: string, from: string, to: string): Uint8Array {
  const bytes = bytesOf(name);
  bytes.set(new TextEncoder().encode(to), find(bytes, from));
  return bytes;
}

/** A fixture with a number after a text replaced. */
function patched(name: string, text: string, offset: number, value: number): Uint8Array {
  const bytes = bytesOf(name);
  new DataView(bytes.buffer).setUint32(find(bytes, text) + text.length + offset, value, true);
  return bytes;
}

/** What importing some bytes fails with. */
async function failing(bytes: Uint8Array): Promise<string> {
  const dir = join(folder.dir, 'failing');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'model.gguf'), bytes);
  try {
    await importGguf(join(dir, 'model.gguf'), { out: join(dir, 'out') });
  } catch (error) {
    if (!(error instanceof CometError)) throw error;
    expect(readdirSync(dir)).toEqual(['model.gguf']);
    return `${error.code}: ${error.message}`;
  }
  return 'nothing';
}

describe('what cannot be imported is refused, and nothing is left', () => {
  test.each([0, 3, 10, 200, 5000, 30_000, 100_000])('cut off after %i bytes', async (length) => {
    expect(await failing(bytesOf('llama-mixed').slice(0, length))).toMatch(
      /^E_CHECKPOINT: .*(cut off|not a valid gguf)/,
    );
  });

  test('cut off by one byte of the last tensor', async () => {
    const bytes = bytesOf('llama-k');
    const { tensors } = await parseGguf(kernels, bytesSource('.', { file: bytes }), 'file');
    const end = Math.max(...tensors.map((tensor) => tensor.end));
    expect(await failing(bytes.slice(0, end - 1))).toMatch(/^E_CHECKPOINT: .*cut off/);
  });

  // After a tensor's name: how many dimensions (4 bytes), 8 bytes each, its type.
  test.each([
    ['another architecture', replaced('llama-k', 'llama', 'mamba'), /E_UNSUPPORTED: .*general.architecture is "mamba"/],
    ['another type', patched('llama-k', 'blk.0.attn_q.weight', 20, 10), /E_UNSUPPORTED: .*blk.0.attn_q.weight has type Q2_K/],
    ['an unknown type', patched('llama-k', 'blk.0.attn_q.weight', 20, 999), /E_UNSUPPORTED: .*type number 999/],
    ['another shape', patched('llama-k', 'blk.0.attn_q.weight', 12, 32), /E_CHECKPOINT: .*blk.0.attn_q.weight has shape \[32, 256\]; expected \[64, 256\]/],
    ['rows that are no blocks', patched('llama-k', 'blk.0.attn_q.weight', 4, 255), /E_CHECKPOINT: .*whole blocks/],
    ['a foreign tensor', replaced('llama-k', 'blk.0.attn_q.weight', 'blk.0.attn_x.weight'), /E_UNSUPPORTED: .*blk.0.attn_x.weight/],
    ['a foreign key', replaced('llama-k', 'llama.block_count', 'llama.block_cound'), /E_UNSUPPORTED: .*llama.block_cound/],
    ['a missing key', replaced('llama-k', 'llama.block_count', 'other.block_count'), /E_CHECKPOINT: .*has no llama.block_count/],
    ['another cut of words', replaced('llama-k', 'llama-bpe', 'llama-xyz'), /E_UNSUPPORTED: .*tokenizer.ggml.pre is "llama-xyz"/],
    ['another tokeniser', replaced('llama-mixed', 'gpt2', 'bert'), /E_UNSUPPORTED: .*tokenizer.ggml.model is "bert"/],
    ['other factors of rotation', patched('llama-k', 'rope_freqs.weight', 16, 64), /E_(CHECKPOINT|UNSUPPORTED): .*/],
    ['another scaling', replaced('qwen3', 'yarn', 'yawn'), /E_UNSUPPORTED: .*qwen3.rope.scaling.type is "yawn"/],
    ['no magic number', replaced('llama-k', 'GGUF', 'GGML'), /E_CHECKPOINT: .*magic/],
    ['an end token that there is not', patched('llama-k', 'tokenizer.ggml.eos_token_id', 4, 9999), /E_CHECKPOINT: .*eos_token_id is 9999/],
  ])('%s', async (_, bytes, message) => {
    expect(await failing(bytes)).toMatch(message);
  }); // prettier-ignore

  test('a value that is not finite', async () => {
    const bytes = bytesOf('llama-k');
    const { tensors } = await parseGguf(kernels, bytesSource('.', { file: bytes }), 'file');
    const norm = tensors.find(({ name }) => name === 'output_norm.weight')!;
    new DataView(bytes.buffer).setFloat32(norm.start, NaN, true);
    expect(await failing(bytes)).toMatch(/E_CHECKPOINT: .*output_norm.weight: value 0 is NaN: not finite/);
  });

  test('a folder that exists', async () => {
    await expect(importGguf(join(here, 'qwen2.gguf'), { out: folder.dir })).rejects.toMatchObject({ code: 'E_IO' });
  });

  test('work that is stopped', async () => {
    const out = join(folder.dir, 'stopped');
    const work = importGguf(join(here, 'qwen2.gguf'), { out, signal: AbortSignal.abort() });
    await expect(work).rejects.toMatchObject({ code: 'E_ABORTED' });
    expect(readdirSync(folder.dir).filter((file) => file.startsWith('stopped'))).toEqual([]);
  });

  test('any damaged header fails by a typed error, if at all', async () => {
    const whole = bytesOf('llama-mixed');
    const { tensors } = await parseGguf(kernels, bytesSource('.', { file: whole }), 'file');
    const header = Math.min(...tensors.map(({ start }) => start));
    const change = fc.tuple(fc.nat(header - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          const gguf = await parseGguf(kernels, bytesSource('.', { file: bytes }), 'file');
          const model = modelOf(gguf);
          tensorsOf(gguf, model);
          tokenizerOf(gguf.metadata, model.dimensions.vocab, 128);
        } catch (error) {
          expect(error).toBeInstanceOf(CometError);
        }
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
