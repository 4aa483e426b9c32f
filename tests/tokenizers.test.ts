/** Tokenisers of every kind against the Rust library: its tokens are in fixtures/tokenizers.json (scripts/check/make_tokenizers.py). */
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { Tokenizer } from '../ts/checkpoint/tokenizer.js';

interface Case {
  readonly name: string;
  readonly model: 'byte' | 'piece';
  readonly added?: readonly object[];
  readonly without?: readonly string[];
  readonly [part: string]: unknown;
}

/** What the library makes of each text and of each list of tokens; null is what the first case of the vocabulary has. */
interface Known extends Case {
  readonly ids: readonly (readonly number[] | null)[];
  readonly decoded: readonly (string | null)[];
}

const { models, texts, lists, cases, refused } = JSON.parse(
  readFileSync(new URL('fixtures/tokenizers.json', import.meta.url), 'utf8'),
) as {
  models: Record<Case['model'], { vocab: Record<string, number> }>;
  texts: string[];
  lists: number[][];
  cases: Known[];
  refused: Case[];
};

const NAMES = { byte: ['<s>', '<pad>', '</s>', '<unk>'], piece: ['<unk>', '<s>', '</s>'] };
const PARTS = ['truncation', 'padding', 'normalizer', 'pre_tokenizer', 'post_processor', 'decoder'];

const special = (content: string, id: number) => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
});

/** The tokenizer.json of a case, as make_tokenizers.py puts it together. */
function definitionOf(one: Case) {
  const vocab = Object.entries(models[one.model].vocab).filter(([token]) => !one.without?.includes(token));
  const fields = Object.entries(one).filter(([field]) => field in models[one.model] || FIELDS.includes(field));
  return {
    version: '1.0',
    ...Object.fromEntries(PARTS.map((part) => [part, one[part] ?? null])),
    added_tokens: [...NAMES[one.model].map(special), ...(one.added ?? [])],
    model: { ...models[one.model], ...Object.fromEntries(fields), vocab: Object.fromEntries(vocab) },
  };
}
const FIELDS = [
  'dropout',
  'unk_token',
  'continuing_subword_prefix',
  'end_of_word_suffix',
  'fuse_unk',
  'byte_fallback',
  'ignore_merges',
];

const firstOf = (model: Case['model']) => cases.find((one) => one.model === model)!;

describe.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
  const tokenizer = new Tokenizer(definitionOf(one));
  const first = firstOf(one.model);

  test('the tokens of texts', () => {
    expect(texts.map((text) => tokenizer.encode(text))).toEqual(one.ids.map((ids, i) => ids ?? first.ids[i]));
  });

  test('the text of tokens, at once and one by one', () => {
    expect(lists.map((ids) => tokenizer.decode(ids))).toEqual(one.decoded.map((text, i) => text ?? first.decoded[i]));
    for (const ids of [...lists, ...texts.map((text) => tokenizer.encode(text))])
      expect(streamed(tokenizer, ids)).toBe(tokenizer.decode(ids));
  });

  test('the text that follows other tokens', () => {
    for (const ids of texts.map((text) => tokenizer.encode(text))) {
      const [before, after] = [ids.slice(0, 3), ids.slice(3)];
      // A character that the first tokens begin is not shown yet.
      if (tokenizer.decode(before).endsWith('\ufffd') || tokenizer.isOpen(before)) continue;
      expect(tokenizer.decode(before) + streamed(tokenizer, after, before)).toBe(tokenizer.decode(ids));
    }
  });
});

test.each(['gpt2', 'opt', 'llama3', 'qwen2', 'smollm2', 'llama2', 'metaspace-first-False'])(
  'a text that follows another has no token of a start: %s',
  (name) => {
    const one = cases.find((each) => each.name === name)!;
    const tokenizer = new Tokenizer(definitionOf(one));
    const first = tokenizer.encode('the word');
    for (const text of ['\nthe fox', ' fox', '\n\n', '\n 12', '.', '\n\u4f60']) {
      const next = tokenizer.encodeNext(text);
      expect(tokenizer.decode([...first, ...next])).toBe(`the word${text}`);
      expect(next).not.toContain(tokenizer.encode('')[0]);
    }
    expect(tokenizer.encodeNext('')).toEqual([]);
  },
);

