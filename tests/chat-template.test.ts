/** Chat templates: what they write, where they are looked for, and that none hangs or says more than it should. */
import { readChatTemplate } from '../ts/checkpoint/chat/read.js';
import { formatDate } from '../ts/checkpoint/chat/clock.js';
import { ChatTemplate, type Message } from '../ts/checkpoint/chat/template.js';
import { bytesSource } from '../ts/checkpoint/source.js';

const HI: Message[] = [{ role: 'user', content: 'Hi' }];
const render = (text: string, messages: readonly Message[] = HI, asks?: boolean): Promise<string> =>
  new ChatTemplate('folder/tokenizer_config.json', text, { bos_token: '<s>', eos_token: '</s>' }).render(
    messages,
    asks,
  );

describe('a template', () => {
  test.each([
    ['tokens', '{{ bos_token }}{{ messages[0].content }}{{ eos_token }}{{ pad_token }}', '<s>Hi</s>'],
    ['the generation prompt', '{% if add_generation_prompt %}>{% endif %}', '>'],
    ['blocks trimmed as transformers does', '  {% if true %}\n  a\n  {% endif %}\nb', '  a\nb'],
    ['no tools and no documents', '{{ tools is none }} {{ documents is none }} {{ x is defined }}', 'true true false'],
    ['loops, namespaces, macros', '{% macro f(x) %}[{{ x }}]{% endmacro %}{% set n = namespace(i=0) %}{% for i in range(1, 7, 2) %}{% set n.i = n.i + i %}{% endfor %}{{ f(n.i) }}', '[9]'],
    ['no halves of characters', "{{ '\u{1f600}'[0] }}", '\ufffd'],
  ])('has %s', async (_, text, written) => expect(await render(text)).toBe(written)); // prettier-ignore

  test('is told whether an answer is asked for', async () =>
    expect(await render('{{ add_generation_prompt }}', HI, false)).toBe('false'));

  test('says what stands behind an answer', async () => {
    const chat = new ChatTemplate('p', '{% for m in messages %}[{{ m.role }}]{{ m.content }}</s>{% endfor %}');
    expect(await chat.behindAnswer()).toBe('</s>[user]b</s>');
    expect(await new ChatTemplate('p', '{{ raise_exception("no") }}').behindAnswer()).toBe('');
  });

  test('reads a long conversation', async () => {
    const turns = Array.from({ length: 400 }, (_, i): Message[] => [
      { role: 'user', content: `${i} ${'word '.repeat(100)}` },
      { role: 'assistant', content: 'yes '.repeat(50) },
    ]).flat();
    const alternating =
      '{% for m in messages %}{% if (m.role == "user") != (loop.index0 % 2 == 0) %}{{ raise_exception("no") }}{% endif %}{% if not loop.first and messages[loop.index0 - 1].role == m.role %}?{% endif %}{{ m.role + ": " + (m.content | trim) + eos_token }}{% endfor %}';
    const written = await render(alternating, turns);
    expect(written.split('</s>')).toHaveLength(801);
  });
});

/** Half of a template and its double, again and again. */
const doubled = (first: string, step: string, times = 60): string => `{% set x = ${first} %}${step.repeat(times)}`;

