/** Text that comes token by token. */

/** What a stream needs of a tokeniser. */
export interface StreamSource {
  decode(ids: readonly number[]): string;
  /** Whether the text of the last tokens depends on what follows. */
  isOpen(ids: readonly number[]): boolean;
}

const REPLACEMENT = '\ufffd';

/**
 * Turns tokens into text as they come, in whole characters. All tokens are decoded each time, those before the first one too: decoders treat
 * the start of a text apart. The pieces are, together, what the tokens add to the text before them.
 */
export class TokenStream {
  readonly #ids: number[];
  #shown: string;

  /**
   * @param before the tokens that the text begins with
   * @param shown their text, as far as it is not to come in the first piece
   */
  constructor(
    private readonly source: StreamSource,
    before: readonly number[] = [],
    shown = source.decode(before),
  ) {
    this.#ids = [...before];
    this.#shown = shown;
  }

  /** The text that this token completes: empty while a character is incomplete. */
  push(id: number): string {
    this.#ids.push(id);
    if (this.source.isOpen(this.#ids)) return '';
    const text = this.source.decode(this.#ids);
    // A character whose bytes are not all there decodes to this; so does one that is really there, and comes a token later.
    return text.endsWith(REPLACEMENT) ? '' : this.#show(text);
  }

  /** All text so far, with that of the tokens before; what is incomplete is not in it. */
  get shown(): string {
    return this.#shown;
  }

  /** The text that is left, but for a character that is incomplete: it comes when the text goes on. */
  pause(): string {
    const text = this.source.decode(this.#ids).replace(/\ufffd+$/, '');
    return text.length > this.#shown.length ? this.#show(text) : '';
  }

  /** The text that is left; of a character that is incomplete it is U+FFFD. */
  end(): string {
    return this.#show(this.source.decode(this.#ids));
  }

  #show(text: string): string {
    const piece = text.slice(this.#shown.length);
    this.#shown = text;
    return piece;
  }
}
