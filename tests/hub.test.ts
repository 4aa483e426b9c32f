/** Models of a hub: what is fetched and where it goes, what breaks off goes on, what is wrong is refused. */
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listModels, pullModel, removeModel } from '../ts/api/models.js';
import { parseModelName } from '../ts/checkpoint/hub/names.js';
import { findModel } from '../ts/checkpoint/hub/node/cache.js';
import { CometError } from '../ts/core/errors.js';
import { commitOf, LocalHub, TOKEN } from './support/hub.js';

const tiny = fileURLToPath(new URL('fixtures/tiny-opt', import.meta.url));
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(join(tiny, name)));
const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const NEEDED = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'];
const small = Object.fromEntries(NEEDED.map((name) => [name, file(name)]));
const weights = { 'model.safetensors': file('model.safetensors') };
const decoys = { 'README.md': text('# card'), 'pytorch_model.bin': text('bin'), 'model.gguf': text('gguf') };
const index = { weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' } };

const hub = await LocalHub.start({
  'org/tiny': { files: { ...decoys, ...small, ...weights }, license: 'mit', tags: ['v1'] },
  'org/secret': { files: { ...small, ...weights }, private: true },
  'org/old': { files: { ...small, 'pytorch_model.bin': text('bin') } },
  'org/parts': {
    files: {
      ...small,
      'model.safetensors.index.json': text(JSON.stringify(index)),
      'model-00001-of-00002.safetensors': text('one'),
      'model-00002-of-00002.safetensors': text('two'),
      'consolidated.safetensors': text('all'),
    },
  },
});
const size = weights['model.safetensors'].length;
const folder = mkdtempSync(join(tmpdir(), 'comet-hub-'));
const saved = { ...process.env };
let cache: string;
let count = 0;

beforeEach(() => {
  for (const name of ['HF_TOKEN', 'HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE']) delete process.env[name];
  process.env.HF_ENDPOINT = hub.url;
  process.env.HF_HOME = join(folder, `home${count++}`);
  cache = join(process.env.HF_HOME, 'hub', 'models--org--tiny');
  hub.faults = {};
  hub.requests.length = 0;
});
afterEach(() => {
  process.env = { ...saved };
});
afterAll(async () => {
  await hub.stop();
  rmSync(folder, { recursive: true });
});

/** What a call fails with. */
async function failing(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof CometError)) throw error;
    expect(error.message).not.toContain(TOKEN);
    return `${error.code}: ${error.message}`;
  }
  return 'nothing';
}

test('the cache gets the needed files, laid out as by other libraries, and names are found without a request', async () => {
  const progress: number[] = [];
  const report = await pullModel('org/tiny', { onEvent: ({ done }) => progress.push(done) });
  const commit = commitOf('org/tiny');
  const snapshot = join(cache, 'snapshots', commit);
  expect(report).toMatchObject({ model: 'org/tiny', commit, path: snapshot, license: 'mit' });
  expect(readdirSync(snapshot).sort()).toEqual([...NEEDED, 'model.safetensors'].sort());
  expect(readlinkSync(join(snapshot, 'config.json'))).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
  expect(readlinkSync(join(snapshot, 'model.safetensors'))).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{64}$/);
  expect(new Uint8Array(readFileSync(join(snapshot, 'model.safetensors')))).toEqual(weights['model.safetensors']);
  expect(readFileSync(join(cache, 'refs', 'main'), 'utf8')).toBe(commit);
  expect(progress.at(-1)).toBe(report.bytes);
  hub.requests.length = 0;
  expect(await findModel('org/tiny')).toBe(snapshot);
  expect(await findModel(`org/tiny@${commit}`)).toBe(snapshot);
  expect(hub.requests).toEqual([]);
  // Once more: nothing is fetched again.
  await pullModel('org/tiny');
  expect(hub.resolved).toEqual([]);
});

test('a folder is made whole, with its origin', async () => {
  const out = join(folder, 'out');
  await pullModel('org/tiny', { out });
  expect(readdirSync(out).sort()).toEqual([...NEEDED, 'comet.json', 'model.safetensors'].sort());
  expect(JSON.parse(readFileSync(join(out, 'comet.json'), 'utf8'))).toEqual({
    weights: 'public',
    source: { format: 'hub', model: 'org/tiny', commit: commitOf('org/tiny') },
    license: 'mit',
  });
  expect(readdirSync(folder).filter((name) => name.startsWith('out'))).toEqual(['out']);
  expect(await failing(pullModel('org/tiny', { out }))).toMatch(/^E_IO: .*exists already/);
});

test('of several files of weights those of the index are taken', async () => {
  const { files } = await pullModel('org/parts');
  expect([...files].sort()).toEqual(
    [...NEEDED, 'model.safetensors.index.json', ...Object.values(index.weight_map)].sort(),
  );
});

test('a revision is found by its name, and only by it', async () => {
  await pullModel('org/tiny', { revision: 'v1' });
  expect(readFileSync(join(cache, 'refs', 'v1'), 'utf8')).toBe(commitOf('org/tiny'));
  expect(await findModel('org/tiny@v1')).toBe(join(cache, 'snapshots', commitOf('org/tiny')));
  expect(await failing(findModel('org/tiny@v2'))).toMatch(/^E_CHECKPOINT: .*comet model pull/);
  expect(await failing(pullModel('org/tiny', { revision: 'v2' }))).toMatch(/^E_ARGUMENT: .*org\/tiny at v2/);
});