describe('a template that is wrong', () => {
  test.each([
    ['syntax', '{% if %}', /wrong syntax/],
    ['an unknown filter', "{{ 'a' | frob }}", /fails: .*frob/],
    ['an unknown directive of a date', "{{ strftime_now('%Q') }}", /%Q is not supported/],
    ['nested parentheses', `{{ ${'('.repeat(50000)}1${')'.repeat(50000)} }}`, /wrong syntax/],
    ['many characters', 'x'.repeat(2 ** 18 + 1), /more than 262144 characters/],
    ['much space', `a${' '.repeat(600)}b`, /spaces in a row/],
  ])('says so: %s', async (_, text, message) => {
    await expect(render(text)).rejects.toMatchObject({ code: 'E_CHECKPOINT', message: expect.stringMatching(message) });
    await expect(render(text)).rejects.toMatchObject({
      message: expect.stringMatching(/^folder\/tokenizer_config.json: /),
    });
  });

  test.each([
    ['a long range', '{% for i in range(10000000000) %}x{% endfor %}'],
    ['loops in loops', '{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}'],
    ['loops over messages', '{% for i in range(9999) %}{% for j in messages * 1 %}{% endfor %}{% endfor %}'.replace(' * 1', '') + '{% for i in range(9999) %}{{ i }}{% endfor %}'.repeat(99)],
    ['a text that doubles', doubled("'ab'", '{% set x = x ~ x %}')],
    ['a list that doubles', doubled('[1]', '{% set x = x + x %}')],
    ['lists of lists', `${doubled('[1]', '{% set x = [x, x] %}')}{{ x | tojson }}`],
    ['namespaces of namespaces', `${doubled('1', '{% set x = namespace(a=x, b=x) %}')}{{ x }}`],
    ['macros that call themselves twice', '{% macro f(x) %}{% if x %}{{ f(x - 1) }}{{ f(x - 1) }}{% endif %}{% endmacro %}{{ f(40) }}'],
    ['work on a long text', `${doubled("'a'", '{% set x = x ~ x %}', 17)}{% for i in range(9999) %}{% set y = x.replace('a', 'b') %}{% endfor %}`],
  ])('ends: %s', async (_, text) =>
    expect(render(text)).rejects.toMatchObject({ code: 'E_CHECKPOINT', message: expect.stringMatching(/does not end/) }),
  ); // prettier-ignore

  test.each([
    ['itself', '{% set n = namespace(a=1) %}{% set n.a = n %}{{ n }}'],
    ['a macro without end', '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}'],
  ])('ends where it holds %s', async (_, text) => expect(render(text)).rejects.toMatchObject({ code: 'E_CHECKPOINT' }));

  test('refuses messages in its own words, and never in theirs', async () => {
    const refused = { code: 'E_ARGUMENT', message: 'the chat template refuses these messages: roles must alternate' };
    await expect(render("{{ raise_exception('roles must alternate') }}")).rejects.toMatchObject(refused);
    const secret = '{{ raise_exception("not " ~ messages[0].content) }}';
    await expect(render(secret, [{ role: 'user', content: 'my secret' }])).rejects.toMatchObject({
      code: 'E_ARGUMENT',
      message: 'the chat template refuses these messages',
    });
  });

  test.each(['{% for t in tools %}{{ t }}{% endfor %}', '{{ tools | length }}'])('asks for tools: %s', async (text) =>
    expect(render(text)).rejects.toMatchObject({ code: 'E_UNSUPPORTED', message: expect.stringContaining('tools') }),
  );
});

describe('where it is', () => {
  const found = (files: Readonly<Record<string, unknown>>) => {
    const bytes = Object.entries(files).map(([name, value]) => [
      name,
      new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)),
    ]);
    return readChatTemplate(bytesSource('m', Object.fromEntries(bytes) as Record<string, Uint8Array>));
  };
  const config = (chat_template: unknown, fields: object = {}) => ({
    'tokenizer_config.json': { bos_token: { content: '<b>' }, ...fields, chat_template },
  });
  const named = (...names: string[]) => names.map((name) => ({ name, template: `${name} {{ bos_token }}` }));

  test.each([
    ['in tokenizer_config.json', config('{{ bos_token }}'), '<b>'],
    ['among several, the default', config(named('tool_use', 'default')), 'default <b>'],
    ['in a file, before any other', { ...config('no'), 'chat_template.jinja': 'file {{ bos_token }}' }, 'file <b>'],
    ['with tokens of special_tokens_map.json', { ...config('{{ bos_token }}{{ eos_token }}'), 'special_tokens_map.json': { bos_token: '<c>', eos_token: '<e>' } }, '<b><e>'],
  ])('%s', async (_, files, written) => expect(await (await found(files))?.render(HI)).toBe(written)); // prettier-ignore

  test.each([{}, config(null), { 'tokenizer_config.json': {} }])('nowhere: %j', async (files) =>
    expect(await found(files)).toBeUndefined(),
  );

  test.each([
    [config(named('tool_use', 'rag')), 'E_UNSUPPORTED', 'tool_use, rag'],
    [config(7), 'E_CHECKPOINT', 'chat_template is not valid'],
    [config([]), 'E_CHECKPOINT', 'chat_template is not valid'],
  ])('what is wrong is said by who uses it: %j', async (files, code, message) => {
    const chat = await found(files);
    await expect(chat?.render(HI)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

test('dates as Python writes them', () => {
  const date = new Date(2026, 1, 3, 15, 4, 5);
  expect(formatDate(date, '%d %b %Y, %A %a %B %m %y %H:%M:%S %I %p 100%%')).toBe(
    '03 Feb 2026, Tuesday Tue February 02 26 15:04:05 03 PM 100%',
  );
  expect(() => formatDate(date, '%')).toThrow('% is not supported');
});
