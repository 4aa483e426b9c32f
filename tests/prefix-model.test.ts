/** A model whose tokeniser puts a token before every text: what calibration makes of it, its shares, and its verification. */
import { randomBytes } from '@noble/hashes/utils.js';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderSource } from '../ts/checkpoint/node/folder.js';
import { readClientShare } from '../ts/client/share.js';
import { forwardBehind } from '../ts/plain/behind.js';
import { SCORE_FACTS } from '../ts/plain/float-attention.js';
import { FloatModel } from '../ts/plain/float.js';
import { windows } from '../ts/plain/windows.js';
import { calibrate } from '../ts/provision/calibrate.js';
import { readMasked, writeShares } from '../ts/provision/node/files.js';
import { calibrationOf, keepCalibration } from '../ts/provision/node/calibration.js';
import { type Loaded, loadModel } from '../ts/provision/node/load.js';
import { planModel, provision } from '../ts/provision/owner.js';
import { verifyModel } from '../ts/verify/verify.js';
import { editJson, temporaryFolder, tinyModel } from './support/fixture-model.js';

let model: Loaded;
let plain: Loaded;
let folder: ReturnType<typeof temporaryFolder>;
beforeAll(async () => {
  folder = temporaryFolder();
  const dir = tinyModel(join(folder.dir, 'bos'));
  editJson(join(dir, 'tokenizer_config.json'), (config) => (config.add_bos_token = true));
  model = await loadModel(dir);
  plain = await loadModel(tinyModel(join(folder.dir, 'plain')));
});
afterAll(() => folder.remove());

const few = { tokens: 600 };

test('the prefix is what the tokeniser puts first, unless somebody says otherwise', async () => {
  const prefix = async (of: Loaded, choice?: string) => (await calibrationOf(of, { ...few, prefix: choice })).prefix;
  expect(await prefix(model)).toEqual([0]);
  expect(await prefix(model, 'auto')).toEqual([0]);
  expect(await prefix(model, 'none')).toBeUndefined();
  expect(await prefix(model, '<|endoftext|>ab')).toEqual([0, ...plain.tokenizer.encode('ab')]);
  expect(await prefix(plain)).toBeUndefined();
  expect(await prefix(plain, 'ab')).toEqual(plain.tokenizer.encode('ab'));
  await expect(calibrationOf(model, { ...few, prefix: 'x'.repeat(200) })).rejects.toMatchObject({ code: 'E_ARGUMENT' });
});

test('a bos_token that the tokeniser does not put first takes up a massive state of what comes first', async () => {
  const loaded = await loadModel(tinyModel(join(folder.dir, 'massive')));
  const { width, positionOffset } = loaded.prepared.shape;
  const first = (i: number): boolean => Math.floor(i / width) === positionOffset;
  const positions = loaded.prepared.positions!.map((value, i) => (first(i) ? 100 * value : value));
  const massive = { ...loaded, prepared: { ...loaded.prepared, positions } };
  const said: string[] = [];
  const onNotice = (message: string): number => said.push(message);
  expect((await calibrationOf(massive, { ...few, onNotice })).prefix).toEqual([0]);
  expect(said.filter((message) => message.includes('every text will begin with the tokens 0'))).toHaveLength(1);
  expect((await calibrationOf(massive, { ...few, prefix: 'auto' })).prefix).toBeUndefined();
});

test('a kept calibration has its own, and is not taken for another', async () => {
  const dir = tinyModel(join(folder.dir, 'kept'));
  const kept = await loadModel(dir);
  await keepCalibration(kept, { ...few, prefix: 'ab' });
  expect((await calibrationOf(kept)).prefix).toEqual(plain.tokenizer.encode('ab'));
  expect((await calibrationOf(kept, few)).tokens).toBe(600);
  expect((await calibrationOf(kept, { ...few, prefix: 'none' })).prefix).toBeUndefined();
  expect((await calibrationOf(kept, { ...few, prefix: 'ab' })).prefix).toEqual(plain.tokenizer.encode('ab'));
  // A token that the vocabulary does not have.
  editJson(join(dir, 'calibration.json'), (file) => ((file.calibration as { prefix: number[] }).prefix = [9999]));
  expect((await calibrationOf(kept, few)).prefix).toBeUndefined();
});

