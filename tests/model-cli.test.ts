/** `comet model`: the commands of models that others published, as a user meets them. */
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './support/fixture-model.js';
import { comet, expectFailure, lastJson, stopAll } from './support/processes.js';

const gguf = (name: string): string => fileURLToPath(new URL(`fixtures/gguf/${name}.gguf`, import.meta.url));
const folder = temporaryFolder();
afterEach(stopAll);
afterAll(() => folder.remove());

test('import makes a folder and says what it holds', async () => {
  const out = join(folder.dir, 'imported');
  const result = await comet('model', 'import', gguf('qwen3'), '--out', out, '--json');
  expect(lastJson(result)).toMatchObject({ architecture: 'qwen3', dtype: 'F16', roundedValues: 0, license: 'mit' });
  expect(readdirSync(out).sort()).toEqual([
    'comet.json',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
});

test('import says what it rounds', async () => {
  const out = join(folder.dir, 'rounded');
  const { code, stdout, stderr } = await comet('model', 'import', gguf('llama-k'), '--out', out, '--dtype', 'f16');
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/rounded \d+ of \d+ values to F16/) });
  expect(stdout).toMatch(/parameters +\d+/);
});

test('import refuses what is no such file and what is in the way', async () => {
  const out = join(folder.dir, 'refused');
  const run = (...args: string[]) => comet('model', 'import', ...args);
  expect(expectFailure(await run(fileURLToPath(import.meta.url), '--out', out), 'E_CHECKPOINT')).toMatch(/GGUF/);
  expect(expectFailure(await run(join(folder.dir, 'nowhere.gguf'), '--out', out), 'E_CHECKPOINT')).toMatch(/missing/);
  expect(expectFailure(await run(gguf('qwen3'), '--out', folder.dir), 'E_IO')).toMatch(/exists already/);
  expect(expectFailure(await run(gguf('qwen3'), '--out', out, '--dtype', 'f64'), 'E_ARGUMENT')).toMatch(/dtype/);
  expect(existsSync(out)).toBe(false);
});