function streamed(tokenizer: Tokenizer, ids: readonly number[], before: readonly number[] = []): string {
  const stream = tokenizer.stream(before);
  return ids.map((id) => stream.push(id)).join('') + stream.end();
}

test.each(refused.map((one) => [one.name, one] as const))('%s is refused by its name', (name, one) => {
  expect(() => new Tokenizer(definitionOf(one))).toThrow(
    expect.objectContaining({ code: 'E_UNSUPPORTED', message: expect.stringContaining(`tokenizer.json: ${name} is `) }),
  );
});

const GPT2 = definitionOf(firstOf('byte'));

test.each([
  ['normalizer', { type: 'Nmt' }],
  ['pre_tokenizer', { type: 'BertPreTokenizer' }],
  ['pre_tokenizer', { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, mode: 'fast' }],
  ['post_processor', { type: 'Other' }],
  ['decoder', { type: 'CTC' }],
  ['model', { ...GPT2.model, type: 'Unigram' }],
  ['model', { ...GPT2.model, cache: true }],
  ['extra', {}],
])('an unknown part is refused: %s %j', (part, value) => {
  expect(() => new Tokenizer({ ...GPT2, [part]: value })).toThrow(
    expect.objectContaining({ code: 'E_UNSUPPORTED', message: expect.stringContaining(part) }),
  );
});

test.each([
  ['model', { ...GPT2.model, merges: [['t', 'nothing']] }],
  ['model', { ...GPT2.model, merges: ['a b c'] }],
  ['model', { ...GPT2.model, unk_token: 'nothing' }],
  ['model', { ...GPT2.model, vocab: { a: 'b' } }],
  ['added_tokens', [{ id: 0 }]],
  ['post_processor', { type: 'TemplateProcessing', single: [{ SpecialToken: { id: 'x' } }], special_tokens: {} }],
])('a damaged part is said: %s %#', (part, value) => {
  expect(() => new Tokenizer({ ...GPT2, [part]: value })).toThrow(
    expect.objectContaining({ code: 'E_CHECKPOINT', message: expect.stringContaining(part) }),
  );
});

test.each([2 ** 31, 2 ** 24, -1, 0.5, null, '7', NaN])('no token has the id %j', (id) => {
  const { model, added_tokens: added } = GPT2;
  const around = {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: 's' } }],
    special_tokens: { s: { ids: [id] } },
  };
  for (const part of [
    { model: { ...model, vocab: { ...model.vocab, other: id } } },
    { added_tokens: [...added, { ...special('<other>', 0), id }] },
    { post_processor: around },
    { post_processor: { type: 'BertProcessing', sep: ['</s>', id], cls: ['<s>', 0] } },
  ])
    expect(() => new Tokenizer({ ...GPT2, ...part })).toThrow(
      expect.objectContaining({ code: 'E_CHECKPOINT', message: expect.stringContaining('whole numbers from 0') }),
    );
});

test.each([
  String.raw`(?i:ss)`,
  String.raw`(?>a)`,
  String.raw`(?<x>a)`,
  String.raw`a++`,
  String.raw`a{2}+`,
  String.raw`\bword`,
  String.raw`\w`,
  String.raw`\h`,
  String.raw`^a`,
  String.raw`a$`,
  String.raw`[a[b]]`,
  String.raw`[a&&b]`,
  String.raw`[[:alpha:]]`,
  String.raw`\p{Emoji}`,
  String.raw`\1`,
  String.raw`(a`,
  String.raw`a)`,
  String.raw`*`,
  String.raw`[\s-a]`,
])('a pattern that JavaScript lacks or reads otherwise is refused: %s', (pattern) => {
  const split = { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
  expect(() => new Tokenizer({ ...GPT2, pre_tokenizer: split })).toThrow(
    expect.objectContaining({ code: 'E_UNSUPPORTED', message: expect.stringContaining('pre_tokenizer.pattern.Regex') }),
  );
});

test('halves of characters are U+FFFD', () => {
  const tokenizer = new Tokenizer(GPT2);
  expect(tokenizer.encode('a\ud800b\udc00')).toEqual(tokenizer.encode('a\ufffdb\ufffd'));
});

test('byte-level tokens give back any text', () => {
  const tokenizer = new Tokenizer({ ...GPT2, added_tokens: [] });
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => tokenizer.decode(tokenizer.encode(text)) === text));
});
