/** Tokenisers in Hugging Face's `tokenizer.json` format. */
import { Tokenizer as Core } from '@huggingface/tokenizers';
import { CometError } from '../core/errors.js';
import { parseConfig } from './config.js';
import { readEndTokens } from './end-tokens.js';
import { parseJson } from './json.js';
import { type FileSource, pathOf, readOptionalText, readText } from './source.js';

/** Files that say how text becomes tokens; all but the first may be missing. */
export const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json'];

const REPLACEMENT = '\ufffd';

/** Text to token ids and back. */
export class Tokenizer {
  readonly #core: Core;
  /** The tokens that end a text; there may be none. */
  readonly ends: ReadonlySet<number>;

  /**
   * @param definition the parsed `tokenizer.json`
   * @param ends the tokens that end a text, or the only one
   * @throws CometError `E_CHECKPOINT` when the definition is not a tokeniser; `path` is for its message.
   */
  constructor(definition: unknown, ends: number | readonly number[] = [], path = 'tokenizer.json') {
    try {
      // Cleaning up would remove spaces before punctuation: decoding must give back what was encoded.
      this.#core = new Core(definition as object, { clean_up_tokenization_spaces: false });
      this.#core.encode('a');
    } catch (cause) {
      throw new CometError('E_CHECKPOINT', `${path} is not a tokeniser: ${(cause as Error).message}`, { cause });
    }
    this.ends = new Set(typeof ends === 'number' ? [ends] : ends);
  }

  /** One more than the largest token id. */
  get size(): number {
    let largest = -1;
    for (const id of this.#core.get_vocab().values()) largest = Math.max(largest, id);
    return largest + 1;
  }

  /** The tokens of a text; with the special ones that the definition adds, as `transformers` does. */
  encode(text: string): number[] {
    return this.#core.encode(text).ids;
  }

  /** The text of some tokens, without special ones. Bytes that are no UTF-8 become U+FFFD. */
  decode(ids: readonly number[]): string {
    // The library decodes no empty list.
    return ids.length === 0 ? '' : this.#core.decode([...ids], { skip_special_tokens: true });
  }

  /** A decoder for one text that arrives token by token. */
  stream(): TokenStream {
    return new TokenStream((ids) => this.decode(ids));
  }
}

/** Turns tokens into text as they come, emitting whole characters only. What it has emitted is, together, the decoded text. */
export class TokenStream {
  // The tokens of the last piece emitted are decoded again with the new ones: decoders may treat the first token differently.
  #ids: number[] = [];
  #emitted = '';
  #pending = 0;

  constructor(private readonly decode: (ids: readonly number[]) => string) {}

  /** The text that this token completes: empty while a character is incomplete. */
  push(id: number): string {
    this.#ids.push(id);
    this.#pending++;
    const text = this.decode(this.#ids);
    // A character whose bytes are not all there decodes to this; so does one that is really there, and comes a token later.
    return text.endsWith(REPLACEMENT) ? '' : this.#emit(text);
  }

  /** The text that is left. */
  end(): string {
    return this.#pending > 0 ? this.#emit(this.decode(this.#ids)) : '';
  }

  #emit(text: string): string {
    const piece = text.slice(this.#emitted.length);
    this.#ids = this.#ids.slice(this.#ids.length - this.#pending);
    this.#emitted = this.decode(this.#ids);
    this.#pending = 0;
    return piece;
  }
}

/**
 * The tokeniser of a folder: `tokenizer.json`, with the end tokens that its files name.
 * @throws CometError `E_CHECKPOINT` when a file is missing or damaged, or the tokeniser has more tokens than the model.
 */
export async function loadTokenizer(source: FileSource): Promise<Tokenizer> {
  const path = pathOf(source, 'tokenizer.json');
  const definition = parseJson(await readText(source, 'tokenizer.json'), path);
  const ends = await readEndTokens(source, (token) => idIn(definition, token));
  const tokenizer = new Tokenizer(definition, ends, path);
  const config = await readOptionalText(source, 'config.json');
  if (config !== undefined) {
    const { vocab } = parseConfig(config, pathOf(source, 'config.json')).shape;
    if (tokenizer.size > vocab) {
      const message = `${path} has ${tokenizer.size} tokens, the model ${vocab}; they do not belong together`;
      throw new CometError('E_CHECKPOINT', message);
    }
  }
  return tokenizer;
}

/** What of a `tokenizer.json` has ids. */
interface Vocabulary {
  readonly added_tokens?: readonly { readonly content: string; readonly id: number }[];
  readonly model?: { readonly vocab?: Readonly<Record<string, number>> };
}

/** The id of a token by its text, in a definition that may be no tokeniser. */
function idIn(definition: unknown, token: string): number | undefined {
  const { added_tokens: added, model } = (definition ?? {}) as Vocabulary;
  const vocab = new Map(Object.entries(model?.vocab ?? {}));
  return added?.find?.(({ content }) => content === token)?.id ?? vocab.get(token);
}
