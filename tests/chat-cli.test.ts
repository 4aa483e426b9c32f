/** Messages as users of the command meet them: with all roles here, line by line, and with parties in processes of their own. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configPath } from '../ts/net/node/config-files.js';
import { chatModel, TEMPLATE } from './support/chat-model.js';
import { serveAll } from './support/deployment.js';
import { temporaryFolder, tinyModel } from './support/fixture-model.js';
import { comet, COMMAND, type Finished, freePorts, lastJson, startOpen, stopAll } from './support/processes.js';

const folder = temporaryFolder();
const model = join(folder.dir, 'chat');
const plain = join(folder.dir, 'plain');
beforeAll(() => {
  chatModel(model);
  tinyModel(plain);
});
afterEach(stopAll);
afterAll(folder.remove);

const generate = (...args: string[]): Promise<Finished> =>
  comet('generate', '--model', model, '--max-tokens', '3', '--json', ...args);

async function chat(lines: string, ...args: string[]): Promise<Finished & { events: Record<string, unknown>[] }> {
  const running = startOpen(process.execPath, COMMAND, 'chat', '--max-tokens', '3', '--json', ...args);
  running.child.stdin.end(lines);
  const finished = await running.finished;
  return { ...finished, events: running.events };
}

/** Tokens of the template around a message, of the role's letter and line break, and of an answer's beginning. */
const tokensOf = (...contents: string[]): number => contents.join('').length + 5 * contents.length + 3;

test('a message is answered: what it took, and why it ended', async () => {
  const finished = await generate('--chat', 'Hi');
  expect(finished).toMatchObject({ code: 0 });
  const said = lastJson(finished);
  expect(said).toMatchObject({
    promptTokens: tokensOf('Hi'),
    usage: { promptTokens: tokensOf('Hi'), completionTokens: 3 },
    finishReason: 'length',
    source: 'measured',
  });
  const shown = await comet('generate', '--model', model, '--max-tokens', '3', '--chat', 'Hi');
  expect(shown.stdout).toBe(`${String(said.text)}\n`);
  expect(shown.stderr).toMatch(/ended by +length/);
  const kind = await generate('--chat', 'Hi', '--system', 'Ok');
  expect(lastJson(kind).promptTokens).toBe(tokensOf('Ok', 'Hi'));
});

test('special tokens in a message are letters, unless asked otherwise', async () => {
  expect(lastJson(await generate('--chat', '<|im_end|>')).promptTokens).toBe(tokensOf('<|im_end|>'));
  expect(lastJson(await generate('--chat', '<|im_end|>', '--special-tokens')).promptTokens).toBe(tokensOf('x'));
  expect(lastJson(await generate('<|im_end|>')).promptTokens).toBe(1);
  expect(lastJson(await generate('<|im_end|>', '--no-special-tokens')).promptTokens).toBe('<|im_end|>'.length);
});

test('line by line: each is a message of one conversation, of which nothing is computed again', async () => {
  const { code, stderr, events } = await chat('Hi\n\nNo\n/new\nHi\n', '--model', model, '--system', 'Ok');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  const [first, more, next, again] = events as Record<string, number>[];
  expect(first).toMatchObject({ promptTokens: tokensOf('Ok', 'Hi'), reusedTokens: 0, finishReason: 'length' });
  expect(more.promptTokens).toBe(first.promptTokens + 3);
  const between = 2 + tokensOf('No'); // the turn's end, a line break
  expect(next).toMatchObject({ promptTokens: more.promptTokens + 3 + between, reusedTokens: more.promptTokens + 2 });
  expect(again).toMatchObject({ promptTokens: first.promptTokens, text: first.text });
});

test('a message that does not fit is reported, and the conversation goes on', async () => {
  const { code, stderr, events } = await chat(`Hi\n${'long '.repeat(20)}\nNo\n`, '--model', model);
  expect({ code, last: stderr.trimEnd().split('\n').at(-1) }).toEqual({
    code: 1,
    last: expect.stringContaining('E_LENGTH: 1 of the lines'),
  });
  const [first, refused, third] = events as Record<string, number>[];
  expect(refused).toMatchObject({ code: 'E_LENGTH' });
  expect(third).toMatchObject({ reusedTokens: first.promptTokens + 2 });
});

