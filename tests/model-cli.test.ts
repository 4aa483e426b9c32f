/** `comet model`: the commands of models that others published, as a user meets them. */
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './support/fixture-model.js';
import { commitOf, LocalHub } from './support/hub.js';
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

test('a pulled model is found by its name without a hub, listed and removed', async () => {
  const tiny = fileURLToPath(new URL('fixtures/tiny-opt', import.meta.url));
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
  const files = Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(tiny, name)))]));
  const hub = await LocalHub.start({ 'org/tiny': { files } });
  Object.assign(process.env, { HF_ENDPOINT: hub.url, HF_HOME: join(folder.dir, 'home') });
  const pulled = lastJson(await comet('model', 'pull', 'org/tiny', '--json'));
  expect(pulled).toMatchObject({
    model: 'org/tiny',
    commit: commitOf('org/tiny'),
    files: expect.arrayContaining(names),
  });
  await hub.stop();
  const readme = fileURLToPath(new URL('../README.md', import.meta.url));
  const stats = await comet('model', 'stats', 'org/tiny', '--text', readme, '--bytes', '300', '--json');
  expect(lastJson(stats)).toMatchObject({ bytes: 300, crossEntropy: expect.any(Number) });
  expect((await comet('model', 'list')).stdout).toMatch(/org\/tiny +main +[0-9a-f]{12} +\d+/);
  expect((await comet('model', 'remove', 'org/tiny')).stderr).toContain('removed');
  expect(lastJson(await comet('model', 'list', '--json'))).toMatchObject({ models: [] });
  expectFailure(await comet('model', 'stats', 'org/tiny', '--text', readme), 'E_CHECKPOINT');
  expectFailure(await comet('model', 'pull', 'org/tiny'), 'E_PEER_ABSENT');
});
