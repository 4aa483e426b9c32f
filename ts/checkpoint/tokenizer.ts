/** Tokenisers in Hugging Face's `tokenizer.json` format. */
import { Tokenizer as Core } from '@huggingface/tokenizers';
import { CometError } from '../core/errors.js';
import { readConfig, readText } from './checkpoint.js';
import { type FileSource, pathOf } from './source.js';

const REPLACEMENT = '\ufffd';

/** Text to token ids and back. */
export class Tokenizer {
  readonly #core: Core;
  /** The token that ends a text, where there is one. */
  readonly eos: number | undefined;

  /**
   * @param definition the parsed `tokenizer.json`
   * @param eos the token that ends a text, or its text
   * @throws CometError `E_CHECKPOINT` when the definition is not a tokeniser; `path` is for its message.
   */
  constructor(definition: unknown, eos?: number | string, path = 'tokenizer.json') {
    try {
      // Cleaning up would remove spaces before punctuation: decoding must give back what was encoded.
      this.#core = new Core(definition as object, { clean_up_tokenization_spaces: false });
      this.#core.encode('a');
      this.eos = typeof eos === 'string' ? this.#core.token_to_id(eos) : eos;
    } catch (cause) {
      throw new CometError('E_CHECKPOINT', `${path} is not a tokeniser: ${(cause as Error).message}`, { cause });
    }
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
 * The tokeniser of a folder: `tokenizer.json`; the end token from `tokenizer_config.json` or `config.json`, where they exist.
 * @throws CometError `E_CHECKPOINT` when a file is missing or damaged, or the tokeniser has more tokens than the model.
 */
export async function loadTokenizer(source: FileSource): Promise<Tokenizer> {
  const path = pathOf(source, 'tokenizer.json');
  const definition = parseJson(await readText(source, 'tokenizer.json'), path);
  const config = (await source.size('config.json')) === undefined ? undefined : await readConfig(source);
  const tokenizer = new Tokenizer(definition, (await endToken(source)) ?? config?.eos, path);
  if (config && tokenizer.size > config.shape.vocab) {
    const message = `${path} has ${tokenizer.size} tokens, the model ${config.shape.vocab}; they do not belong together`;
    throw new CometError('E_CHECKPOINT', message);
  }
  return tokenizer;
}

/** The `eos_token` of `tokenizer_config.json`: its text, or an object with it. */
async function endToken(source: FileSource): Promise<string | undefined> {
  const file = 'tokenizer_config.json';
  if ((await source.size(file)) === undefined) return undefined;
  const token = (parseJson(await readText(source, file), pathOf(source, file)) as { eos_token?: unknown } | null)
    ?.eos_token;
  const content = typeof token === 'string' ? token : (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === 'string' ? content : undefined;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CometError('E_CHECKPOINT', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
}
