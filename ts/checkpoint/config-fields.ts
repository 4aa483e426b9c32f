/** The fields of a `config.json`, read one by one: every refusal names the field. */
import * as v from 'valibot';
import { CometError } from '../core/errors.js';
import { read } from '../core/schema.js';
import { parseObject } from './json.js';

/** One parsed `config.json`. Fields that nobody asks for may be anything. */
export class ConfigFields {
  readonly #fields: Record<string, unknown>;

  /** @param path for messages. @throws CometError `E_CHECKPOINT` when the text is not a JSON object. */
  constructor(
    text: string,
    readonly path: string,
  ) {
    this.#fields = parseObject(text, path);
  }

  /** A field's value as it stands there; `a.b` is field b of the object in field a. */
  get(field: string): unknown {
    const within = (value: unknown, name: string): unknown =>
      (value as Record<string, unknown> | null | undefined)?.[name];
    return field.split('.').reduce(within, this.#fields);
  }

  /** All fields that a schema names. @throws CometError `E_CHECKPOINT` that names the first one that is not valid. */
  read<T extends v.GenericSchema>(schema: T): v.InferOutput<T> {
    const result = read(schema, this.#fields);
    if (result.success) return result.output;
    const [issue] = result.issues;
    throw this.invalid(`${v.getDotPath(issue)}`, issue.message);
  }

  /** The same of the object in a field; where it is absent it has nothing. */
  readIn<T extends v.GenericSchema>(field: string, schema: T): v.InferOutput<T> {
    const result = read(schema, this.get(field) ?? {});
    if (result.success) return result.output;
    const [issue] = result.issues;
    throw this.invalid(`${field}.${v.getDotPath(issue)}`, issue.message);
  }

  /** A field that contradicts itself, the other fields or what it means. */
  invalid(field: string, why: string): CometError {
    return new CometError('E_CHECKPOINT', `${this.path}: the field ${field} is not valid: ${why}`);
  }

  /** A field whose value is valid, and not implemented. `supported` says what is. */
  unsupported(field: string, supported: string): CometError {
    const value = this.get(field);
    const how = value === undefined ? 'is absent' : `is ${JSON.stringify(value)}`;
    return new CometError('E_UNSUPPORTED', `${this.path}: ${field} ${how}; ${supported}`);
  }
}
