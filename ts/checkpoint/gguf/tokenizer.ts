/** `tokenizer.json` and `tokenizer_config.json` from the metadata of a GGUF file. */
import { CometError } from '../../core/errors.js';
import { type Merge, mergesByScore, parseMerges } from './merges.js';
import type { Metadata } from './metadata.js';
import { byteLevel, bytePairsOf } from './pre-tokenizers.js';

/** Kinds of tokens: ggml's numbers. */
const KIND = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };

/** Tokens of a special meaning, by their ids. */
export interface SpecialIds {
  readonly bos?: number;
  /** Tokens that end a text: of a text, and of a turn where that is another. */
  readonly eos: readonly number[];
  readonly unknown?: number;
  readonly padding?: number;
}

/** What is written of a tokeniser. */
export interface TokenizerFiles {
  /** The content of `tokenizer.json`. */
  readonly tokenizer: object;
  /** The content of `tokenizer_config.json`. */
  readonly config: object;
  readonly ids: SpecialIds;
}

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly kinds: readonly number[];
  /** Id by token, without tokens that only fill the vocabulary up. */
  readonly ids: ReadonlyMap<string, number>;
}

/**
 * @param vocab rows of the embedding
 * @param context positions of the model
 * @throws CometError `E_UNSUPPORTED` for another kind of tokeniser, `E_CHECKPOINT` for a vocabulary that contradicts itself.
 */
export function tokenizerOf(metadata: Metadata, vocab: number, context: number): TokenizerFiles {
  const model = metadata.string('tokenizer.ggml.model');
  const build = { gpt2: bytePairs, llama: sentencePieces }[model];
  if (!build) throw metadata.unsupported('tokenizer.ggml.model', 'supported are gpt2 and llama');
  const vocabulary = vocabularyOf(metadata, vocab);
  const ids = specialIds(metadata, vocabulary, model);
  const { parts, addBos } = build(metadata, vocabulary, ids);
  const adds = {
    bos: metadata.boolean('tokenizer.ggml.add_bos_token', addBos),
    eos: metadata.boolean('tokenizer.ggml.add_eos_token', false),
  };
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary),
    ...parts,
    post_processor: postProcessor(metadata, vocabulary, ids, adds),
  };
  return { tokenizer, config: configOf(metadata, vocabulary, { ids, adds, context }), ids };
}

function vocabularyOf(metadata: Metadata, vocab: number): Vocabulary {
  const tokens = metadata.strings('tokenizer.ggml.tokens');
  const kinds = metadata.has('tokenizer.ggml.token_type')
    ? metadata.numbers('tokenizer.ggml.token_type')
    : tokens.map(() => KIND.normal);
  const wrong = (what: string): CometError => new CometError('E_CHECKPOINT', `${metadata.path}: ${what}`);
  if (kinds.length !== tokens.length) throw wrong('tokenizer.ggml.token_type does not fit tokenizer.ggml.tokens');
  if (tokens.length > vocab) throw wrong(`it has ${tokens.length} tokens, but an embedding of ${vocab}`);
  const used = tokens.flatMap((token, id) => (isFiller(token, kinds[id]) ? [] : [[token, id] as const]));
  const ids = new Map(used);
  if (ids.size < used.length) throw wrong('two tokens of tokenizer.ggml.tokens are the same');
  return { tokens, kinds, ids };
}

/** Converters fill a vocabulary up to the rows of the embedding. */
const isFiller = (token: string, kind: number): boolean => kind === KIND.unused && /^\[PAD\d+\]$/.test(token);

function specialIds(metadata: Metadata, { tokens }: Vocabulary, model: string): SpecialIds {
  const id = (name: string, fallback?: number): number | undefined => {
    const key = `tokenizer.ggml.${name}_token_id`;
    if (!metadata.has(key)) return fallback;
    const value = metadata.integer(key);
    if (value >= 0 && value < tokens.length) return value;
    throw new CometError('E_CHECKPOINT', `${metadata.path}: ${key} is ${value}, of ${tokens.length} tokens`);
  };
  // What llama.cpp takes where a SentencePiece-like tokeniser says nothing.
  const [unknown, bos, eos] = model === 'llama' ? [0, 1, 2] : [];
  const ends = [id('eos', eos), id('eot'), id('eom')].filter((end) => end !== undefined);
  return { bos: id('bos', bos), eos: [...new Set(ends)], unknown: id('unknown', unknown), padding: id('padding') };
}

interface Built {
  /** Of `tokenizer.json`. */
  readonly parts: object;
  /** Whether the begin token comes first where the file does not say. */
  readonly addBos: boolean;
}

