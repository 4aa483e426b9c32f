/** Which texts models are measured on, what is kept of that, and sizes that fit a model. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { continuation } from '../ts/bench/continued.js';
import { ChatTemplate, type Message } from '../ts/checkpoint/chat/template.js';
import { Estimate } from '../ts/core/estimate.js';
import { codeOf } from '../ts/core/errors.js';
import type { Calibration } from '../ts/provision/calibration.js';
import { calibrationOf } from '../ts/provision/node/calibration.js';
import { type Loaded, loadModel } from '../ts/provision/node/load.js';
import { findText, wholeText } from '../ts/provision/node/texts.js';
import { verifySizes } from '../ts/verify/verify.js';
import { temporaryFolder } from './support/fixture-model.js';

const fixture = fileURLToPath(new URL('fixtures/tiny-opt', import.meta.url));
const folder = temporaryFolder();
const dir = join(folder.dir, 'model');
let model: Loaded;
beforeAll(async () => {
  cpSync(fixture, dir, { recursive: true });
  for (const file of ['calibration.json', 'calibration.txt', 'heldout.txt']) rmSync(join(dir, file), { force: true });
  model = await loadModel(dir);
});
afterAll(folder.remove);

const thrown = (work: () => unknown): { code?: string; message: string } => {
  try {
    work();
  } catch (error) {
    return { code: codeOf(error), message: (error as Error).message };
  }
  throw new Error('nothing was thrown');
};

describe('texts', () => {
  test('a named one, else that of the folder, else one of our own, which is told of', async () => {
    const told: string[] = [];
    const found = (path?: string) => findText(model, 'heldout', path, (message) => told.push(message));
    const own = await found();
    expect(own.bytes.length).toBeGreaterThan(40_000);
    expect(told).toEqual([expect.stringContaining(join(dir, 'heldout.txt'))]);
    writeFileSync(join(dir, 'heldout.txt'), 'beside');
    writeFileSync(join(dir, 'other.txt'), 'named');
    expect(wholeText(await found())).toBe('beside');
    expect(wholeText(await found(join(dir, 'other.txt')))).toBe('named');
    rmSync(join(dir, 'heldout.txt'));
    await expect(found(join(dir, 'heldout.txt'))).rejects.toMatchObject({ code: 'E_IO' });
    expect(told).toHaveLength(1);
  });

  test('a model with a chat template reads conversations, others for each purpose', async () => {
    const told: string[] = [];
    const renderChat = (turns: readonly Message[]) => turns.map(({ role, content }) => `<${role}>${content}`).join('');
    const [learned, held] = await Promise.all(
      (['calibration', 'heldout'] as const).map(async (kind) =>
        wholeText(await findText({ dir, renderChat }, kind, undefined, (message) => told.push(message))),
      ),
    );
    for (const text of [learned, held]) expect(text).toMatch(/^<(user|system)>.*<assistant>/s);
    const questions = (text: string) => new Set(text.split('<user>').map((part) => part.split('<')[0]));
    expect([...questions(learned)].filter((question) => question && questions(held).has(question))).toEqual([]);
    expect(told).toEqual([expect.stringContaining('conversations'), expect.stringContaining('conversations')]);
  });

  test('a model whose chat template fails reads prose', async () => {
    const told: string[] = [];
    const template = new ChatTemplate('m/chat_template.jinja', '{{ raise_exception("never") }}');
    const renderChat = (turns: readonly Message[]) => template.render(turns, false);
    const found = await findText({ dir, renderChat }, 'heldout', undefined, (message) => told.push(message));
    expect(found).toEqual(await findText({ dir }, 'heldout'));
    expect(told).toEqual([expect.stringContaining('refuses these messages: never'), expect.stringContaining('prose')]);
  });
});

describe('a kept calibration', () => {
  const run = async (text?: string): Promise<{ told: string[]; measured: boolean; calibration: Calibration }> => {
    const told: string[] = [];
    let measured = false;
    const calibration = await calibrationOf(model, {
      ...{ text, tokens: 200 },
      onNotice: (message) => told.push(message),
      onProgress: () => (measured = true),
    });
    return { told, measured, calibration };
  };
  const path = join(dir, 'calibration.json');

  test('is measured once', async () => {
    const [first, second] = [await run(), await run()];
    expect(first).toMatchObject({
      measured: true,
      told: [expect.stringContaining('comet'), expect.stringContaining(path)],
    });
    expect(second).toEqual({ measured: false, told: [], calibration: first.calibration });
  });

  test('belongs to a text, where one is named', async () => {
    const other = join(dir, 'other.txt');
    writeFileSync(other, 'a text that was not calibrated on: '.repeat(20));
    const kept = readFileSync(path, 'utf8');
    expect(await run(other)).toMatchObject({ measured: true, told: [] });
    expect(readFileSync(path, 'utf8')).toBe(kept);
    const own = fileURLToPath(new URL('../models/texts/calibration.txt', import.meta.url));
    expect(await run(own)).toMatchObject({ measured: false, told: [] });
  });

  test('that is damaged is told of, measured again and kept', async () => {
    const { calibration } = await run();
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20));
    const again = await run();
    expect(again.told[0]).toMatch(/calibration\.json is damaged/);
    expect(again).toMatchObject({ measured: true, calibration });
    expect((await run()).measured).toBe(false);
  });
});

describe('sizes', () => {
  test.each<[Parameters<typeof verifySizes>, object]>([
    [[{}, 512, 20_000], { window: 128, windows: 8, tokens: 32 }],
    [[{}, 64, 1000], { window: 64, windows: 8, tokens: 32 }],
    [[{}, 16, 100], { window: 16, windows: 6, tokens: 8 }],
    [[{}, 512, 50], { window: 50, windows: 1, tokens: 32 }],
    [[{ window: 512, windows: 2 }, 512, 1500], { window: 512, windows: 2, tokens: 32 }],
    [[{ tokens: 511 }, 512, 20_000], { window: 128, windows: 8, tokens: 511 }],
    [[{}, 2, 9], { window: 2, windows: 4, tokens: 1 }],
  ])('of a comparison: %p', (given, sizes) => {
    expect(verifySizes(...given)).toEqual(sizes);
  });

  test.each<[Parameters<typeof verifySizes>, string]>([
    [[{ window: 65 }, 64, 1000], '--window'],
    [[{ window: 60 }, 64, 50], '--window'],
    [[{ windows: 17 }, 64, 1000], '--windows'],
    [[{ tokens: 64 }, 64, 1000], '--tokens'],
    [[{}, 64, 1], '--text'],
  ])('of a comparison that cannot be: %p', (given, option) => {
    expect(thrown(() => verifySizes(...given))).toMatchObject({
      code: 'E_ARGUMENT',
      message: expect.stringContaining(option),
    });
  });

  test('of what benchmarks continue', () => {
    const { tokenizer } = model;
    const usualTokens = 24;
    const long = continuation({ usualTokens }, tokenizer, 512);
    expect(long.tokens).toBe(24);
    const short = continuation({ usualTokens }, tokenizer, 16);
    expect(short).toEqual({ ids: long.ids.slice(0, 8), tokens: 8 });
    expect(continuation({ tokens: 15, usualTokens }, tokenizer, 16)).toEqual({ ids: long.ids.slice(0, 1), tokens: 15 });
    const refused = (asked: { prompt?: string; tokens?: number }) =>
      thrown(() => continuation({ ...asked, usualTokens, option: '--max-tokens' }, tokenizer, 16));
    expect(refused({ tokens: 16 })).toMatchObject({
      code: 'E_ARGUMENT',
      message: expect.stringContaining('--max-tokens'),
    });
    expect(refused({ prompt: 'a', tokens: 16 })).toMatchObject({ code: 'E_ARGUMENT' });
  });
});

test('an estimate goes on as a stage went so far', () => {
  let now = 0;
  const estimate = new Estimate(() => now);
  expect(estimate.secondsLeft('a', 10, 100)).toBeUndefined();
  now = 2000;
  expect(estimate.secondsLeft('a', 30, 100)).toBe(7);
  expect(estimate.secondsLeft('a', 100, 100)).toBe(0);
  expect(estimate.secondsLeft('b', 50, 100)).toBeUndefined();
});
