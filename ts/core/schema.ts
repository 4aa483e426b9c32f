/** Pieces of schemas, and the reading of values through them. */
import * as v from 'valibot';

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
