/** The keys and values of a GGUF file, read by type. */
import { CometError } from '../../core/errors.js';

/** What a GGUF file says of itself. */
export class Metadata {
  /** @param path of the file, for messages */
  constructor(
    readonly path: string,
    private readonly entries: Readonly<Record<string, unknown>>,
  ) {}

  get keys(): string[] {
    return Object.keys(this.entries);
  }

  has(key: string): boolean {
    return this.entries[key] !== undefined;
  }

  /** A whole number. @throws CometError `E_CHECKPOINT` when it is another value, or absent without a `fallback`. */
  integer(key: string, fallback?: number): number {
    return this.#one(key, fallback, 'a whole number', (value) => {
      const number = typeof value === 'bigint' ? Number(value) : value;
      return Number.isSafeInteger(number) ? (number as number) : undefined;
    });
  }

  /** A finite number. Where it was stored in 32 bits: the shortest decimal that rounds to it, 1e-5 and not 9.999999747378752e-6. */
  float(key: string, fallback?: number): number {
    return this.#one(key, fallback, 'a finite number', (value) =>
      typeof value === 'number' && Number.isFinite(value) ? shortest(value) : undefined,
    );
  }

  boolean(key: string, fallback?: boolean): boolean {
    return this.#one(key, fallback, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined));
  }

  string(key: string, fallback?: string): string {
    return this.#one(key, fallback, 'a string', (value) => (typeof value === 'string' ? value : undefined));
  }

  strings(key: string): string[] {
    return this.#one(key, undefined, 'a list of strings', (value) =>
      Array.isArray(value) && value.every((item) => typeof item === 'string') ? (value as string[]) : undefined,
    );
  }

  numbers(key: string): number[] {
    return this.#one(key, undefined, 'a list of numbers', (value) =>
      Array.isArray(value) && value.every((item) => typeof item === 'number') ? (value as number[]) : undefined,
    );
  }

  /** A refusal of what a key says. */
  unsupported(key: string, what: string): CometError {
    const value = JSON.stringify(this.entries[key]);
    const is = value === undefined ? 'is absent' : value.length > 60 ? 'is a list' : `is ${value}`;
    return new CometError('E_UNSUPPORTED', `${this.path}: ${key} ${is}; ${what}`);
  }

  #one<T>(key: string, fallback: T | undefined, kind: string, read: (value: unknown) => T | undefined): T {
    const value = this.entries[key];
    if (value === undefined) {
      if (fallback !== undefined) return fallback;
      throw new CometError('E_CHECKPOINT', `${this.path} has no ${key}; convert the model to GGUF again`);
    }
    const found = read(value);
    if (found === undefined) throw new CometError('E_CHECKPOINT', `${this.path}: ${key} is not ${kind}`);
    return found;
  }
}

/** The shortest decimal that rounds to the same 32-bit float; the value itself where it is no such float. */
function shortest(value: number): number {
  if (Math.fround(value) !== value) return value;
  for (let digits = 1; digits <= 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return value;
}