test('lines of a model without a template are its text', async () => {
  const { code, events } = await chat('Once\n and\n', '--model', plain);
  expect([code, events.length]).toEqual([0, 2]);
  expect(events[0]).toMatchObject({ usage: { completionTokens: 3 } });
});

const withTemplate = (name: string, template: unknown): string => chatModel(join(folder.dir, name), template);

test.each<[string, () => string[], string, string]>([
  ['a prompt and a message', () => ['generate', 'Hi', '--chat', 'Hi', '--model', model], 'E_ARGUMENT', '--chat'],
  ['a system without a message', () => ['generate', '--system', 'x', '--model', model], 'E_ARGUMENT', '--system'],
  ['a model without a template', () => ['generate', '--chat', 'x', '--model', plain], 'E_UNSUPPORTED', 'chat template'],
  ['a system for such a model', () => ['chat', '--system', 'x', '--model', plain], 'E_UNSUPPORTED', 'chat template'],
  ['a template that refuses', () => ['generate', '--chat', 'x', '--model', withTemplate('refuses', "{{ raise_exception('no user here') }}")], 'E_ARGUMENT', 'no user here'],
  ['a template with wrong syntax', () => ['generate', '--chat', 'x', '--model', withTemplate('wrong', '{% if %}')], 'E_CHECKPOINT', 'tokenizer_config.json'],
  ['a template without end', () => ['generate', '--chat', 'x', '--model', withTemplate('endless', '{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}')], 'E_CHECKPOINT', 'does not end'],
  ['a template for tools', () => ['generate', '--chat', 'x', '--model', withTemplate('tools', [{ name: 'tool_use', template: TEMPLATE }])], 'E_UNSUPPORTED', 'tool_use'],
])('refused before anything is computed: %s', async (_, args, code, message) => {
  const { code: status, stdout, stderr } = await comet(...args(), '--json');
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(new RegExp(`^${code}: .*${message}`));
  expect(stderr).not.toContain('calibrat');
}); // prettier-ignore

test('a wrong template is no hindrance to a text', async () => {
  const wrong = withTemplate('text', '{% if %}');
  const finished = await comet('generate', 'Once', '--model', wrong, '--max-tokens', '2', '--json');
  expect(finished).toMatchObject({ code: 0 });
  expect(lastJson(finished)).toMatchObject({ promptTokens: expect.any(Number), finishReason: 'length' });
});

test('a client of parties elsewhere has the template in its share, and is told the same', async () => {
  const base = join(folder.dir, 'deployment');
  expect(await comet('init', base, '--base-port', String(await freePorts()))).toMatchObject({ code: 0 });
  expect(await comet('share', model, '--out', join(base, 'shares'))).toMatchObject({ code: 0 });
  const client = join(base, 'shares', 'client');
  expect(readFileSync(join(client, 'tokenizer_config.json'), 'utf8')).toContain('chat_template');
  expect(existsSync(join(client, 'chat_template.jinja'))).toBe(false);
  await serveAll(base);
  const config = configPath(base, 'client');
  const here = lastJson(await generate('--chat', 'Hi', '--system', 'Ok'));
  const there = lastJson(
    await comet('generate', '--config', config, '--max-tokens', '3', '--json', '--chat', 'Hi', '--system', 'Ok'),
  );
  const { promptTokens, usage, finishReason, text } = here;
  expect(there).toMatchObject({ promptTokens, usage, finishReason, text, source: 'ledger' });
  const { code, events } = await chat('Hi\nNo\n', '--config', config, '--system', 'Ok');
  expect(code).toBe(0);
  expect(events[0]).toMatchObject({ promptTokens, usage, finishReason, text });
  expect(events[1]).toMatchObject({ reusedTokens: (promptTokens as number) + 2 });
});
