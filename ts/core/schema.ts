/** Pieces of schemas, and the reading of values through them. */
import * as v from 'valibot';
import { CometError } from './errors.js';

/** A whole number within bounds; without them, any that a double holds exactly. */
export const integer = (min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) =>
  v.pipe(v.number(), v.safeInteger('expected a whole number'), v.minValue(min), v.maxValue(max));

/** Any number but the infinite ones; NaN is none to valibot. */
export const finite = v.pipe(v.number(), v.finite('expected a finite number'));

export const text = v.pipe(v.string(), v.nonEmpty('must not be empty'));

/** Before the schema of an object that needs no key: valibot takes a list for one. */
export const noList = v.custom<object>((value) => !Array.isArray(value), 'expected Object');

/** Whether an issue is that of a key which a strict schema does not have. */
export const isUnknownKey = ({ expected }: v.BaseIssue<unknown>): boolean => expected === 'never';

/** Reads a value for messages that are shown: they say what is wanted, where valibot's own repeat the value, which may be a secret. */
export const read = <T extends v.GenericSchema>(schema: T, value: unknown) =>
  v.safeParse(schema, value, {
    message: ({ expected, path }) => (path?.[0].origin === 'key' ? 'missing' : `expected ${expected}`),
  });

export const callback = v.optional(v.custom((value) => typeof value === 'function', 'must be a function'));

export const abortSignal = v.optional(
  v.custom<AbortSignal>((value) => value instanceof AbortSignal, 'must be an AbortSignal'),
);

/**
 * A value of the API's callers, who may be untyped, with the keys that the schema has.
 * @throws CometError E_ARGUMENT that names the function and what is wrong
 */
export function argument<T extends v.GenericSchema>(name: string, schema: T, given: unknown): v.InferOutput<T> {
  const result = read(schema, given);
  if (result.success) return result.output;
  const problems = result.issues.map(({ path = [], message }) => [...path.map(({ key }) => key), message].join(': '));
  throw new CometError('E_ARGUMENT', `${name} was given a wrong value: ${problems.join('; ')}`);
}
