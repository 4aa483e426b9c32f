/** The tokens that end a text: from all files that name them, alone and in a share. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generationConfig, readEndTokens } from '../ts/checkpoint/end-tokens.js';
import { bytesSource } from '../ts/checkpoint/source.js';
import { loadTokenizer, type Tokenizer } from '../ts/checkpoint/tokenizer.js';
import { parsePrompt, planPrompt } from '../ts/client/request.js';
import { Sampler } from '../ts/client/sampling.js';
import { TextSession, type Token } from '../ts/client/text-session.js';
import { openClient, startBench } from './support/parties.js';

const folder = fileURLToPath(new URL('fixtures/tiny-opt', import.meta.url));
const definition = new Uint8Array(readFileSync(join(folder, 'tokenizer.json')));
const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
const utf8 = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

/** The end tokens of a folder that has these files. */
async function endsOf(files: Readonly<Record<string, unknown>>): Promise<number[]> {
  const others = Object.fromEntries(Object.entries(files).map(([name, value]) => [name, utf8(value)]));
  return [...(await loadTokenizer(bytesSource('tiny', { 'tokenizer.json': definition, ...others }))).ends];
}
const configOf = (eos: unknown) => ({ ...config, eos_token_id: eos });

test.each([
  ['nothing', {}, []],
  ['generation_config.json', { 'generation_config.json': { eos_token_id: 7 } }, [7]],
  ['a list', { 'generation_config.json': { eos_token_id: [7, 3, 7] } }, [3, 7]],
  ['config.json', { 'config.json': configOf(5) }, [5]],
  ['a list in config.json', { 'config.json': configOf([5, 6]) }, [5, 6]],
  [
    'null, none and a negative one',
    { 'config.json': configOf(-1), 'generation_config.json': { eos_token_id: null } },
    [],
  ],
  ['an empty list', { 'config.json': configOf([]) }, []],
  ['tokenizer_config.json', { 'tokenizer_config.json': { eos_token: '<|endoftext|>' } }, [0]],
  ['an object', { 'tokenizer_config.json': { eos_token: { content: '<|endoftext|>', lstrip: false } } }, [0]],
  ['special_tokens_map.json', { 'special_tokens_map.json': { eos_token: '<|endoftext|>' } }, [0]],
  ['a token of the vocabulary', { 'tokenizer_config.json': { eos_token: 'he' } }, [257]],
  ['a token that does not exist', { 'tokenizer_config.json': { eos_token: '<|im_end|>' } }, []],
  ['null in tokenizer_config.json', { 'tokenizer_config.json': { eos_token: null } }, []],
  [
    'all of them',
    {
      'generation_config.json': { eos_token_id: [9, 8] },
      'config.json': configOf(4),
      'tokenizer_config.json': { eos_token: '<|endoftext|>' },
    },
    [0, 4, 8, 9],
  ],
] as const)('named by %s', async (_, files, ends) => {
  expect(await endsOf(files)).toEqual(ends);
});

test.each([
  ['generation_config.json', { eos_token_id: '7' }, 'eos_token_id'],
  ['generation_config.json', { eos_token_id: [7, 1.5] }, 'eos_token_id'],
  ['generation_config.json', { eos_token_id: { id: 7 } }, 'eos_token_id'],
  ['generation_config.json', [7], 'not a JSON object'],
  ['tokenizer_config.json', '<html>\n', 'not JSON'],
])('refused in %s: %j', async (file, content, named) => {
  await expect(endsOf({ [file]: content })).rejects.toMatchObject({
    code: 'E_CHECKPOINT',
    message: expect.stringMatching(new RegExp(`tiny/${file}.*${named}`)),
  });
});

test('a share keeps them', async () => {
  const source = bytesSource('share', { 'generation_config.json': utf8(generationConfig([3, 9])) });
  expect(await readEndTokens(source, () => undefined)).toEqual([3, 9]);
});

test('a text follows its prompt and ends with any one of them, which is not part of it', async () => {
  const bench = await startBench();
  const run = async (ends: number[]) => {
    const { client } = await openClient(bench);
    const tokenizer = {
      ends: new Set(ends),
      behind: (_prefix: readonly number[], ids: readonly number[]) => ids,
      encode: () => [1, 2, 3],
      stream: (before: readonly number[]) => ({ push: (id: number) => `${before.length} ${id} `, end: () => '' }),
    } as unknown as Tokenizer;
    const tokens: Token[] = [];
    const { plan } = bench.owner.manifest;
    const parsed = parsePrompt({ prompt: 'any', maxTokens: 6, temperature: 5, seed: 4 });
    const prompt = planPrompt(parsed, tokenizer, plan.shape.context);
    const session = new TextSession(client, tokenizer, plan);
    const sampler = new Sampler(bench.kernels, prompt.sampling);
    for await (const token of session.generate(prompt, sampler, { only: true })) tokens.push(token);
    return tokens;
  };
  const free = (await run([])).map(({ id }) => id);
  expect(free).toHaveLength(6);
  const at = free.findIndex((id, i) => i > 0 && !free.slice(0, i).includes(id));
  expect(at).toBeGreaterThan(0);
  for (const ends of [
    [free[at]],
    [63, free[at]],
    [free[at], free[5]].filter((id) => !free.slice(0, at).includes(id)),
  ]) {
    const tokens = await run(ends);
    expect(tokens.map(({ id }) => id)).toEqual(free.slice(0, at + 1));
    expect(tokens.map(({ text }) => text)).toEqual([...free.slice(0, at).map((id) => `3 ${id} `), '']);
  }
});
