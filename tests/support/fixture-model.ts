/** Copies of the tiny random checkpoint in a temporary folder, with a text to calibrate on; tests damage them. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePredictors } from '../../ts/predict/file.js';
import { lcg, type TinyShape } from './random-model.js';
import { type Density, randomPredictors } from './random-predictors.js';

const TINY_OPT = fileURLToPath(new URL('../fixtures/tiny-opt', import.meta.url));

/** A folder of its own that `remove` deletes. */
export function temporaryFolder(): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'comet-test-'));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Puts the tiny model into `dir`. */
export function tinyModel(dir: string): string {
  mkdirSync(dir, { recursive: true });
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'])
    cpSync(join(TINY_OPT, file), join(dir, file), { recursive: true });
  const random = lcg(5);
  const letter = () => String.fromCharCode(32 + Math.floor(random() * 95));
  writeFileSync(join(dir, 'calibration.txt'), Array.from({ length: 12000 }, letter).join(''));
  return dir;
}

/** Gives the tiny model in `dir` random predictors. */
export function tinyPredictors(dir: string, density: Density): void {
  const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')) as Record<string, number>;
  const { num_hidden_layers: layers, hidden_size: width, num_attention_heads: heads, ffn_dim: ffn } = config;
  const shape: TinyShape = { layers, width, heads, kvHeads: heads, headDim: width / heads, ffn, context: 0, vocab: 0 };
  const weights = createHash('sha256')
    .update(readFileSync(join(dir, 'model.safetensors')))
    .digest('hex');
  writeFileSync(join(dir, 'predictors.safetensors'), encodePredictors(randomPredictors(7, shape, density), weights));
}

/** Changes fields of the model's config.json. */
export function editJson(path: string, change: (value: Record<string, unknown>) => void): void {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(value);
  writeFileSync(path, JSON.stringify(value));
}

/** Makes the kept calibration of the model in `dir` that of activations 64 times as small: every text leaves its range. */
export function shrinkCalibration(dir: string): void {
  const shrink = (value: unknown): unknown => {
    if (typeof value === 'number') return value / 64;
    if (Array.isArray(value)) return value.map(shrink);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shrink(item)]));
  };
  editJson(join(dir, 'calibration.json'), (kept) => (kept.calibration = shrink(kept.calibration)));
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Changes the header and the values of the model's weights; f32 throughout. */
export function editWeights(
  dir: string,
  change: (header: Record<string, Entry>, values: (name: string) => Float32Array) => void,
): void {
  const path = join(dir, 'model.safetensors');
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<string, Entry>;
  const data = new Uint8Array(bytes.subarray(8 + length));
  change(header, (name) => {
    const [from, to] = header[name].data_offsets;
    return new Float32Array(data.buffer, from, (to - from) / 4);
  });
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(padded.length));
  writeFileSync(path, Buffer.concat([size, padded, data]));
}
