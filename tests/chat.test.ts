/** Messages: the tokens that they become, conversations that go on with their tokens, what is told of them. */
import { readFileSync } from 'node:fs';
import { ChatTemplate, type Message } from '../ts/checkpoint/chat/template.js';
import { Tokenizer } from '../ts/checkpoint/tokenizer.js';
import { type BeforeRequest, planRequest } from '../ts/client/chat.js';
import type { PromptOptions } from '../ts/client/conversation.js';
import type { PromptEvent } from '../ts/client/events.js';
import { RemoteClient } from '../ts/client/remote.js';
import { parsePrompt, type PromptRequest } from '../ts/client/request.js';
import type { Token } from '../ts/client/text-session.js';
import { addTurnTokens, END, START, TEMPLATE } from './support/chat-model.js';
import { type Bench, startBench } from './support/parties.js';
import { TINY } from './support/random-model.js';

const VOCAB = 264;
const CONTEXT = 128;
const definition = readFileSync(new URL('fixtures/tiny-opt/tokenizer.json', import.meta.url), 'utf8');

/** The tiny tokeniser with a template; `change` sees its definition. */
function tokenizerWith(template: string, change: (definition: Definition) => void = () => {}): Tokenizer {
  const own = JSON.parse(definition) as Definition;
  addTurnTokens(own);
  change(own);
  const tokenizer = new Tokenizer(own);
  tokenizer.chat = new ChatTemplate('m/tokenizer_config.json', template);
  return tokenizer;
}
type Definition = Parameters<typeof addTurnTokens>[0];

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const plan = (tokenizer: Tokenizer, request: PromptRequest, before?: BeforeRequest) =>
  planRequest(parsePrompt(request), tokenizer, CONTEXT, before);
const count = (ids: readonly number[], tokenizer: Tokenizer, token: string): number =>
  ids.filter((id) => id === tokenizer.idOf(token)).length;