/** Byte-level byte pairs, as GPT-2 has them. */
function bytePairs(metadata: Metadata, { ids }: Vocabulary): Built {
  const { normalizer, preTokenizer, ignoreMerges, addBos } = bytePairsOf(metadata);
  const merges = parseMerges(metadata.strings('tokenizer.ggml.merges'), ids, metadata.path);
  const decoder = { ...byteLevel(true), add_prefix_space: true };
  const model = bpe(ids, merges, { ignore_merges: ignoreMerges });
  return { parts: { normalizer, pre_tokenizer: preTokenizer, decoder, model }, addBos };
}

/** Characters with a mark for spaces, pairs by score, bytes for what is not in the vocabulary. */
function sentencePieces(metadata: Metadata, vocabulary: Vocabulary, { unknown }: SpecialIds): Built {
  const { tokens, kinds, ids } = vocabulary;
  if (metadata.boolean('tokenizer.ggml.remove_extra_whitespaces', false))
    throw metadata.unsupported('tokenizer.ggml.remove_extra_whitespaces', 'such tokenisers are not supported');
  const scores = metadata.numbers('tokenizer.ggml.scores');
  if (scores.length !== tokens.length)
    throw new CometError('E_CHECKPOINT', `${metadata.path}: tokenizer.ggml.scores does not fit the tokens`);
  const normal = [...ids].filter(([, id]) => kinds[id] === KIND.normal);
  const merges = mergesByScore(new Map(normal.map(([token, id]) => [token, scores[id]])), ids);
  const prefix = metadata.boolean('tokenizer.ggml.add_space_prefix', true);
  const mark = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const spaces = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
  const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };
  const parts = {
    normalizer: prefix ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, mark] } : mark,
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [spaces, { type: 'ByteFallback' }, { type: 'Fuse' }, ...(prefix ? [strip] : [])],
    },
    model: bpe(ids, merges, {
      unk_token: unknown === undefined ? null : tokens[unknown],
      fuse_unk: true,
      byte_fallback: kinds.includes(KIND.byte),
    }),
  };
  return { parts, addBos: true };
}

const bpe = (ids: Vocabulary['ids'], merges: readonly Merge[], fields: object): object => ({
  type: 'BPE',
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
  ...fields,
  vocab: Object.fromEntries(ids),
  merges,
});

/** Tokens that are found in a text before anything else. */
function addedTokens({ tokens, kinds }: Vocabulary): object[] {
  const special = [KIND.control, KIND.unknown];
  return tokens.flatMap((content, id) =>
    special.includes(kinds[id]) || kinds[id] === KIND.userDefined
      ? [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: special.includes(kinds[id]) }]
      : [],
  ); // prettier-ignore
}

/** Whether a begin and an end token are put around a text. */
interface Adds {
  readonly bos: boolean;
  readonly eos: boolean;
}

function postProcessor(metadata: Metadata, { tokens }: Vocabulary, ids: SpecialIds, adds: Adds): object | null {
  const around = { bos: adds.bos ? ids.bos : undefined, eos: adds.eos ? ids.eos[0] : undefined };
  for (const end of ['bos', 'eos'] as const)
    if (adds[end] && around[end] === undefined)
      throw new CometError('E_CHECKPOINT', `${metadata.path} has no tokenizer.ggml.${end}_token_id, which texts get`);
  if (!adds.bos && !adds.eos) return null;
  const token = (id: number | undefined, type: number): object[] =>
    id === undefined ? [] : [{ SpecialToken: { id: tokens[id], type_id: type } }];
  const one = (letter: string, type: number): object[] => [
    ...token(around.bos, type),
    { Sequence: { id: letter, type_id: type } },
    ...token(around.eos, type),
  ];
  const used = [around.bos, around.eos].filter((id) => id !== undefined);
  return {
    type: 'TemplateProcessing',
    single: one('A', 0),
    pair: [...one('A', 0), ...one('B', 1)],
    special_tokens: Object.fromEntries(used.map((id) => [tokens[id], { id: tokens[id], ids: [id], tokens: [tokens[id]] }])),
  }; // prettier-ignore
}

interface Settings {
  readonly ids: SpecialIds;
  readonly adds: Adds;
  readonly context: number;
}

function configOf(metadata: Metadata, { tokens }: Vocabulary, { ids, adds, context }: Settings): object {
  const named = { bos_token: ids.bos, eos_token: ids.eos[0], unk_token: ids.unknown, pad_token: ids.padding };
  return {
    // Takes tokenizer.json as it is.
    tokenizer_class: 'PreTrainedTokenizerFast',
    add_bos_token: adds.bos,
    add_eos_token: adds.eos,
    ...Object.fromEntries(
      Object.entries(named).flatMap(([name, id]) => (id === undefined ? [] : [[name, tokens[id]]])),
    ),
    model_max_length: context,
    clean_up_tokenization_spaces: false,
    ...(metadata.has('tokenizer.chat_template') && { chat_template: metadata.string('tokenizer.chat_template') }),
  };
}
