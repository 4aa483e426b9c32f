/**
 * Patterns of `tokenizer.json`, which are Oniguruma's, as regular expressions of JavaScript. Only what means the same in both, or can be
 * said in other words, is taken. Syntax: https://github.com/kkos/oniguruma/blob/master/doc/RE.
 */
import type { Part } from './part.js';

/** White space to Oniguruma and to Rust. JavaScript's `\s` has U+FEFF and lacks U+0085. */
export const SPACE = '\\p{White_Space}';

/** Escapes that stand for a set of characters, in and out of classes. */
const SETS: Readonly<Record<string, string>> = {
  s: SPACE,
  S: '\\P{White_Space}',
  d: '\\p{Nd}',
  D: '\\P{Nd}',
};

const CONTROLS: Readonly<Record<string, string>> = { n: '\\n', r: '\\r', t: '\\t', f: '\\f', v: '\\v' };

/** General categories, and scripts that tokenisers name. */
const PROPERTY =
  /^(?:[LMNPSZ]|L[ulmto]|M[nce]|N[dlo]|P[cdseifo]|S[mcko]|Z[slp]|C[cf]|Han|Hiragana|Katakana|Hangul|Latin|Cyrillic|Greek|Arabic|Hebrew|Thai)$/;

/** Letters that fold to an ASCII letter beside its other case. */
const FOLDED: Readonly<Record<string, string>> = { s: '\u017f', k: '\u212a' };

/** Letters that one character stands for where case does not count: as ß for ss. */
const LIGATURES = /ss|ff|fi|fl|st/i;

const SYNTAX = /[\^$\\.*+?()[\]{}|/]/;
const GROUPS = ['(?:', '(?=', '(?!', '(?<=', '(?<!', '(?i:'];

/** A feature that is not taken. */
class Untaken extends Error {}

/**
 * The pattern of a `{ Regex }` or a `{ String }`, for all matches.
 * @throws CometError `E_UNSUPPORTED` that names what of it is not implemented.
 */
export function patternOf(part: Part, key = 'pattern'): RegExp {
  const pattern = part.part(key).only('Regex', 'String');
  if (pattern.has('String')) return new RegExp(quoted(pattern.text('String')), 'gu');
  try {
    return new RegExp(translated(pattern.text('Regex')), 'gu');
  } catch (error) {
    const why = error instanceof Untaken ? error.message : 'it is no regular expression';
    throw pattern.unsupported('Regex', why);
  }
}

const quoted = (text: string): string => [...text].map(literal).join('');
const literal = (char: string): string => (SYNTAX.test(char) ? `\\${char}` : char);

/** The same pattern in JavaScript's syntax, with the flag `u`. @throws Untaken. */
export function translated(source: string): string {
  return new Translation(source).all();
}

/** Walks through a pattern once. */
class Translation {
  readonly #chars: readonly string[];
  #at = 0;
  /** For each open group, whether case counted outside. */
  readonly #outer: boolean[] = [];
  #folds = false;
  /** Whether a quantifier may follow. */
  #atom = false;

  constructor(source: string) {
    this.#chars = [...source];
  }

  all(): string {
    let out = '';
    while (this.#at < this.#chars.length) out += this.#next();
    if (this.#outer.length > 0) throw new Untaken('a group is not closed');
    return out;
  }

  #next(): string {
    const char = this.#chars[this.#at++];
    if (char === '(') return this.#open();
    if (char === ')') return this.#close();
    if (char === '|') return this.#done('|', false);
    if ('*+?{'.includes(char)) return this.#quantifier(char);
    if (char === '[') return this.#done(this.#class(), true);
    if (char === '.') return this.#done('[^\\n]', true);
    if (char === '\\') return this.#done(this.#escape(), true);
    if ('^$]}'.includes(char)) throw new Untaken(`${char} is not supported`);
    return this.#done(this.#folds ? folded(char) : char, true);
  }

  #done(text: string, atom: boolean): string {
    this.#atom = atom;
    return text;
  }

