/** Tokenisers in Hugging Face's `tokenizer.json` format: the same tokens as the Rust library's, or a refusal. */
import { CometError } from '../core/errors.js';
import { type Around, readAround, readBos } from './around.js';
import { readChatTemplate, SPECIAL_TOKENS, TEMPLATE_FILE } from './chat/read.js';
import type { ChatTemplate } from './chat/template.js';
import { parseConfig } from './config.js';
import { readEndTokens } from './end-tokens.js';
import { parseJson } from './json.js';
import { type FileSource, pathOf, readOptionalText, readText } from './source.js';
import { TokenStream } from './token-stream.js';
import { AddedTokens } from './tokenizer/added-tokens.js';
import { BytePairs } from './tokenizer/bpe.js';
import { Decoder } from './tokenizer/decoder.js';
import { normalizerOf } from './tokenizer/normalizer.js';
import { Part } from './tokenizer/part.js';
import { type PostProcess, postProcessorOf } from './tokenizer/post-processor.js';
import { type PreTokenize, preTokenizerOf } from './tokenizer/pre-tokenizer.js';

/** Files that say how text becomes tokens; all but the first may be missing. */
export const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json', SPECIAL_TOKENS, TEMPLATE_FILE];

/** Stands before a text that follows another one: it merges with nothing but letters. */
const LETTER = 'a';

/** Halves of characters, which UTF-8 has no bytes for. */
const LONE_SURROGATES = /\p{Surrogate}/gu;
const wellFormed = (text: string): string => text.replace(LONE_SURROGATES, '\ufffd');

/** A text with places at which no token begins that its characters spell: what {@link Tokenizer.escape} gives, alone or as part of another text. */
export class EscapedText {
  constructor(readonly marked: string) {}
}

/** Text to token ids and back. */
export class Tokenizer {
  /** How its model was taught to read conversations, where it was. */
  chat?: ChatTemplate;
  #ends: ReadonlySet<number>;
  #bos?: number;
  /** How many tokens the model has. */
  #vocab = Infinity;
  readonly #preTokenize: PreTokenize;
  readonly #model: BytePairs;
  readonly #added: AddedTokens;
  #postProcess: PostProcess;
  readonly #decoder: Decoder;
  /** By id, as decoding reads them. */
  readonly #tokens = new Map<number, string>();

