/** Parts of a `tokenizer.json`, read field by field: what is damaged or not implemented is refused by its place in the file. */
import { CometError } from '../../core/errors.js';

/** No id of a token reaches it: vocabularies have less than a million, and a pair of ids must be exact in a double. */
const ID_LIMIT = 2 ** 24;

/** One object of the file. */
export class Part {
  private constructor(
    private readonly fields: Readonly<Record<string, unknown>>,
    /** Where it stands: `pre_tokenizer.pretokenizers[0]`; empty for the whole file. */
    private readonly at: string,
    private readonly path: string,
  ) {}

  /** The whole file. @throws CometError `E_CHECKPOINT` when it is not an object. */
  static whole(value: unknown, path: string): Part {
    if (!isObject(value)) throw new CometError('E_CHECKPOINT', `${path} is not a tokeniser: it is not an object`);
    return new Part(value, '', path);
  }

  /** Refuses every field that is not named. @throws CometError `E_UNSUPPORTED`. */
  only(...keys: string[]): this {
    const other = Object.keys(this.fields).find((key) => !keys.includes(key));
    if (other !== undefined) throw this.unsupported(other);
    return this;
  }

  /** Whether the field is neither absent nor null. */
  has(key: string): boolean {
    return (this.fields[key] ?? null) !== null;
  }

  get(key: string): unknown {
    return this.fields[key];
  }

  /** A text; without a default it must be there. */
  text(key: string, absent?: string): string {
    const value = this.has(key) ? this.fields[key] : absent;
    if (typeof value !== 'string') throw this.damaged(key, 'a text is expected');
    return value;
  }

  /** A truth value; without a default it must be there. */
  flag(key: string, absent?: boolean): boolean {
    const value = this.has(key) ? this.fields[key] : absent;
    if (typeof value !== 'boolean') throw this.damaged(key, 'true or false is expected');
    return value;
  }

  /** A whole number of at least 0. */
  count(key: string): number {
    const value = this.fields[key];
    if (!Number.isSafeInteger(value) || (value as number) < 0) throw this.damaged(key, 'a count is expected');
    return value as number;
  }

  list(key: string): unknown[] {
    const value = this.fields[key];
    if (!Array.isArray(value)) throw this.damaged(key, 'a list is expected');
    return value;
  }

  /** A list of objects. */
  parts(key: string): Part[] {
    return this.list(key).map((value, i) => this.#part(value, `${key}[${i}]`));
  }

  /** An object that must be there. */
  part(key: string): Part {
    return this.#part(this.fields[key], key);
  }

  /** An object, or undefined where the field is absent or null. */
  optional(key: string): Part | undefined {
    return this.has(key) ? this.part(key) : undefined;
  }

  /** The id of a token. */
  id(key: string): number {
    return this.#id(key, this.fields[key]);
  }

  /** A list of ids. */
  ids(key: string): number[] {
    return this.list(key).map((value) => this.#id(key, value));
  }

  /** The id in a pair of a token and its id. */
  pairedId(key: string): number {
    return this.#id(key, this.list(key)[1]);
  }

  /** The ids of a vocabulary, by token. */
  vocabulary(key: string): Map<string, number> {
    const value = this.fields[key];
    if (!isObject(value)) throw this.damaged(key, 'an object is expected');
    return new Map(Object.entries(value).map(([token, id]) => [token, this.#id(key, id)]));
  }

  /** The refusal of a field whose value is not implemented. */
  unsupported(key: string, why = 'it is not supported'): CometError {
    const value = this.fields[key];
    const shown = isObject(value) || Array.isArray(value) ? 'set' : JSON.stringify(value);
    return new CometError('E_UNSUPPORTED', `${this.path}: ${this.#placeOf(key)} is ${shown}; ${why}`);
  }

  /** The refusal of a field that does not fit the others. */
  damaged(key: string, why: string): CometError {
    return new CometError('E_CHECKPOINT', `${this.path} is not a tokeniser: ${this.#placeOf(key)}: ${why}`);
  }

  #id(key: string, value: unknown): number {
    if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < ID_LIMIT) return value as number;
    throw this.damaged(key, `ids of tokens are expected, whole numbers from 0 to ${ID_LIMIT - 1}`);
  }

  #part(value: unknown, key: string): Part {
    if (!isObject(value)) throw this.damaged(key, 'an object is expected');
    return new Part(value, this.#placeOf(key), this.path);
  }

  #placeOf = (key: string): string => (this.at === '' ? key : `${this.at}.${key}`);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * What {@link Part}s of several types do: by the type, which must be one of `kinds`.
 * @throws CometError `E_UNSUPPORTED` for another type.
 */
export function byType<T>(part: Part, kinds: Readonly<Record<string, (part: Part) => T>>): T {
  const type = part.text('type');
  if (!Object.hasOwn(kinds, type)) throw part.unsupported('type');
  return kinds[type](part);
}