test('models are listed and removed', async () => {
  expect(await listModels()).toEqual({ models: [], problems: [] });
  const { bytes, commit } = await pullModel('org/tiny');
  expect(await listModels()).toMatchObject({
    models: [{ name: 'org/tiny', bytes, revisions: [{ commit, refs: ['main'], bytes }] }],
    problems: [],
  });
  expect(await removeModel('org/tiny')).toBe(cache);
  expect(existsSync(cache)).toBe(false);
  expect(await failing(removeModel('org/tiny'))).toMatch(/^E_ARGUMENT: .*model list/);
});

test('what breaks off goes on where it stopped', async () => {
  hub.faults = { cut: { after: 1000, times: 3 } };
  await pullModel('org/tiny');
  const ranges = hub.requests.flatMap(({ range, host }) => (host === 'store' ? [range] : []));
  expect(ranges).toEqual([undefined, 'bytes=1000-', 'bytes=2000-', 'bytes=3000-']);
});

test('half a file is kept for the next call, and no model until then', async () => {
  hub.faults = { cut: { after: 1000, times: 1 } };
  const controller = new AbortController();
  const stopped = pullModel('org/tiny', {
    signal: controller.signal,
    onEvent: ({ done, total }) => total - done < size && hub.faults.cut!.times === 0 && controller.abort(),
  });
  expect(await failing(stopped)).toMatch(/^E_ABORTED/);
  expect(await failing(findModel('org/tiny'))).toMatch(/^E_CHECKPOINT/);
  hub.faults = { cut: { after: 0, times: 100 } };
  expect(await failing(pullModel('org/tiny'))).toMatch(/^E_PEER_LOST: .*goes on/);
  expect(await failing(findModel('org/tiny'))).toMatch(/^E_CHECKPOINT/);
  hub.faults = {};
  hub.requests.length = 0;
  await pullModel('org/tiny');
  expect(hub.resolved).toEqual(['model.safetensors']);
  expect(hub.requests.at(-1)!.range).toMatch(/^bytes=\d{3,}-$/);
});

test('a server without ranges is asked for the whole again', async () => {
  hub.faults = { cut: { after: 1000, times: 2 }, noRanges: true };
  await pullModel('org/tiny');
  expect(existsSync(await findModel('org/tiny'))).toBe(true);
});

test('another hash than the listed one is refused, and what came is gone', async () => {
  hub.faults = { wrong: true };
  const out = join(folder, 'wrong');
  expect(await failing(pullModel('org/tiny'))).toMatch(/^E_CHECKPOINT: model.safetensors came with another hash/);
  expect(readdirSync(join(cache, 'blobs')).filter((name) => !/^[0-9a-f]{40}$/.test(name))).toEqual([]);
  expect(await failing(findModel('org/tiny'))).toMatch(/^E_CHECKPOINT/);
  expect(await failing(pullModel('org/tiny', { out }))).toMatch(/^E_CHECKPOINT/);
  expect(existsSync(out)).toBe(false);
});

test('the token goes to the hub and nowhere else', async () => {
  expect(await failing(pullModel('org/secret'))).toMatch(/^E_UNAUTHORIZED: .*set HF_TOKEN/);
  process.env.HF_TOKEN = 'hf_another';
  expect(await failing(pullModel('org/secret'))).toMatch(/^E_UNAUTHORIZED: .*HF_TOKEN may not read it/);
  process.env.HF_TOKEN = TOKEN;
  const out = join(folder, 'secret');
  await pullModel('org/secret', { out });
  expect(JSON.parse(readFileSync(join(out, 'comet.json'), 'utf8'))).not.toHaveProperty('weights');
  const own = hub.requests.filter(({ authorization }) => authorization === `Bearer ${TOKEN}`);
  expect(own.length).toBeGreaterThan(2);
  expect(own.filter(({ host }) => host === 'store')).toEqual([]);
});

test('a hub that is busy is asked again when it says, unless that is too late', async () => {
  hub.faults = { status: { code: 429, times: 2, retryAfter: '0' } };
  await pullModel('org/tiny');
  hub.faults = { status: { code: 429, times: 9, retryAfter: '3600' } };
  expect(await failing(pullModel('org/tiny'))).toMatch(/^E_LIMIT: .*in 3600 seconds/);
  hub.faults = { status: { code: 503, times: 9, retryAfter: '0' } };
  expect(await failing(pullModel('org/tiny'))).toMatch(/^E_PEER_LOST: .*503/);
});

test.each([
  ['a model that there is not', 'org/nothing', /^E_UNAUTHORIZED: there is no org\/nothing/],
  ['a model in another format', 'org/old', /^E_UNSUPPORTED: org\/old has no safetensors/],
  ['a name that is none', 'nothing', /^E_ARGUMENT/],
  ['a name that leads elsewhere', '../tiny', /^E_ARGUMENT/],
])('%s', async (_, name, message) => {
  expect(await failing(pullModel(name))).toMatch(message);
});

test('a model that there is not, for those who may see all', async () => {
  process.env.HF_TOKEN = TOKEN;
  expect(await failing(pullModel('org/nothing'))).toMatch(/^E_ARGUMENT: the hub has no org\/nothing/);
});

test('no hub', async () => {
  process.env.HF_ENDPOINT = 'http://127.0.0.1:9';
  expect(await failing(pullModel('org/tiny'))).toMatch(/^E_PEER_ABSENT/);
  process.env.HF_ENDPOINT = 'nowhere';
  expect(await failing(pullModel('org/tiny'))).toMatch(/^E_ARGUMENT: HF_ENDPOINT/);
});

test('names', () => {
  expect(parseModelName('a/b@refs/pr/1')).toEqual({ owner: 'a', name: 'b', revision: 'refs/pr/1' });
  for (const name of ['a', 'a/b/c', '/a', './a', 'a/..', 'a/b@../c', 'a/b@', 'a b/c', ''])
    expect({ name, parsed: parseModelName(name) }).toEqual({ name, parsed: undefined });
});