  /**
   * @param definition the parsed `tokenizer.json`
   * @param ends the tokens that end a text, or the only one
   * @throws CometError `E_CHECKPOINT` when the definition is not a tokeniser, `E_UNSUPPORTED` that names the feature which is not
   * implemented; `path` is for their messages.
   */
  constructor(definition: unknown, ends: number | readonly number[] = [], path = 'tokenizer.json') {
    const whole = Part.whole(definition, path);
    whole.only(
      ...['version', 'truncation', 'padding', 'added_tokens', 'normalizer', 'pre_tokenizer'],
      ...['post_processor', 'decoder', 'model'],
    );
    checkVersion(whole);
    checkLength(whole);
    const normalizer = whole.optional('normalizer');
    const normalize = normalizerOf(normalizer);
    this.#model = new BytePairs(whole.part('model'));
    this.#preTokenize = preTokenizerOf(whole.optional('pre_tokenizer'), normalizer !== undefined);
    this.#added = new AddedTokens(
      whole.has('added_tokens') ? whole.parts('added_tokens') : [],
      this.#model.vocab,
      normalize,
    );
    this.#postProcess = postProcessorOf(whole.optional('post_processor'));
    this.#decoder = new Decoder(whole.optional('decoder'));
    for (const [token, id] of this.#model.vocab) this.#tokens.set(id, token);
    for (const [id, { pattern }] of this.#added.byId) this.#tokens.set(id, pattern);
    this.#ends = new Set(typeof ends === 'number' ? [ends] : ends);
  }

  /** The tokens that end a text; there may be none. */
  get ends(): ReadonlySet<number> {
    return this.#ends;
  }

  /** The special tokens that every text begins with. */
  get first(): readonly number[] {
    const text = -1;
    const all = this.#postProcess([text]);
    return all.slice(0, all.indexOf(text));
  }

  /** Tokens that stand for no text. */
  get specials(): ReadonlySet<number> {
    const ids = [...this.#tokens].filter(([, token]) => this.#added.isSpecial(token)).map(([id]) => id);
    return new Set(ids);
  }

  /** The token that texts may begin with, whether {@link first} has it or not. */
  get bos(): number | undefined {
    return this.#bos;
  }

  /** Makes it the tokeniser of a model. */
  fitTo({ ends, vocab = Infinity, around, bos, chat }: Fit): void {
    this.chat = chat;
    this.#ends = new Set(ends);
    this.#bos = bos;
    this.#vocab = vocab;
    if (around) this.#postProcess = (ids) => [...around.before, ...ids, ...around.after];
  }

  /** One more than the largest id of the model's own tokens; added ones may have larger ids. */
  get size(): number {
    let largest = -1;
    for (const id of this.#model.vocab.values()) largest = Math.max(largest, id);
    return largest + 1;
  }

  /** The id of a token by its text. */
  idOf(token: string): number | undefined {
    for (const [id, { content }] of this.#added.byId) if (content === token) return id;
    return this.#model.vocab.get(token);
  }

  /**
   * A text whose special tokens are ordinary text; `template` is the text of others that it will stand in, whose tokens it cannot spell either.
   */
  escape(text: string, template?: string): EscapedText {
    return new EscapedText(this.#added.escape(wellFormed(text), template));
  }

  /**
   * The tokens of a text; with the special ones that the definition adds, as `transformers` does.
   * @throws CometError `E_PROMPT` for an added token that the model has no embedding for.
   */
  encode(text: string | EscapedText): number[] {
    return this.#known(this.#postProcess(this.#plain(markedOf(text))));
  }

  /**
   * The tokens of a text that has itself those which every text begins and ends with, as a chat template writes them.
   * @throws CometError as {@link encode}.
   */
  encodeWhole(text: string | EscapedText): number[] {
    return this.#known(this.#plain(markedOf(text)));
  }

  /** The added token that a text begins with, behind white space; undefined where there is none. */
  leadingToken(text: string): number | undefined {
    const section = this.#added.sections(wellFormed(text).trimStart()).at(0);
    return section && 'id' in section ? section.id : undefined;
  }

  /**
   * The tokens of a text that follows another one: without those that only begin a text.
   * @throws CometError as {@link encode}.
   */
  encodeNext(text: string | EscapedText): number[] {
    const marked = markedOf(text);
    const [before, both] = [this.#plain(LETTER), this.#plain(LETTER + marked)];
    const isCut = before.every((id, i) => id === both[i]);
    return this.#known(isCut ? both.slice(before.length) : this.#plain(marked));
  }

  /** The tokens of a text alone. */
  #plain(marked: string): number[] {
    const ids: number[] = [];
    for (const section of this.#added.sections(marked)) {
      if ('id' in section) ids.push(section.id);
      else
        for (const piece of this.#preTokenize(section)) for (const id of this.#model.encode(piece.text)) ids.push(id);
    }
    return ids;
  }

  #known(ids: readonly number[]): number[] {
    if (ids.some((id) => id >= this.#vocab)) {
      const message = `the text has an added token that is none of the model's ${this.#vocab}; leave it out`;
      throw new CometError('E_PROMPT', message);
    }
    return [...ids];
  }

  /** The same behind a prefix that every text of a model begins with: what the text brings of it itself is not there twice. */
  encodeBehind(prefix: readonly number[], text: string): number[] {
    return this.behind(prefix, this.encode(text));
  }

  /** Tokens of a text behind such a prefix. Those that are there already stay as they are. */
  behind(prefix: readonly number[], ids: readonly number[]): number[] {
    if (commonStart(prefix, ids).length === prefix.length) return [...ids];
    return [...prefix, ...ids.slice(commonStart(commonStart(prefix, this.first), ids).length)];
  }

  /** The text of some tokens, without special ones. Bytes that are no UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string {
    return this.#decoder.decode(ids.map(this.#shown).filter((token) => token !== undefined));
  }

  /** Whether the text of the last tokens depends on what follows. */
  isOpen(ids: readonly number[]): boolean {
    const shown = ids.map(this.#shown).filter((token) => token !== undefined);
    return shown.length > 0 && this.#decoder.isOpen(shown[shown.length - 1]);
  }

  /** What decoding reads of a token: nothing of special ones, and of those that do not exist. */
  #shown = (id: number): string | undefined => {
    const token = this.#tokens.get(id);
    return token === undefined || this.#added.isSpecial(token) ? undefined : token;
  };

  /** A decoder for the text that follows `before`, token by token; see {@link TokenStream}. */
  stream(before: readonly number[] = [], shown?: string): TokenStream {
    return new TokenStream(this, before, shown);
  }
}

const markedOf = (text: string | EscapedText): string => (text instanceof EscapedText ? text.marked : wellFormed(text));

/** What a tokeniser's model adds to it. */
interface Fit {
  /** Tokens that end a text. */
  readonly ends: Iterable<number>;
  /** How many tokens the model has. */
  readonly vocab?: number;
  /** What stands around every text; what `tokenizer.json` says unless given. */
  readonly around?: Around;
  /** What its files call the beginning of a text. */
  readonly bos?: number;
  readonly chat?: ChatTemplate;
}

/** What two lists begin with in common. */
export function commonStart(a: readonly number[], b: readonly number[]): readonly number[] {
  const end = a.findIndex((id, i) => id !== b[i]);
  return end < 0 ? a : a.slice(0, end);
}

function checkVersion(whole: Part): void {
  if (whole.text('version', '1.0') !== '1.0') throw whole.unsupported('version', 'only "1.0" is supported');
}

/** Nothing is cut off or filled up; one text that is padded to the longest is as long as it is. */
function checkLength(whole: Part): void {
  if (whole.has('truncation')) throw whole.unsupported('truncation', 'only null is supported');
  const padding = whole.optional('padding');
  if (!padding) return;
  if (padding.get('strategy') !== 'BatchLongest' || padding.has('pad_to_multiple_of'))
    throw whole.unsupported('padding', 'only null is supported');
}

/**
 * The tokeniser of a folder: `tokenizer.json`, with the end tokens that its files name.
 * @throws CometError `E_CHECKPOINT` when a file is missing or damaged, or the tokeniser has more tokens than the model, `E_UNSUPPORTED`.
 */
export async function loadTokenizer(source: FileSource): Promise<Tokenizer> {
  const path = pathOf(source, 'tokenizer.json');
  const definition = parseJson(await readText(source, 'tokenizer.json'), path);
  const tokenizer = new Tokenizer(definition, [], path);
  const idOf = (token: string): number | undefined => tokenizer.idOf(token);
  const [ends, around] = [await readEndTokens(source, idOf), await readAround(source, idOf)];
  const config = await readOptionalText(source, 'config.json');
  const vocab = config === undefined ? undefined : parseConfig(config, pathOf(source, 'config.json')).shape.vocab;
  if (vocab !== undefined && tokenizer.size > vocab) {
    const message = `${path} has ${tokenizer.size} tokens, the model ${vocab}; they do not belong together`;
    throw new CometError('E_CHECKPOINT', message);
  }
  const [bos, chat] = [await readBos(source, idOf), await readChatTemplate(source)];
  tokenizer.fitTo({ ends, vocab, around, bos, chat });
  return tokenizer;
}