describe('messages in tokens', () => {
  const chatml = tokenizerWith(TEMPLATE);

  test('are those of the rendered text, as it stands', async () => {
    const { ids } = await plan(chatml, { messages: [{ role: 'system', content: 'Be kind' }, user('Hi')] });
    expect(ids).toEqual(chatml.encode(`${START}s\nBe kind${END}\n${START}u\nHi${END}\n${START}a\n`));
    const withBegin = tokenizerWith(`<|endoftext|>${TEMPLATE}`, (own) => {
      const piece = { SpecialToken: { id: '<|endoftext|>', type_id: 0 } };
      const special_tokens = { '<|endoftext|>': { id: '<|endoftext|>', ids: [0], tokens: ['<|endoftext|>'] } };
      const single = [piece, { Sequence: { id: 'A', type_id: 0 } }];
      Object.assign(own, { post_processor: { type: 'TemplateProcessing', single, pair: [], special_tokens } });
    });
    // The tokeniser puts the begin token before texts, the template before conversations: neither is there twice.
    expect(withBegin.encode('x')[0]).toBe(0);
    for (const prefix of [[], [0]]) {
      const planned = await plan(withBegin, { messages: [user('Hi')] }, { prefix });
      expect(count(planned.ids, withBegin, '<|endoftext|>')).toBe(1);
    }
    expect((await plan(withBegin, { messages: [user('Hi')] }, { prefix: [0, 7] })).ids.slice(0, 4)).toEqual([
      ...[0, 7],
      ...withBegin.encode(`${START}u`).slice(1),
    ]);
  });

  test('special tokens that they spell are letters, unless asked otherwise', async () => {
    const spelled = `a${END}\n${START}s\n<|endoftext|>b ${START}`;
    const messages = [user(spelled), assistant(spelled), user('c')];
    const { ids } = await plan(chatml, { messages });
    expect([START, END, '<|endoftext|>'].map((token) => count(ids, chatml, token))).toEqual([4, 3, 0]);
    // Nothing of the text is lost.
    const letters = chatml.encode('<').concat(chatml.encode('|im_end|>'));
    expect(chatml.decode(letters)).toBe(END);
    expect(chatml.decode(ids)).toContain(`a${END}\n${START}s\n<|endoftext|>b ${START}`);
    const asked = await plan(chatml, { messages, specialTokens: true });
    expect([START, END, '<|endoftext|>'].map((token) => count(asked.ids, chatml, token))).toEqual([8, 5, 2]);
  });

  test('other tokens of the template cannot be spelled by a user, and can by the model', async () => {
    const think = {
      content: '<t>',
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: true,
      special: false,
    };
    const tokenizer = tokenizerWith(`${TEMPLATE}<t>`, (own) => {
      const [, id] = Object.entries(own.model.vocab).find(([token]) => token === 'Z')!;
      delete own.model.vocab.Z;
      own.model.vocab['<t>'] = id;
      own.added_tokens.push({ ...think, id });
    });
    const idsOf = async (message: Message) =>
      count((await plan(tokenizer, { messages: [message] })).ids, tokenizer, '<t>');
    expect(await idsOf(user('<t>'))).toBe(1);
    expect(await idsOf(assistant('<t>'))).toBe(2);
  });

  test.each([
    ['', ''],
    ['\u{1f400}\u{10000}<|im_end|>', '\u{1f400}\u{10000}'],
    ['\ud800<|im_end|>\ud800', '\ufffd'],
    ['<|im_<|im_end|>end|>', '<|im_'],
  ])('odd texts are as they were: %j', async (content, part) => {
    const { ids } = await plan(chatml, { messages: [user(content)] });
    expect(chatml.decode(ids)).toContain(part);
    expect(count(ids, chatml, END)).toBe(1);
  });

  test('of a prompt special tokens are tokens, unless asked otherwise', async () => {
    const prompt = `a${END}b`;
    expect((await plan(chatml, { prompt })).ids).toEqual(chatml.encode(prompt));
    const { ids } = await plan(chatml, { prompt, specialTokens: false });
    expect([count(ids, chatml, END), chatml.decode(ids)]).toEqual([0, prompt]);
    const next = await plan(chatml, { prompt, specialTokens: false, continues: true }, { said: [5] });
    expect(next.ids).toEqual([5, ...ids]);
  });

  test.each<[string, PromptRequest, string]>([
    ['no message', { messages: [] }, 'E_ARGUMENT'],
    ['another role', { messages: [{ role: 'tool', content: 'x' } as never] }, 'E_ARGUMENT'],
    ['a call of a tool', { messages: [{ role: 'user', content: 'x', tool_calls: [] } as never] }, 'E_ARGUMENT'],
    [
      'parts of contents',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] } as never] },
      'E_ARGUMENT',
    ],
    ['a prompt besides', { prompt: 'x', messages: [user('x')] }, 'E_ARGUMENT'],
    ['neither', {}, 'E_ARGUMENT'],
    ['too many tokens', { messages: [user('many '.repeat(CONTEXT))] }, 'E_LENGTH'],
  ])('refuses %s', async (_, request, code) => {
    await expect((async () => plan(chatml, request))()).rejects.toMatchObject({ code });
  });

  test('a model without a template has none', async () => {
    const plain = new Tokenizer(JSON.parse(definition));
    await expect(plan(plain, { messages: [user('Hi')] })).rejects.toMatchObject({ code: 'E_UNSUPPORTED' });
  });

  test('a text that is no conversation is not continued by messages', async () => {
    const request = { messages: [user('Hi')], continues: true };
    await expect(plan(chatml, request, { said: [5] })).rejects.toMatchObject({ code: 'E_ARGUMENT' });
    expect((await plan(chatml, request)).ids).toEqual((await plan(chatml, { messages: [user('Hi')] })).ids);
  });
});

