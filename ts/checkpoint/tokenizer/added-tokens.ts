/** `added_tokens` of a `tokenizer.json`: tokens that are found in a text before it is cut into words. */
import type { Normalize } from './normalizer.js';
import type { Part } from './part.js';

/** One added token. */
interface Added {
  readonly id: number;
  readonly content: string;
  /** What is looked for, and what decoding gives. */
  readonly pattern: string;
  readonly special: boolean;
  readonly singleWord: boolean;
  readonly stripsLeft: boolean;
  readonly stripsRight: boolean;
}

/** A token, or text between tokens. */
export type Section = { readonly id: number } | { readonly text: string; readonly first: boolean };

/**
 * Stands before a place where no token begins, whatever its text says: half of a character, which no text has, and which stands before no
 * other half because no token begins with one.
 */
const LITERAL = '\ud800';
const LITERALS = /\ud800/gu;

/** A character of a word, to Rust. */
const WORD = String.raw`[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]`;
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, 'u');
const BEGINS_WITH_WORD = new RegExp(`^${WORD}`, 'u');
const SPACE = /\p{White_Space}/u;

/** All added tokens of a tokeniser. */
export class AddedTokens {
  readonly byId: ReadonlyMap<number, Added>;
  readonly #special: ReadonlySet<string>;
  readonly #plain: Finder;
  readonly #normalized: Finder;

  /**
   * @param vocab the model's
   * @throws CometError `E_CHECKPOINT` for a damaged one, `E_UNSUPPORTED` where the Rust library gives another id than the file
   */
  constructor(
    parts: readonly Part[],
    vocab: ReadonlyMap<string, number>,
    private readonly normalize: Normalize | undefined,
  ) {
    const byId = new Map<number, Added>();
    const [plain, normalized]: [Added[], Added[]] = [[], []];
    let next = vocab.size;
    const seen = new Set<string>();
    for (const part of parts) {
      const token = addedToken(part, normalize);
      if (token.content === '') continue;
      if (seen.has(token.content)) throw part.unsupported('content', 'a token is there twice');
      seen.add(token.content);
      // Ids that the file leaves out are not left out by the Rust library.
      const id = vocab.get(token.content) ?? next++;
      if (id !== token.id) throw part.unsupported('id', `its id to the Rust library is ${id}`);
      byId.set(id, token);
      (part.flag('normalized') ? normalized : plain).push(token);
    }
    this.byId = byId;
    this.#special = new Set([...byId.values()].filter(({ special }) => special).map(({ content }) => content));
    this.#plain = new Finder(plain);
    this.#normalized = new Finder(normalized);
  }

  /** Whether a token is left out of a text. */
  isSpecial = (token: string): boolean => this.#special.has(token);

  /** The tokens in a text, and normalised what is between them. Tokens that {@link escape} has marked are none. */
  sections(text: string): Section[] {
    const sections = this.#plain.sections({ text, first: true }).flatMap((section) => {
      if ('id' in section) return [section];
      const normalized = this.normalize ? this.normalize(section.text) : section.text;
      return this.#normalized.sections({ text: normalized, first: section.first });
    });
    return text.includes(LITERAL) ? sections.map(unmarked) : sections;
  }

  /** A text in which special tokens are marked as ordinary text, and so are others that `written` has, which is no text of the same author. */
  escape(text: string, written = ''): string {
    const escaped = [...this.byId.values()].filter(
      ({ content, special }) => special || (content.trim() !== '' && written.includes(content)),
    );
    const tokens = byFirstUnit(escaped.map(({ content }) => content));
    const parts: string[] = [];
    let done = 0;
    for (let at = 0; at < text.length; at++) {
      if (!tokens.get(text[at])?.some((content) => text.startsWith(content, at))) continue;
      parts.push(text.slice(done, at), LITERAL);
      done = at;
    }
    return parts.join('') + text.slice(done);
  }
}

const unmarked = (section: Section): Section =>
  'id' in section ? section : { ...section, text: section.text.replace(LITERALS, '') };

function byFirstUnit(texts: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const text of texts) groups.set(text[0], [...(groups.get(text[0]) ?? []), text]);
  return groups;
}

function addedToken(part: Part, normalize: Normalize | undefined): Added {
  part.only('id', 'content', 'single_word', 'lstrip', 'rstrip', 'normalized', 'special');
  const content = part.text('content');
  return {
    id: part.id('id'),
    content,
    pattern: part.flag('normalized') && normalize ? normalize(content) : content,
    special: part.flag('special'),
    singleWord: part.flag('single_word'),
    stripsLeft: part.flag('lstrip'),
    stripsRight: part.flag('rstrip'),
  };
}

/** Finds tokens in a text: the leftmost, of several at one place the longest. */
class Finder {
  /** By the first unit; the longest first. */
  readonly #tokens = new Map<string, Added[]>();

  constructor(tokens: readonly Added[]) {
    for (const token of tokens.filter(({ pattern }) => pattern !== '')) {
      const same = this.#tokens.get(token.pattern[0]) ?? [];
      this.#tokens.set(token.pattern[0], [...same, token]);
    }
    for (const same of this.#tokens.values()) same.sort((a, b) => b.pattern.length - a.pattern.length);
  }

  sections({ text, first }: { readonly text: string; readonly first: boolean }): Section[] {
    const sections: Section[] = [];
    let done = 0;
    const between = (start: number, end: number): void => {
      if (start < end) sections.push({ text: text.slice(start, end), first: first && start === 0 });
    };
    for (const [at, token] of this.#found(text)) {
      let [start, end] = [at, at + token.pattern.length];
      if (token.singleWord && isInWord(text, start, end)) continue;
      while (token.stripsLeft && start > done && SPACE.test(text[start - 1])) start--;
      while (token.stripsRight && end < text.length && SPACE.test(text[end])) end++;
      between(done, start);
      sections.push({ id: token.id });
      done = end;
    }
    between(done, text.length);
    return sections;
  }

  *#found(text: string): Generator<[number, Added]> {
    for (let at = 0; at < text.length;) {
      const here = text[at - 1] === LITERAL ? undefined : this.#tokens.get(text[at]);
      const token = here?.find(({ pattern }) => text.startsWith(pattern, at));
      if (token) yield [at, token];
      at += token?.pattern.length ?? 1;
    }
  }
}

/** Whether a character of a word stands right before `start` or at `end`. */
const isInWord = (text: string, start: number, end: number): boolean =>
  ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) || BEGINS_WITH_WORD.test(text.slice(end, end + 2));