describe('ranges', () => {
  /** The tiny model with a first token whose state is a hundred times as large as any other. */
  const massive = (): Loaded['prepared'] => {
    const { prepared } = model;
    const { width } = prepared.shape;
    const embedding = prepared.embedding.map((value, i) => (i < width ? 100 * value : value));
    return { ...prepared, embedding };
  };
  const ids = Array.from({ length: 300 }, (_, i) => 1 + ((7 * i) % 200));

  test('are those of positions behind it: a massive first token leaves them', async () => {
    const { kernels } = model;
    const [none, behind] = [
      await calibrate(kernels, massive(), [0, ...ids]),
      await calibrate(kernels, massive(), [0, ...ids], { prefix: [0] }),
    ];
    expect(none.layers[0].streamMax).toBeGreaterThan(4 * behind.layers[0].streamMax);
    expect(behind.layers[0].normA.sumSquares.max).toBeLessThan(none.layers[0].normA.first.max / 20);
    expect(behind.prefix).toEqual([0]);
    expect(behind.tokens).toBe(300);
  });

  test('count its keys in scores', async () => {
    const { kernels, prepared } = model;
    const float = new FloatModel(kernels, prepared);
    let least = Infinity;
    for (const window of windows(ids, prepared.shape.context, 1, [0]))
      forwardBehind(float, window, 1, {
        scores: ({ layer, facts }) => {
          const each = SCORE_FACTS * prepared.shape.heads;
          if (layer === 0) least = Math.min(least, ...facts.filter((_, i) => i % each === 0));
        },
      });
    float.free();
    const { layers } = await calibrate(kernels, prepared, ids, { prefix: [0] });
    expect(layers[0].logZ.min[0]).toBeLessThanOrEqual(least);
  });
});

test('shares on disk hold its keys and values, and its last state is the client’s', async () => {
  const { kernels, prepared } = model;
  const calibration = await calibrationOf(model, few);
  const { plan, model: owned } = planModel(kernels, prepared, calibration, undefined, randomBytes(32));
  expect(plan.prefix).toEqual([0]);
  const out = join(folder.dir, 'shares');
  const tokenizer = new Map(
    ['tokenizer.json', 'tokenizer_config.json'].map((file) => [file, readFileSync(join(model.dir, file))]),
  );
  const manifest = await writeShares(kernels, { name: 'bos', model: owned, plan, tokenizer, ends: [0] }, out);
  const names = new Map<string, number>();
  for await (const { name, bytes } of readMasked(join(out, 'server1'), manifest)) names.set(name, bytes.length);
  expect([names.get('prefixKeys'), names.get('prefixValues')! % plan.shape.width]).toEqual([4 * plan.shape.width, 0]);
  const client = await readClientShare(kernels, folderSource(join(out, 'client')));
  expect(client.model.plan.prefix).toEqual([0]);
  expect(client.model.prefixState).toEqual(owned.prefixState);
  expect(client.tokenizer.encodeBehind(plan.prefix!, 'a')).toEqual([0, ...plain.tokenizer.encode('a')]);
  const float = new FloatModel(kernels, prepared);
  expect(client.model.prefixState).toEqual(float.forward([0]));
  float.free();
});

test('verification compares windows that begin with it', async () => {
  const { kernels, prepared, checkpoint, tokenizer } = model;
  const owner = provision(kernels, 'bos', prepared, await calibrationOf(model, few));
  const float = new FloatModel(kernels, checkpoint);
  const subject = { kernels, owner, float, weights: checkpoint, tokenizer };
  const heldout = tokenizer.encode('Once upon a time there was a little girl. '.repeat(4));
  const report = await verifyModel(subject, { prompts: ['Once'], heldout, tokens: 3, windows: 2, window: 24 });
  expect(report).toMatchObject({ tokensEqual: true, wiresEqual: true, heldoutTokens: 48 });
  expect(report.maxAbsLogitError).toBeLessThan(0.1);
  float.free();
});