  #open(): string {
    this.#at--;
    const group = GROUPS.find((each) => this.#startsWith(each)) ?? '(';
    this.#at += group.length;
    if (group === '(' && this.#chars[this.#at] === '?')
      throw new Untaken(`(?${this.#chars[this.#at + 1]} is not supported`);
    this.#outer.push(this.#folds);
    if (group === '(?i:') {
      const inside = this.#chars.slice(this.#at).join('').split(')')[0];
      if (LIGATURES.test(inside)) throw new Untaken('(?i: with letters that have ligatures is not supported');
      this.#folds = true;
    }
    return this.#done(group === '(' || group === '(?i:' ? '(?:' : group, false);
  }

  #close(): string {
    const outer = this.#outer.pop();
    if (outer === undefined) throw new Untaken('a group is not open');
    this.#folds = outer;
    return this.#done(')', true);
  }

  /** `*`, `+`, `?` and the three forms with braces; lazy only without braces, never possessive. */
  #quantifier(char: string): string {
    let text = char;
    if (char === '{') {
      const braces = /^\{\d+(?:,\d*)?\}/.exec(this.#chars.slice(this.#at - 1).join(''))?.[0];
      if (braces === undefined) throw new Untaken('{ is not supported here');
      this.#at += braces.length - 1;
      text = braces;
    }
    if (!this.#atom) throw new Untaken(`${text} is not supported here`);
    const after = this.#chars[this.#at];
    if (after === '?' && char !== '{') {
      this.#at++;
      text += '?';
    } else if (after !== undefined && '*+?{'.includes(after)) {
      throw new Untaken(`${text}${after} is not supported`);
    }
    return this.#done(text, false);
  }

  /** What follows a backslash. */
  #escape(inClass = false): string {
    const char = this.#chars[this.#at++] as string | undefined;
    if (char === undefined) throw new Untaken('a backslash at the end is not supported');
    if (char === 'p' || char === 'P') return this.#property(char);
    const known = SETS[char] ?? CONTROLS[char];
    if (known !== undefined) return known;
    if (/[A-Za-z0-9]/.test(char)) throw new Untaken(`\\${char} is not supported`);
    return inClass && char === '-' ? '\\-' : literal(char);
  }

  #property(escape: string): string {
    const end = this.#chars.indexOf('}', this.#at);
    const name = this.#chars.slice(this.#at + 1, end).join('');
    if (this.#chars[this.#at] !== '{' || end < 0 || !PROPERTY.test(name))
      throw new Untaken(`\\${escape}{${name}} is not supported`);
    this.#at = end + 1;
    return `\\${escape}{${name.length > 2 ? `Script=${name}` : name}}`;
  }

  /** A class without classes in it. */
  #class(): string {
    let out = '[';
    if (this.#chars[this.#at] === '^') out += this.#chars[this.#at++];
    /** What the hyphen of a range may follow: one character, that no other range ends with. */
    let single = false;
    for (let first = true; ; first = false) {
      const char = this.#chars[this.#at++] as string | undefined;
      if (char === undefined) throw new Untaken('a class is not closed');
      if (char === ']' && !first) return `${out}]`;
      if ('[]'.includes(char) || (char === '&' && this.#chars[this.#at] === '&'))
        throw new Untaken(`${char} in a class is not supported`);
      if (char === '-' && !first && this.#chars[this.#at] !== ']') {
        out += this.#rangeEnd(single);
        single = false;
      } else {
        single = char !== '\\' && char !== '-' && !this.#folds;
        if (char === '\\') out += this.#escape(true);
        else if (char === '-') out += '\\-';
        else out += this.#folds ? foldedSet(char) : literal(char);
      }
    }
  }

  /** The hyphen and the last character of a range between two that stand for themselves. */
  #rangeEnd(single: boolean): string {
    const last = this.#chars[this.#at++] as string | undefined;
    if (!single || last === undefined || '[]\\-&'.includes(last))
      throw new Untaken('- in a class is not supported here');
    return `-${literal(last)}`;
  }

  #startsWith = (text: string): boolean => this.#chars.slice(this.#at, this.#at + text.length).join('') === text;
}

/** A character in both cases. */
function foldedSet(char: string): string {
  if (/[A-Z]/i.test(char) && char.length === 1) {
    const lower = char.toLowerCase();
    return `${lower}${lower.toUpperCase()}${FOLDED[lower] ?? ''}`;
  }
  if (char.toLowerCase() !== char.toUpperCase()) throw new Untaken(`(?i: with ${char} is not supported`);
  return literal(char);
}

const folded = (char: string): string => (/[A-Z]/i.test(char) ? `[${foldedSet(char)}]` : foldedSet(char));