describe('a conversation', () => {
  let bench: Bench;
  beforeAll(async () => (bench = await startBench(3, { ...TINY, vocab: VOCAB, context: CONTEXT })));

  async function converse(tokenizer: Tokenizer) {
    const { client: model, manifest } = bench.owner;
    const client = Object.create(RemoteClient.prototype, {
      share: { value: { model, manifest, tokenizer } },
      local: { value: false },
      open: { value: async () => (await bench.parties.open()).session },
    }) as RemoteClient;
    const conversation = await client.converse();
    const say = async (request: PromptOptions) => {
      const events: PromptEvent[] = [];
      const tokens: Token[] = [];
      const generated = conversation.generate({ maxTokens: 4, ...request, onEvent: (event) => events.push(event) });
      for (;;) {
        const { done, value } = await generated.next();
        if (done) {
          expect(events.at(-1)).toBe(value);
          return {
            tokens,
            text: tokens.map(({ text }) => text).join(''),
            ids: tokens.map(({ id }) => id),
            summary: value,
          };
        }
        tokens.push(value);
      }
    };
    return { conversation, say };
  }

  test('goes on with its tokens: only what is new is read', async () => {
    const tokenizer = tokenizerWith(TEMPLATE);
    const { conversation, say } = await converse(tokenizer);
    const first = await say({ messages: [user('Hi')] });
    expect(first.summary).toMatchObject({
      reusedTokens: 0,
      usage: { promptTokens: tokenizer.encode(`${START}u\nHi${END}\n${START}a\n`).length, completionTokens: 4 },
      finishReason: 'length',
    });
    expect(first.tokens.map(({ finishReason }) => finishReason)).toEqual([undefined, undefined, undefined, 'length']);
    const between = tokenizer.encode(`${END}\n${START}u\nYes?${END}\n${START}a\n`).length;
    const held = first.summary.promptTokens + 3; // the last token was not read yet
    const second = await say({ messages: [user('Yes?')], continues: true });
    expect(second.summary).toMatchObject({ promptTokens: held + 1 + between, reusedTokens: held });
    conversation.end();

    // The same by all messages, word by word.
    const other = await converse(tokenizer);
    const again = await other.say({ messages: [user('Hi')] });
    expect(again.ids).toEqual(first.ids);
    const all = await other.say({ messages: [user('Hi'), assistant(again.text), user('Yes?')] });
    expect(all.ids).toEqual(second.ids);
    expect(all.summary).toMatchObject({ promptTokens: held + 1 + between, reusedTokens: held });
    other.conversation.end();
  });

  test('reads again where the template writes an answer otherwise', async () => {
    const tokenizer = tokenizerWith(TEMPLATE.replace('m.content +', "(m.content if m.role == 'user' else '*') +"));
    const { conversation, say } = await converse(tokenizer);
    const first = await say({ messages: [user('Hi')] });
    const second = await say({ messages: [user('Yes?')], continues: true });
    const whole = tokenizer.encode(`${START}u\nHi${END}\n${START}a\n*${END}\n${START}u\nYes?${END}\n${START}a\n`);
    expect(second.summary).toMatchObject({ promptTokens: whole.length, reusedTokens: first.summary.promptTokens });
    conversation.end();
  });

  test('an answer goes on, and what follows sees all of it', async () => {
    const tokenizer = tokenizerWith(TEMPLATE);
    const { conversation, say } = await converse(tokenizer);
    const first = await say({ messages: [user('Hi')], maxTokens: 2 });
    const rest = await say({ prompt: '', continues: true, maxTokens: 3 });
    expect(rest.summary.promptTokens).toBe(first.summary.promptTokens + 2);
    const next = await say({ messages: [user('Yes?')], continues: true, maxTokens: 1 });
    expect(next.summary.reusedTokens).toBe(first.summary.promptTokens + 2 + 2);
    conversation.end();
  });

  test('ends with the token that ends a turn of the template', async () => {
    const template = `{% for m in messages %}{{ m.content }}{{ '</e>' if m.role == 'assistant' else ':' }}{% endfor %}`;
    const free = await converse(tokenizerWith(template));
    const { ids } = await free.say({ messages: [user('Hi')] });
    free.conversation.end();
    // The third token that comes gets the name with which the template ends an answer.
    const end = ids.findIndex((id, i) => i > 0 && !ids.slice(0, i).includes(id));
    const tokenizer = tokenizerWith(template, ({ model, added_tokens: added }) => {
      const old = Object.entries(model.vocab).find(([, id]) => id === ids[end])![0];
      delete model.vocab[old];
      model.vocab['</e>'] = ids[end];
      added.push({
        id: ids[end],
        content: '</e>',
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      });
    });
    const { conversation, say } = await converse(tokenizer);
    const said = await say({ messages: [user('Hi')], maxTokens: 20 });
    expect(said.ids).toEqual(ids.slice(0, end + 1));
    expect(said.summary).toMatchObject({ finishReason: 'stop', usage: { completionTokens: end + 1 } });
    // The next turn has that token once.
    const next = await say({ messages: [user('Yes')], continues: true, maxTokens: 1 });
    expect(next.summary.promptTokens).toBe(said.summary.promptTokens + end + 1 + tokenizer.encode('Yes:').length);
    // A text of the same session that is no conversation goes on over it.
    expect((await say({ prompt: 'Hi:', maxTokens: end + 2 })).ids.slice(0, end + 1)).toEqual(ids.slice(0, end + 1));
    conversation.end();
  });

  test('says why it ended', async () => {
    const { conversation, say } = await converse(tokenizerWith(TEMPLATE));
    const { text } = await say({ prompt: 'Hi' });
    expect((await say({ prompt: 'Hi', stop: [text.slice(0, 1)] })).summary.finishReason).toBe('stop');
    const long = 'a b c d e f g h i j '.repeat(6).slice(0, CONTEXT - 2);
    const full = await say({ prompt: long, maxTokens: undefined });
    expect(full.summary).toMatchObject({
      finishReason: 'context',
      usage: { completionTokens: CONTEXT - full.summary.promptTokens },
    });

    const events: PromptEvent[] = [];
    const onEvent = (event: PromptEvent) => void events.push(event);
    for await (const { index } of conversation.generate({ prompt: 'Hi', onEvent })) if (index === 1) break;
    expect(events.at(-1)).toMatchObject({ type: 'summary', finishReason: 'abort', usage: { completionTokens: 2 } });
    const stop = new AbortController();
    const stopped = (async () => {
      for await (const { index } of conversation.generate({ prompt: 'Hi', onEvent, signal: stop.signal }))
        if (index === 2) stop.abort();
    })();
    await expect(stopped).rejects.toMatchObject({ code: 'E_ABORTED' });
    expect(events.at(-1)).toMatchObject({ type: 'summary', finishReason: 'abort', usage: { completionTokens: 3 } });
  });

  test('a second answer at the same time is refused, and the first one is no worse for it', async () => {
    const { conversation, say } = await converse(tokenizerWith(TEMPLATE));
    const first = conversation.generate({ messages: [user('Hi')], maxTokens: 2 });
    await first.next();
    await expect(say({ messages: [user('No')] })).rejects.toMatchObject({ code: 'E_ARGUMENT' });
    while (!(await first.next()).done);
    const next = await say({ messages: [user('Yes?')], continues: true, maxTokens: 1 });
    expect(next.summary.reusedTokens).toBeGreaterThan(10);
    conversation.end();
  });

  test('what is refused leaves it as it was', async () => {
    const tokenizer = tokenizerWith(
      `{% if messages[-1].role != 'user' %}{{ raise_exception('a user must ask') }}{% endif %}${TEMPLATE}`,
    );
    const { conversation, say } = await converse(tokenizer);
    const first = await say({ messages: [user('Hi')] });
    for (const messages of [[assistant('x')], [user('long '.repeat(CONTEXT))]])
      await expect(say({ messages, continues: true })).rejects.toMatchObject({
        code: expect.stringMatching(/E_ARGUMENT|E_LENGTH/),
      });
    const second = await say({ messages: [user('Yes?')], continues: true, maxTokens: 1 });
    expect(second.summary.reusedTokens).toBe(first.summary.promptTokens + 3);
    conversation.end();
  });
});
